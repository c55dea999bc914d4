"""Rows of a CSV file, with a header or without."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from data_checks.errors import CatalogueError
from data_checks.sources.dialect.separator import CsvDialect, dialect_of
from data_checks.sources.row import ReadingNotes, ReadOptions, Row
from data_checks.sources.stream import LONGEST_LINE, text_lines
from data_checks.sources.table.table_rows import TableLine, table_rows

SNIFFED = 200
# How a spreadsheet is told that 007 is a text.
_GUARDED = re.compile(r'="(.*)"', re.DOTALL)
# So many lines of a row with a stray quote are read one by one; a quote that swallows more is one
# that never closes.
MOST_STRAY = 50


def rows(address: str, options: ReadOptions | None = None) -> Iterator[Row]:
    """The rows of one CSV file; one with too few or too many fields is broken, never lost.

    Raises:
        CatalogueError: a column twice, or a quote that never closes.
    """
    options = options or ReadOptions({})
    csv.field_size_limit(LONGEST_LINE)
    with text_lines(address, options) as lines:
        head = list(islice(lines, SNIFFED))
        dialect = dialect_of(head, options.separator)
        read = _lines(address, chain(head[dialect.skipped :], lines), dialect, options.notes)
        yield from table_rows(address, read, options.notes)


def _lines(
    address: str, lines: Iterable[str], dialect: CsvDialect, notes: ReadingNotes
) -> Iterator[TableLine]:
    """The fields of each line; where a stray quote breaks some, they are read as they stand."""
    pending: list[str] = []
    reader = csv.reader(_remembered(lines, pending), **dialect.options())
    strays = 0
    while True:
        pending.clear()
        try:
            if (fields := next(reader, None)) is None:
                return
        except csv.Error as error:
            number = reader.line_num + dialect.skipped
            if "expected after" not in str(error) or len(pending) > MOST_STRAY:
                raise CatalogueError(
                    f"{address} breaks off or is misquoted at line {number} ({error}). Export it"
                    " again."
                ) from error
            strays += 1
            if strays == 1:
                notes.add(
                    f"A quote stands inside of a field at line {number}, which was read as it"
                    " stands, as were others like it."
                )
            yield from _as_they_stand(pending, number, dialect)
        else:
            yield TableLine(f"line {reader.line_num + dialect.skipped}", _unguarded(fields))


def _remembered(lines: Iterable[str], pending: list[str]) -> Iterator[str]:
    for line in lines:
        pending.append(line)
        yield line


def _as_they_stand(lines: list[str], last: int, dialect: CsvDialect) -> Iterator[TableLine]:
    """Each line by itself; quotes that enclose a field are taken off where they do."""
    for number, line in enumerate(list(lines), last - len(lines) + 1):
        options = {**dialect.options(), "strict": False}
        fields = next(csv.reader([line.replace("\0", "")], **options), [])
        parted = line.rstrip("\r\n").split(dialect.separator)
        if len(fields) == len(parted):
            fields = [field.strip().removeprefix('"').removesuffix('"') for field in parted]
        yield TableLine(f"line {number}", fields)


def _unguarded(fields: list[str]) -> list[str]:
    """The fields; `="007"` is 007."""
    if not any(field.startswith('="') for field in fields):
        return fields
    guarded = [_GUARDED.fullmatch(field) for field in fields]
    return [
        match[1].replace('""', '"') if match else field
        for match, field in zip(guarded, fields, strict=True)
    ]
