"""Rows of a CSV file with a header."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain, islice

from data_checks.errors import CatalogueError
from data_checks.sources.dialect.separator import dialect_of
from data_checks.sources.row import ReadingNotes, ReadOptions, Row
from data_checks.sources.stream import LONGEST_LINE, text_lines

SNIFFED = 200


def rows(address: str, options: ReadOptions | None = None) -> Iterator[Row]:
    """The rows of one CSV file; one with too few or too many fields is broken, never lost.

    Empty lines and a header that stands there again are no rows, and counted.

    Raises:
        CatalogueError: no header, a column twice, or a quote that never closes.
    """
    options = options or ReadOptions({})
    csv.field_size_limit(LONGEST_LINE)
    with text_lines(address, options) as lines:
        head = list(islice(lines, SNIFFED))
        dialect = dialect_of(head, options.separator)
        reader = csv.reader(chain(head[dialect.skipped :], lines), **dialect.options())
        try:
            header = _header(address, next((fields for fields in reader if any(fields)), []))
            for fields in reader:
                if _is_row(fields, header, options.notes):
                    yield _row(f"line {reader.line_num + dialect.skipped}", header, fields)
        except csv.Error as error:
            raise CatalogueError(
                f"{address} breaks off or is misquoted at line {reader.line_num + dialect.skipped}"
                f" ({error}). Export it again."
            ) from error


def _header(address: str, fields: list[str]) -> list[str]:
    names = _names(fields)
    if doubles := {name for name in names if names.count(name) > 1}:
        raise CatalogueError(
            f"{address} has the column {min(doubles)!r} twice. Rename one of them."
        )
    return names


def _names(fields: list[str]) -> list[str]:
    """The names of columns, without a spreadsheet's empty ones behind the last."""
    names = [field.strip() for field in fields]
    while names and not names[-1]:
        names.pop()
    return [name or f"column {place}" for place, name in enumerate(names, 1)]


def _is_row(fields: list[str], header: list[str], notes: ReadingNotes) -> bool:
    if not any(field.strip() for field in fields):
        if fields:
            notes.leave_out("line of empty fields")
        return False
    if fields[0].strip() == header[0] and _names(fields) == header:
        notes.leave_out("the header again")
        return False
    return True


def _row(place: str, header: list[str], fields: list[str]) -> Row:
    if not any(fields[len(header) :]):
        fields = fields[: len(header)]
    if len(fields) != len(header):
        reason = f"has {len(fields)} fields where the header has {len(header)}"
        return Row(place, {"fields": fields}, reason)
    return Row(place, dict(zip(header, fields, strict=True)))
