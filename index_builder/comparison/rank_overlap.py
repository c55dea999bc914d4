"""Rank-biased overlap: how alike two rankings are to somebody who reads from the top."""

from __future__ import annotations

from collections.abc import Sequence

DEPTH, PATIENCE = 10, 0.9


def overlap(before: Sequence[str], after: Sequence[str]) -> float:
    """Rank-biased overlap of the first ten, 0 to 1.

    That is the mean of |A ∩ B| / d over depths d, weighted by 0.9^(d - 1). A depth that neither
    list reaches says nothing; two empty lists are alike.
    """
    depths = range(1, min(DEPTH, max(len(before), len(after))) + 1)
    if not depths:
        return 1.0
    weights = [PATIENCE ** (depth - 1) for depth in depths]
    shared = [len(set(before[:depth]) & set(after[:depth])) / depth for depth in depths]
    return sum(w * s for w, s in zip(weights, shared, strict=True)) / sum(weights)
