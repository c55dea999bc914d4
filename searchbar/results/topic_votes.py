"""Topic votes: the topics of a vector, by its nearest items (k-nearest-neighbour classifier)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from release_format.items import Items
from searchbar.retrieval.dense import Allowed, Dense

NEIGHBOURS = 10
# A neighbour counts by exp(cosine / this), so that a near one outweighs several far ones.
SHARPNESS = 0.1

Floats = NDArray[np.float32]
NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True)
class Labels:
    """One topic an item, by its place in `names`; -1 where an item shares none with another."""

    values: NDArray[np.int64]
    names: list[str]

    @classmethod
    def of(cls, items: Items) -> Labels:
        """Of each item its rarest topic that two items share, since broad ones say little."""
        topics = [item.topics for item in items]
        counts = Counter(topic for several in topics for topic in several)
        names = sorted(topic for topic, count in counts.items() if count >= 2)
        number = {name: place for place, name in enumerate(names)}
        rarest = (
            min((t for t in several if t in number), key=lambda t: (counts[t], t), default="")
            for several in topics
        )
        return cls(np.array([number.get(topic, -1) for topic in rarest], np.int64), names)


def votes(cosines: Floats) -> NDArray[Any]:
    """What each neighbour's vote counts, by how near it is; a row sums to one."""
    weights = np.exp(cosines / SHARPNESS)
    shares: NDArray[Any] = weights / weights.sum(axis=-1, keepdims=True)
    return shares


class TopicVoter:
    """Predicts the topics of questions about one release.

    How well, `index_builder/quality/topic_accuracy.py` measures on items.
    """

    def __init__(self, items: Items, dense: Dense) -> None:
        self._labels, self._dense = Labels.of(items), dense
        self._excluded: NDArray[np.int64] | None = None
        self._allowed: Allowed | None = None
        self._any = False

    def predict(
        self, vector: Floats, excluded: NDArray[np.int64] = NOTHING
    ) -> list[tuple[str, float]]:
        """The topics that the nearest items vote for, with their shares, likeliest first.

        Excluded items vote for none.
        """
        if excluded is not self._excluded:
            self._leave_out(excluded)
        if not self._any:
            return []
        near = self._dense.nearest(vector, NEIGHBOURS, self._allowed)
        shares = np.zeros(len(self._labels.names))
        np.add.at(
            shares,
            self._labels.values[near],
            votes(self._dense.best_passages(near, vector) @ vector),
        )
        order = np.argsort(-shares, kind="stable")[: np.count_nonzero(shares)]
        return [(self._labels.names[place], float(shares[place])) for place in order]

    def _leave_out(self, excluded: NDArray[np.int64]) -> None:
        voting = self._labels.values >= 0
        voting[excluded] = False
        self._any = bool(voting.any())
        self._allowed = None if voting.all() else self._dense.allow(voting)
        self._excluded = excluded
