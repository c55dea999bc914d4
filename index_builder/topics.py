"""Here is a release: how well do an item's neighbours foretell its topic? It needs no judgments."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from release_format.items import Items, read_offsets
from release_format.release import PASSAGES, VECTORS, Release

NEIGHBOURS = 10
ASKED, VOTING = 1_000, 20_000
# A neighbour counts by exp(cosine / this), so that a near one outweighs several far ones.
SHARPNESS = 0.1
LEAST_CHANCE = 1e-3
SEED = 20_262

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Foretold:
    """How often an item's rarest topic is the one that most of its ten nearest items vote for."""

    accuracy: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    micro_precision: float
    micro_recall: float
    micro_f1: float
    log_loss: float
    items: int
    topics: int


def foretell(release: Release) -> Foretold | None:
    """Ask up to 1,000 items; None where fewer than two topics have two items."""
    # Imported here: it takes seconds, and a build without judgments does not ask.
    from sklearn.metrics import accuracy_score, log_loss, precision_recall_fscore_support

    labels = _labels(release.items)
    there = np.array([label >= 0 for label in labels.values])
    if len(labels.names) < 2:
        return None
    vectors = _first_passages(release)
    known = np.flatnonzero(there & (np.linalg.norm(vectors, axis=1) > 0))
    known = np.random.default_rng(SEED).permutation(known)[:VOTING]
    asked = known[:ASKED]
    chances = _chances(vectors, asked, known, np.array(labels.values), len(labels.names))
    truth = np.array(labels.values)[asked]
    said = chances.argmax(axis=1)
    every = list(range(len(labels.names)))
    macro, micro = (
        precision_recall_fscore_support(truth, said, labels=every, average=average, zero_division=0)
        for average in ("macro", "micro")
    )
    return Foretold(
        accuracy=float(accuracy_score(truth, said)),
        macro_precision=float(macro[0]), macro_recall=float(macro[1]), macro_f1=float(macro[2]),
        micro_precision=float(micro[0]), micro_recall=float(micro[1]), micro_f1=float(micro[2]),
        log_loss=float(log_loss(truth, chances, labels=every)),
        items=len(asked), topics=len(every),
    )  # fmt: skip


@dataclass(frozen=True)
class _Labels:
    values: list[int]
    names: list[str]


def _labels(items: Items) -> _Labels:
    """One topic an item: its rarest that two items at least share, since broad ones say little."""
    topics = [item.topics for item in items]
    counts = Counter(topic for several in topics for topic in several)
    names = sorted(topic for topic, count in counts.items() if count >= 2)
    number = {name: place for place, name in enumerate(names)}
    rarest = (
        min((t for t in several if t in number), key=lambda t: (counts[t], t), default="") for several in topics
    )
    return _Labels([number.get(topic, -1) for topic in rarest], names)


def _first_passages(release: Release) -> Floats:
    starts = np.array(read_offsets(release.path / PASSAGES), np.int64)
    vectors = np.load(release.path / VECTORS, mmap_mode="r")
    whole = np.zeros((len(starts) - 1, vectors.shape[1]), np.float32)
    some = starts[1:] > starts[:-1]
    whole[some] = vectors[starts[:-1][some]]
    return whole


def _chances(
    vectors: Floats, asked: NDArray[np.int64], known: NDArray[np.int64], labels: NDArray[np.int64], count: int
) -> Floats:
    """The chance that each asked item's neighbours give to each topic; the item itself does not vote."""
    cosines = vectors[asked] @ vectors[known].T
    cosines[asked[:, None] == known[None, :]] = -2
    k = min(NEIGHBOURS, len(known) - 1)
    near = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
    votes = np.exp(np.take_along_axis(cosines, near, axis=1) / SHARPNESS)
    chances = np.full((len(asked), count), LEAST_CHANCE, np.float64)
    rows = np.repeat(np.arange(len(asked)), k)
    shares = votes / votes.sum(axis=1, keepdims=True)
    np.add.at(chances, (rows, labels[known][near].ravel()), shares.ravel())
    summed: Floats = chances / chances.sum(axis=1, keepdims=True)
    return summed
