"""Ranges of one array, and every place in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def places(starts: Places, counts: Places) -> Places:
    """The places of all stretches, one stretch after the other, (sum of counts,)."""
    before = np.cumsum(counts) - counts
    every: Places = np.repeat(starts - before, counts) + np.arange(counts.sum())
    return every
