"""The result set of a question: what its pages, total and facets are about."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from searchbar.retrieval.query_plan import QueryPlan

FULL = 200
# Scores that agree in so many decimals fit a question equally well.
EQUAL = 6

Positions = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass
class Clock:
    """Milliseconds by step."""

    took: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def step(self, name: str) -> None:
        """The time since the last step belongs to this one."""
        moment = time.perf_counter()
        self.took[name] = self.took.get(name, 0.0) + (moment - self.started) * 1000
        self.started = moment


@dataclass(frozen=True)
class ResultSet:
    """Every pinned and exact match and the fused best 200, best first; where variants collapse, all
    found ones of the best 200 groups.

    It is fixed per question, filters and release. The arrays run along `positions`. The first
    `pinned` are pinned; `named` are the places of exact matches. Ranks count from 1 and are 0 where
    a leg did not find the item.
    """

    plan: QueryPlan
    positions: Positions
    scores: Floats
    cosines: Floats
    bm25: Floats
    confidence: Floats
    dense_ranks: Positions
    lexical_ranks: Positions
    pinned: int
    named: frozenset[int]
    full: bool
    took_ms: Mapping[str, float]

    @classmethod
    def unordered(
        cls, plan: QueryPlan, positions: Positions, took_ms: Mapping[str, float]
    ) -> ResultSet:
        """These items, all of them, where a question says nothing to order them by."""
        # One zero for all of them: a catalogue may have millions.
        nothing = np.broadcast_to(np.float32(0), len(positions))
        unranked = np.broadcast_to(np.int64(0), len(positions))
        return cls(
            plan=plan,
            positions=positions,
            scores=nothing,
            cosines=nothing,
            bm25=nothing,
            confidence=nothing,
            dense_ranks=unranked,
            lexical_ranks=unranked,
            pinned=0,
            named=frozenset(),
            full=False,
            took_ms=took_ms,
        )

    def __len__(self) -> int:
        return len(self.positions)

    def take(self, places: Positions) -> ResultSet:
        """The items at these places, in this order; pinned ones must stay first."""
        named = np.flatnonzero(np.isin(places, list(self.named)))
        return replace(
            self,
            **{name: getattr(self, name)[places] for name in _ALONG},
            pinned=int(np.count_nonzero(places < self.pinned)),
            named=frozenset(named.tolist()),
        )

    def followed_by(self, found: ResultSet) -> ResultSet:
        """These items, then those of another set of the same question that are not among them."""
        rest = found.take(np.flatnonzero(~np.isin(found.positions, self.positions)))
        along: dict[str, Any] = {
            name: np.concatenate([getattr(self, name), getattr(rest, name)]) for name in _ALONG
        }
        named = self.named | {place + len(self) for place in rest.named}
        # All that is pinned or named is in the set that has no filters.
        return replace(found, **along, pinned=self.pinned, named=named)


# What runs along the positions.
_ALONG = (
    "positions",
    "scores",
    "cosines",
    "bm25",
    "confidence",
    "dense_ranks",
    "lexical_ranks",
)


@dataclass(frozen=True)
class Preferences:
    """What the catalogue prefers among items: grades from 0 to 1, and groups of variants.

    Both run along all items; None where there is none. Grades order what fits equally well, and add
    at most `boost` to a fused score.
    """

    grades: Floats | None = None
    boost: float = 0.0
    groups: Positions | None = None

    def boosted(self, scores: NDArray[np.floating], pool: Positions) -> NDArray[np.floating]:
        """The scores of the items of a pool with what their grades add."""
        return scores + self.boost * self.grades[pool] if self.grades is not None else scores

    def best_first(
        self, scores: NDArray[np.floating], pool: Positions, first: Positions
    ) -> Positions:
        """Places in the pool: pinned and exact ones, then what else is among the best 200.

        Ties go by the grades, then by the items' order; of groups the best 200 count.
        """
        if self.grades is None:
            order = np.argsort(-scores, kind="stable")
        else:
            order = np.lexsort((-self.grades[pool], -np.round(scores, EQUAL)))
        best = order[:FULL] if self.groups is None else _of_best(order, self.groups[pool])
        return np.concatenate([first, best[~np.isin(best, first)]]).astype(np.int64)


def _of_best(order: Positions, groups: Positions) -> Positions:
    """The places of an order that belong to the groups that come first in it."""
    _, at, group = np.unique(groups[order], return_index=True, return_inverse=True)
    number = np.empty(len(at), np.int64)
    number[np.argsort(at)] = np.arange(len(at))
    return order[number[group] < FULL]


def ranks_in(leg: Positions, positions: Positions) -> Positions:
    """The rank in a leg of each position, from 1; 0 where the leg did not find it."""
    if not len(leg):
        return np.zeros(len(positions), np.int64)
    order = np.argsort(leg, kind="stable")
    places = np.minimum(np.searchsorted(leg[order], positions), len(leg) - 1)
    return np.where(leg[order][places] == positions, order[places] + 1, 0)
