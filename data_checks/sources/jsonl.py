"""Rows of a file of JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator

from data_checks.errors import CatalogueError
from data_checks.sources.row import Row
from data_checks.sources.stream import LONGEST_LINE, text_lines


def rows(address: str) -> Iterator[Row]:
    """One row a line; a line that is no JSON object is a broken row, never a lost one.

    Raises:
        CatalogueError: the file cannot be read, or a line never ends.
    """
    with text_lines(address) as lines:
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
        values = json.loads(line)
    except (ValueError, RecursionError):
        return Row(place, {"line": line}, "is not JSON")
    if not isinstance(values, dict):
        return Row(place, {"line": line}, "is JSON, but not an object")
    return Row(place, values)
