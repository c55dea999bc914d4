"""Rows of a file of JSON lines."""

from __future__ import annotations

from collections.abc import Iterator

from data_checks.errors import CatalogueError
from data_checks.sources.json_text import TOO_DEEP, json_row, parsed
from data_checks.sources.row import ReadOptions, Row
from data_checks.sources.stream import LONGEST_LINE, text_lines


def rows(address: str, options: ReadOptions | None = None) -> Iterator[Row]:
    """One row a line; a line that is no JSON object is a broken row, never a lost one.

    Raises:
        CatalogueError: the file cannot be read, or a line never ends.
    """
    with text_lines(address, options) as lines:
        number = 0
        while line := lines.readline(LONGEST_LINE):
            number += 1
            if len(line) >= LONGEST_LINE:
                raise CatalogueError(
                    f"line {number} of {address} is longer than 64 MB. Export it again."
                )
            if line.strip():
                yield _row(number, line)


def _row(number: int, line: str) -> Row:
    place = f"line {number}"
    try:
        return json_row(place, parsed(line), line)
    except RecursionError:
        return Row(place, {"line": line}, TOO_DEEP)
    except ValueError:
        return Row(place, {"line": line}, "is not JSON")
