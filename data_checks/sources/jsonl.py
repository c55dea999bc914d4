"""Rows of a file of JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from data_checks.errors import CatalogueError
from data_checks.sources.row import ReadOptions, Row
from data_checks.sources.stream import LONGEST_LINE, text_lines


class DoubledKeyError(ValueError):
    """A JSON object has one key twice."""


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
        values = json.loads(line, object_pairs_hook=unique_keys)
    except DoubledKeyError as error:
        return Row(place, {"line": line}, str(error))
    except (ValueError, RecursionError):
        return Row(place, {"line": line}, "is not JSON")
    if not isinstance(values, dict):
        return Row(place, {"line": line}, "is JSON, but not an object")
    return Row(place, values)


def unique_keys(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs.

    Raises:
        DoubledKeyError: a key stands there twice, so that one of its values would be lost.
    """
    values = dict(pairs)
    if len(values) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise DoubledKeyError(f"has the key {double!r} twice")
    return values
