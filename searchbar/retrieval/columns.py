"""Columns: every item's typed values, memory-mapped, to filter, count, sort and rank by."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from release_format.fields import FieldType
from searchbar.errors import Cause, SearchError

COLUMNS, TABLE = "columns", "columns.json"
# The rank of an item that has no text to be ordered by: after all others.
NO_RANK = 2**32 - 1
_FILE = re.compile(r"[0-9]+(\.rank)?\.npy")

Numbers = NDArray[np.float64]
Ranks = NDArray[np.uint32]


class Columns:
    """The typed columns of a release, by the names of their fields; of older releases none.

    A number, date or boolean has values: float64 (items,), dates as seconds since 1970 in UTC,
    booleans as 1 and 0, NaN where an item has none. Any other field has ranks: uint32 (items,), the
    place of its text among the different texts, in the order of their letters without regard to
    case, NO_RANK where an item has none.
    """

    def __init__(
        self,
        items: int,
        values: Mapping[str, Numbers],
        ranks: Mapping[str, Ranks],
        number: int = 0,
    ) -> None:
        """`number` tells columns of one release apart that took the place of each other."""
        self._items, self._values, self._ranks = items, dict(values), dict(ranks)
        self.number = number

    @classmethod
    def open(cls, directory: Path, items: int) -> Columns:
        """Open `columns/` of a release of so many items; one without the folder has no columns.

        Raises:
            SearchError: a file is unreadable, or does not fit the number of items.
        """
        if not (directory / TABLE).exists():
            return cls(items, {}, {})
        values: dict[str, Numbers] = {}
        ranks: dict[str, Ranks] = {}
        try:
            for name, kind, file in _entries(directory / TABLE):
                path = directory / file
                if kind in NUMBERS:
                    values[name] = _mapped(path, items, np.dtype(np.float64))
                else:
                    ranks[name] = _mapped(path, items, np.dtype(np.uint32))
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            text = (
                f"the columns in {directory} cannot be opened ({error}). Fetch or build the"
                " release again."
            )
            raise SearchError(Cause.BROKEN_RELEASE, text) from error
        return cls(items, values, ranks)

    def with_changes(self, values: Mapping[str, Numbers], ranks: Mapping[str, Ranks]) -> Columns:
        """The same, but for these columns."""
        return Columns(self._items, {**self._values, **values}, {**self._ranks, **ranks})

    def __len__(self) -> int:
        return self._items

    def __iter__(self) -> Iterator[str]:
        """The names of all columns."""
        yield from self._values
        yield from self._ranks

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in self._ranks

    def values(self, name: str) -> Numbers | None:
        """The values of a number, date or boolean, (items,); None where there is no such column."""
        return self._values.get(name)

    def ranks(self, name: str) -> Ranks | None:
        """The ranks of a field that is sorted as text, (items,); None where there is none."""
        return self._ranks.get(name)


def number_of(value: Any, kind: FieldType) -> float:
    """A sealed value as its column holds it; NaN for none, or for one of another type."""
    return NUMBERS[kind](value)


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return math.nan
    try:
        number = float(value)
    except OverflowError:
        return math.nan
    return number if math.isfinite(number) else math.nan


# Many items are of one day.
@lru_cache(maxsize=16384)
def _seconds_of(text: str) -> float:
    """Seconds from 1970 to a date, or to a moment of it, in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _seconds(value: Any) -> float:
    return _seconds_of(value) if isinstance(value, str) else math.nan


def _truth(value: Any) -> float:
    return float(value) if isinstance(value, bool) else math.nan


# The types whose columns hold numbers, and how each of their values becomes one.
NUMBERS: Final[Mapping[FieldType, Callable[[Any], float]]] = {
    FieldType.NUMBER: _number,
    FieldType.DATE: _seconds,
    FieldType.BOOLEAN: _truth,
}


def _entries(path: Path) -> Iterator[tuple[str, FieldType, str]]:
    for entry in json.loads(path.read_bytes()):
        file = str(entry["file"])
        if not _FILE.fullmatch(file):
            raise ValueError(f"{TABLE} names no file of a column: {file[:64]!a}")
        yield str(entry["name"]), FieldType(entry["type"]), file


def _mapped(path: Path, items: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    # What is empty cannot be mapped.
    column: NDArray[Any] = np.load(path, mmap_mode="r" if items else None).view(np.ndarray)
    if column.shape != (items,) or column.dtype != dtype:
        raise ValueError(f"{path.name} does not hold a value for each of {items:,} items")
    return column
