"""Groups: variants of one thing, of which a question shows the best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from searchbar.retrieval.columns import NO_RANK, Columns
from searchbar.retrieval.result_set import Positions

Groups = NDArray[np.int64]


def groups_by(field: str, columns: Columns) -> Groups:
    """The group of every item, (items,); one without a value is a group by itself."""
    alone = -1 - np.arange(len(columns))
    if (ranks := columns.ranks(field)) is not None:
        return np.where(ranks == NO_RANK, alone, ranks.astype(np.int64))
    if (values := columns.values(field)) is not None:
        _, among = np.unique(values, return_inverse=True)
        return np.where(np.isnan(values), alone, among)
    return alone


def first_of_each(positions: Iterable[int], groups: Groups | None) -> list[int]:
    """Of these items the first of each group, in their order; each once where there are none."""
    first: dict[int, int] = {}
    for position in positions:
        first.setdefault(position if groups is None else int(groups[position]), position)
    return list(first.values())


@dataclass(frozen=True)
class Collapsed:
    """Places in an order, and of how many variants each is the first."""

    places: Positions
    variants: Positions


def collapse(order: Positions, groups: Groups | None) -> Collapsed:
    """Leave of an order of places the first of each group; `groups` runs along the places.

    None: every place is a group by itself.
    """
    if groups is None:
        return Collapsed(order, np.broadcast_to(np.int64(1), len(order)))
    _, first, counts = np.unique(groups[order], return_index=True, return_counts=True)
    as_ordered = np.argsort(first)
    return Collapsed(order[first[as_ordered]], counts[as_ordered])
