"""Rows of a CSV file with a header."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from data_checks.errors import CatalogueError
from data_checks.sources.row import ReadOptions, Row
from data_checks.sources.stream import LONGEST_LINE, text_lines
from release_format.exit_codes import USAGE

DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def rows(
    address: str, options: ReadOptions | None = None, needed: tuple[str, ...] = ("id",)
) -> Iterator[Row]:
    """The rows of one CSV file; one with too few or too many fields is broken, never lost.

    Raises:
        CatalogueError: no header, another delimiter, a column missing, or a quote that never
        closes.
    """
    csv.field_size_limit(LONGEST_LINE)
    with text_lines(address) as lines:
        reader = csv.reader(lines, strict=True)
        try:
            header = _header(address, next(reader), options or ReadOptions({}), needed)
            for fields in reader:
                if fields:
                    yield _row(f"line {reader.line_num}", header, fields)
        except csv.Error as error:
            raise CatalogueError(
                f"{address} breaks off or is misquoted at line {reader.line_num} ({error}). Export"
                " it again."
            ) from error


def _header(
    address: str, fields: list[str], options: ReadOptions, needed: tuple[str, ...]
) -> list[str]:
    names = [field.strip() for field in fields]
    wanted = [options.columns.get(word, word) for word in needed]
    missing = [name for name in wanted if name not in names]
    if not missing:
        if doubles := {name for name in names if names.count(name) > 1}:
            raise CatalogueError(
                f"{address} has the column {min(doubles)!r} twice. Rename one of them."
            )
        return names
    for delimiter, delimiters in DELIMITERS.items():
        if set(wanted) <= {name.strip(' "') for name in delimiter.join(fields).split(delimiter)}:
            raise CatalogueError(f"{address} is separated by {delimiters}. Save it with commas.")
    raise CatalogueError(
        f"{address} has no column {missing[0]!r}; it has {', '.join(map(repr, names[:12]))}."
        " Add it to the first line, or say --columns id=NAME.",
        USAGE,
    )


def _row(place: str, header: list[str], fields: list[str]) -> Row:
    if len(fields) != len(header):
        reason = f"has {len(fields)} fields where the header has {len(header)}"
        return Row(place, {"fields": fields}, reason)
    return Row(place, dict(zip(header, fields, strict=True)))
