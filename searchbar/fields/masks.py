"""Masks: the items whose numbers, dates or booleans lie within what a question asks."""

from __future__ import annotations

import numpy as np

from searchbar.query.filters import Ranges, ValueRange
from searchbar.retrieval.columns import Columns, Numbers
from searchbar.retrieval.within import Mask


def in_ranges(columns: Columns, field: str, ranges: Ranges) -> Mask:
    """Which items have a value within these ranges, (items,)."""
    values = columns.values(field)
    if values is None:
        return np.full(len(columns), not ranges.wanted)
    mask = _in_any(values, ranges.wanted) if ranges.wanted else np.ones(len(columns), np.bool_)
    return mask & ~_in_any(values, ranges.unwanted) if ranges.unwanted else mask


def _in_any(values: Numbers, intervals: tuple[ValueRange, ...]) -> Mask:
    mask = np.zeros(len(values), np.bool_)
    for interval in intervals:
        mask |= (values >= interval.low) & (values <= interval.high)
    return mask
