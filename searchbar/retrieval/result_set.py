"""The result set of a question: what its pages, total and facets are about."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from searchbar.retrieval.query_plan import QueryPlan

FULL = 200

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
    """Every pinned and exact match and the fused best 200, best first.

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
        nothing, unranked = np.zeros(len(positions), np.float32), np.zeros_like(positions)
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


def best_first(scores: NDArray[np.floating], first: Positions) -> Positions:
    """Pinned and exact ones, then what else is among the best 200; ties by the items' order."""
    best = np.argsort(-scores, kind="stable")[:FULL]
    return np.concatenate([first, best[~np.isin(best, first)]]).astype(np.int64)


def ranks_in(leg: Positions, positions: Positions) -> Positions:
    """The rank in a leg of each position, from 1; 0 where the leg did not find it."""
    if not len(leg):
        return np.zeros(len(positions), np.int64)
    order = np.argsort(leg, kind="stable")
    places = np.minimum(np.searchsorted(leg[order], positions), len(leg) - 1)
    return np.where(leg[order][places] == positions, order[places] + 1, 0)
