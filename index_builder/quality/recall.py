"""Recall of a release's index against exact search, with filters and without."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from release_format.items import read_offsets
from release_format.release import PASSAGES
from searchbar.retrieval.dense import Dense
from searchbar.retrieval.float16 import widened

K = 10
CHUNK = 32_768
# Rounding may put one of two equally near items first.
TIE = 1e-5
SHARES_LEFT_BY_FILTERS = (0.5, 0.1, 0.01)

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Recall:
    """The mean share of the exact ten nearest that the index finds.

    Of all items, and of what a filter leaves.
    """

    all_items: float
    filtered: float


def recall(release: Path, questions: Floats) -> Recall:
    """Measure on these questions (unit vectors)."""
    dense = Dense.open(release)
    exact = _exact(dense, read_offsets(release / PASSAGES), questions)
    masks = [_mask(dense.items, share, seed) for seed, share in enumerate(SHARES_LEFT_BY_FILTERS)]
    pairs = list(zip(questions, exact, strict=True))
    unfiltered = [_share(dense, question, cosines, None) for question, cosines in pairs]
    filtered = [
        _share(dense, question, cosines, masks[number % len(masks)])
        for number, (question, cosines) in enumerate(pairs)
    ]
    return Recall(float(np.mean(unfiltered)), float(np.mean(filtered)))


def _exact(dense: Dense, offsets: array[int], questions: Floats) -> Floats:
    """Of every question, the cosine of every item's nearest passage."""
    best = np.empty((len(questions), dense.items), np.float32)
    for start in range(0, dense.items, CHUNK):
        end = min(start + CHUNK, dense.items)
        part = widened(dense.vectors[offsets[start] : offsets[end]])
        begins = np.array(offsets[start:end], np.int64) - offsets[start]
        best[:, start:end] = np.maximum.reduceat(questions @ part.T, begins, axis=1)
    return best


def _mask(items: int, share: float, seed: int) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random(items) < share


def _share(
    dense: Dense, question: Floats, cosines: Floats, allowed: NDArray[np.bool_] | None
) -> float:
    among = cosines if allowed is None else cosines[allowed]
    k = min(K, len(among))
    if not k:
        return 1.0
    kth_best = np.partition(among, -k)[-k]
    nearest = dense.nearest(question, k, allowed)
    is_near = cosines[nearest] >= kth_best - TIE
    return float(np.sum(is_near if allowed is None else is_near & allowed[nearest])) / k
