"""Topic accuracy: how well an item's neighbours predict its topic. It needs no judgments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from release_format.items import read_offsets
from release_format.release import PASSAGES, VECTORS, Release
from searchbar.results.topic_votes import NEIGHBOURS, Labels, votes

SAMPLE, VOTING = 1_000, 20_000
LEAST_CHANCE = 1e-3
SEED = 20_262

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class TopicAccuracy:
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


def measure_topic_accuracy(release: Release) -> TopicAccuracy | None:
    """Ask up to 1,000 items; None where fewer than two topics have two items."""
    # It takes seconds to import, and a build without judgments does not ask.
    from sklearn.metrics import accuracy_score, log_loss, precision_recall_fscore_support

    labels = Labels.of(release.items)
    is_labelled = labels.values >= 0
    if len(labels.names) < 2:
        return None
    vectors = _first_passages(release)
    known = np.flatnonzero(is_labelled & (np.linalg.norm(vectors, axis=1) > 0))
    known = np.random.default_rng(SEED).permutation(known)[:VOTING]
    sample = known[:SAMPLE]
    chances = _chances(vectors, sample, known, labels.values, len(labels.names))
    truth = labels.values[sample]
    predicted = chances.argmax(axis=1)
    every = list(range(len(labels.names)))
    macro, micro = (
        precision_recall_fscore_support(
            truth, predicted, labels=every, average=average, zero_division=0
        )
        for average in ("macro", "micro")
    )
    return TopicAccuracy(
        accuracy=float(accuracy_score(truth, predicted)),
        macro_precision=float(macro[0]),
        macro_recall=float(macro[1]),
        macro_f1=float(macro[2]),
        micro_precision=float(micro[0]),
        micro_recall=float(micro[1]),
        micro_f1=float(micro[2]),
        log_loss=float(log_loss(truth, chances, labels=every)),
        items=len(sample),
        topics=len(every),
    )


def _first_passages(release: Release) -> Floats:
    starts = np.array(read_offsets(release.path / PASSAGES), np.int64)
    vectors = np.load(release.path / VECTORS, mmap_mode="r")
    whole = np.zeros((len(starts) - 1, vectors.shape[1]), np.float32)
    has_passages = starts[1:] > starts[:-1]
    whole[has_passages] = vectors[starts[:-1][has_passages]]
    return whole


def _chances(
    vectors: Floats,
    sample: NDArray[np.int64],
    known: NDArray[np.int64],
    labels: NDArray[np.int64],
    count: int,
) -> Floats:
    """The chance that an item's neighbours, itself left out, give to each topic."""
    cosines = vectors[sample] @ vectors[known].T
    cosines[sample[:, None] == known[None, :]] = -2
    k = min(NEIGHBOURS, len(known) - 1)
    near = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
    chances = np.full((len(sample), count), LEAST_CHANCE, np.float64)
    rows = np.repeat(np.arange(len(sample)), k)
    shares = votes(np.take_along_axis(cosines, near, axis=1))
    np.add.at(chances, (rows, labels[known][near].ravel()), shares.ravel())
    summed: Floats = chances / chances.sum(axis=1, keepdims=True)
    return summed
