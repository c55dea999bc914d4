"""The position-based click model: what is clicked was looked at first, and most look at the top.

A hit is clicked where its visitor looked at its position and was attracted: P(click) =
examined(rank) · attractive(question, item) (Craswell, Zoeter, Taylor, Ramsey, 2008; Chuklin,
Markov, de Rijke, *Click Models for Web Search*, 2015, 3.3). Both are estimated from the log by
expectation maximisation. That tells them apart only where an item stood at several ranks, so what
is examined is held near 1/rank, the curve of Joachims, Swaminathan and Schnabel (2017), and leaves
it as far as the log shows another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from monitoring.proposals.requests import AnsweredRequest

Floats = NDArray[np.float64]
Pair = tuple[str, str]
# A question counts so often a day at most: somebody's script is one visitor.
MOST_A_DAY = 10
# The curve weighs as much as so many looks at each rank.
CURVE_WEIGHT = 100.0
# Before anything is known an item is clicked by one in five who look at it, and that weighs as two.
_ATTRACTED, _NOT_ATTRACTED = 0.4, 1.6
_ROUNDS = 60


@dataclass(frozen=True)
class Attraction:
    """How an item fared for a question, over all ranks that it was shown at.

    `clicks` and `looks` are weighted; `looks` are those that the model expects. `attractive`: the
    share of those who looked that clicked. `rank`: the mean one.
    """

    clicks: float
    looks: float
    attractive: float
    rank: float


@dataclass(frozen=True)
class ClickModel:
    """What is examined of each rank, and what became of each pair of question and item."""

    examined: Floats
    attractions: Mapping[Pair, Attraction]


def fit_clicks(requests: Iterable[AnsweredRequest]) -> ClickModel:
    """Estimate both parts of the model from requests and their clicks."""
    requests = list(requests)
    weights = _weights(requests)
    shown: dict[tuple[Pair, int], float] = defaultdict(float)
    clicked: dict[tuple[Pair, int], float] = defaultdict(float)
    for request in requests:
        weight, chosen = weights[request.key, request.day], request.chosen
        for rank, id in enumerate(request.hits):
            shown[(request.key, id), rank] += weight
            clicked[(request.key, id), rank] += weight * (id in chosen)
    names = sorted({pair for pair, _ in shown})
    if not names:
        return ClickModel(np.ones(1), {})
    place = {pair: number for number, pair in enumerate(names)}
    cells = sorted(shown)
    pairs = np.array([place[pair] for pair, _ in cells])
    ranks = np.array([rank for _, rank in cells])
    shows = np.array([shown[cell] for cell in cells], np.float64)
    clicks = np.array([clicked[cell] for cell in cells], np.float64)
    examined, attractive = _maximised(pairs, ranks, shows, clicks)
    looks = np.bincount(pairs, shows * examined[ranks])
    means = np.bincount(pairs, shows * (ranks + 1)) / np.bincount(pairs, shows)
    totals = np.bincount(pairs, clicks)
    return ClickModel(
        examined,
        {
            pair: Attraction(*map(float, (totals[n], looks[n], attractive[n], means[n])))
            for n, pair in enumerate(names)
        },
    )


def _maximised(
    pairs: NDArray[np.int64], ranks: NDArray[np.int64], shows: Floats, clicks: Floats
) -> tuple[Floats, Floats]:
    """Expectation maximisation over cells of (pair, rank); what is examined of the first is one."""
    curve = 1 / np.arange(1, int(ranks.max()) + 2)
    examined, attractive = curve.copy(), np.full(int(pairs.max()) + 1, _ATTRACTED / 2)
    passed = shows - clicks
    of_ranks = np.bincount(ranks, shows) + CURVE_WEIGHT
    of_pairs = np.bincount(pairs, shows) + _ATTRACTED + _NOT_ATTRACTED
    for _ in range(_ROUNDS):
        look, like = examined[ranks], attractive[pairs]
        unclicked = np.maximum(1 - look * like, 1e-9)
        looked = clicks + passed * look * (1 - like) / unclicked
        liked = clicks + passed * like * (1 - look) / unclicked
        examined = (np.bincount(ranks, looked) + CURVE_WEIGHT * curve) / of_ranks
        attractive = (np.bincount(pairs, liked) + _ATTRACTED) / of_pairs
        examined = np.clip(examined / examined[0], 1e-3, 1.0)
    return examined, attractive


def _weights(requests: Iterable[AnsweredRequest]) -> dict[tuple[str, date], float]:
    """What one request of a question counts on its day."""
    counts = Counter((request.key, request.day) for request in requests)
    return {asked: min(1.0, MOST_A_DAY / count) for asked, count in counts.items()}
