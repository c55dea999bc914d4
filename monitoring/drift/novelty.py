"""How unlike anything else the questions of each window are, by the vectors of the live release."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# A question is compared with so many of other windows at most.
MOST_OTHERS = 2_000
# A question is novel when it lies farther from all others than 19 of 20 do.
FARTHEST_SHARE = 0.05


def nearest_elsewhere(vectors: Sequence[NDArray[np.float32]]) -> list[Floats]:
    """For each question its cosine with the nearest question of any other window.

    Every window is left out of its own comparison and treated as every other, so that, as long as
    nothing changes, the last is no different from those before it: that is what ranking it among
    them stands on.

    Args:
        vectors: unit vectors of each window, (questions, d).

    Returns:
        For each window (questions,); -1 where there is no other question.
    """
    nearest = []
    for number, own in enumerate(vectors):
        others = [other for place, other in enumerate(vectors) if place != number and len(other)]
        every = np.concatenate(others) if others else np.empty((0, own.shape[1]), np.float32)
        some = every[_evenly(len(every))]
        cosines = own @ some.T if len(some) else np.full((len(own), 1), -1.0, np.float32)
        nearest.append(cosines.max(axis=1).astype(np.float64) if len(own) else np.empty(0))
    return nearest


def novel(nearest: Sequence[Floats]) -> list[NDArray[np.bool_]]:
    """Which questions of each window are novel: of all windows' together the farthest 5 %."""
    line = float(np.quantile(np.concatenate(list(nearest)), FARTHEST_SHARE))
    return [own < line for own in nearest]


def distances_of_means(vectors: Sequence[NDArray[np.float32]]) -> list[float]:
    """How far the mean of each window lies from the mean of all others: it sees a subject that
    grows, which is not novel. (The linear maximum mean discrepancy; Gretton et al., 2012.)"""
    means = np.array([own.mean(axis=0) if len(own) else np.zeros(own.shape[1]) for own in vectors])
    total = means.sum(axis=0)
    others = (total - means) / max(1, len(means) - 1)
    return [float(distance) for distance in np.linalg.norm(means - others, axis=1)]


def _evenly(many: int) -> NDArray[np.int64]:
    """The places of at most 2,000 of so many, evenly."""
    return np.unique(np.linspace(0, many - 1, min(many, MOST_OTHERS)).round().astype(np.int64))
