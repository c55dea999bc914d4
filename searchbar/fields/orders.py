"""Orders: results by several fields; numbers as numbers, dates by time, what lacks one last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from threading import Lock
from typing import Any

import numpy as np
from cachetools import LRUCache, cachedmethod
from numpy.typing import NDArray

from release_format.items import FIELDS, Item, Items
from searchbar.retrieval.columns import NO_RANK, Columns
from searchbar.retrieval.result_set import Positions

# Orders of all items that are kept: what category pages are asked for again and again.
REMEMBERED = 8
# Of more items than this, those of a release without columns are read once and for all.
READ_EACH_TIME = 1024


@dataclass(frozen=True)
class SortKey:
    """A field to sort by, and whether from its greatest value down."""

    field: str
    reverse: bool = False


class Orders:
    """Sorts the items of one release; those of before there were columns by what they say."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._whole: LRUCache[Any, Positions] = LRUCache(REMEMBERED)
        self._read: LRUCache[str, NDArray[np.int64]] = LRUCache(REMEMBERED)
        self._lock = Lock()

    def of(self, columns: Columns, positions: Positions, keys: Sequence[SortKey]) -> Positions:
        """The places of these items in order, (positions,); what is equal stays as it stands."""
        if not keys:
            return np.arange(len(positions))
        return np.lexsort([self._key(columns, positions, key) for key in reversed(keys)])

    @cachedmethod(
        attrgetter("_whole"),
        key=lambda _, columns, keys: (columns.number, keys),
        lock=attrgetter("_lock"),
    )
    def whole(self, columns: Columns, keys: tuple[SortKey, ...]) -> Positions:
        """All items in order, (items,)."""
        every = np.arange(len(self._items))
        return self.of(columns, every, keys).astype(np.uint32)

    def _key(self, columns: Columns, positions: Positions, key: SortKey) -> NDArray[Any]:
        """What orders the items by one field, the least first."""
        if (values := columns.values(key.field)) is not None:
            numbers = values[positions]
            return np.where(np.isnan(numbers), np.inf, -numbers if key.reverse else numbers)
        ranks = self._ranks(columns, positions, key.field)
        return np.where(ranks == NO_RANK, NO_RANK, -ranks if key.reverse else ranks)

    def _ranks(self, columns: Columns, positions: Positions, field: str) -> NDArray[np.int64]:
        if (ranks := columns.ranks(field)) is not None:
            return ranks[positions].astype(np.int64)
        if len(positions) > READ_EACH_TIME:
            return self._all_read(field)[positions]
        return _ranked([_value(self._items[p], field) for p in positions.tolist()])

    @cachedmethod(attrgetter("_read"), lock=attrgetter("_lock"))
    def _all_read(self, field: str) -> NDArray[np.int64]:
        return _ranked([_value(item, field) for item in self._items])


def _ranked(values: Sequence[tuple[float, str] | None]) -> NDArray[np.int64]:
    """The place of each value among the different ones; NO_RANK for none."""
    different = sorted({value for value in values if value is not None})
    ranks: dict[Any, int] = {value: rank for rank, value in enumerate(different)}
    every = (NO_RANK if value is None else ranks[value] for value in values)
    return np.fromiter(every, np.int64, len(values))


def _value(item: Item, field: str) -> tuple[float, str] | None:
    """What an item is ordered by: numbers come before texts, whose case does not count."""
    value = getattr(item, field) if field in FIELDS else item.extra.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return float(value), ""
    return np.inf, str(value).casefold()
