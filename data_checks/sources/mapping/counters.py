"""Counters: a column without a name of its own that only numbers the rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from data_checks.canonical_text import text
from data_checks.sources.row import Row

# What a table, or a program that writes one, calls a column that has no name.
_NAMELESS = re.compile(r"column \d+|unnamed: ?\d+|index|level_0|row|#", re.IGNORECASE)
FEWEST = 3


def counter_column(rows: Sequence[Mapping[str, Any]]) -> str:
    """The column that only numbers the rows, one by one, or nothing.

    It says nothing of them, and says something else as soon as they move.
    """
    names = dict.fromkeys(name for row in rows for name in row)
    return next((name for name in names if _counts(name, rows)), "")


def _counts(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    if not _NAMELESS.fullmatch(name) or len(rows) < FEWEST:
        return False
    numbers = [text(row.get(name)) for row in rows]
    if not all(number.isdecimal() and len(number) < 16 for number in numbers):
        return False
    return all(int(after) == int(before) + 1 for before, after in pairwise(numbers))


def without(rows: Iterator[Row], name: str) -> Iterator[Row]:
    """The rows without this column."""
    for row in rows:
        kept = {column: value for column, value in row.values.items() if column != name}
        yield row if row.broken else replace(row, values=kept)
