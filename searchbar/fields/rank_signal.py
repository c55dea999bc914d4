"""Rank signals: how a business signal (sales, stock, newest) grades the items of a release."""

from __future__ import annotations

import numpy as np

from release_format.fields import Rank
from searchbar.retrieval.columns import NO_RANK, Columns
from searchbar.retrieval.result_set import Floats


def graded(rank: Rank, columns: Columns) -> Floats:
    """From 0 to 1, (items,), how good the signal finds an item: the share that it leaves behind.

    Shares, not values: one bestseller takes nothing from all others. The best have 1, and those
    without a value 0.
    """
    name = rank.by.removeprefix("-")
    values = columns.values(name)
    if values is None:
        ranks = columns.ranks(name)
        ranks = np.full(len(columns), NO_RANK, np.uint32) if ranks is None else ranks
        values = np.where(ranks == NO_RANK, np.nan, ranks)
    is_there = ~np.isnan(values)
    goodness = values[is_there] if rank.by.startswith("-") else -values[is_there]
    behind = np.searchsorted(np.sort(goodness), goodness).astype(np.float32)
    grades = np.zeros(len(columns), np.float32)
    grades[is_there] = behind / max(1.0, float(behind.max(initial=0)))
    return grades
