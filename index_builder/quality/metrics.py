"""Retrieval metrics (nDCG, recall, MRR, success) of judged questions, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ir_measures
import numpy as np
from ir_measures import RR, R, Success, nDCG
from numpy.typing import NDArray

from index_builder.quality.judgments import JudgedQuestion

MEASURES = {
    "ndcg@10": nDCG @ 10,
    "recall@10": R @ 10,
    "recall@100": R @ 100,
    "mrr@10": RR @ 10,
    "success@1": Success @ 1,
}
MAIN = "ndcg@10"
RESAMPLES, SEED = 5_000, 20_261

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean, and where it lies in 95 of 100 catalogues of questions like these (bootstrap)."""

    mean: float
    low: float
    high: float
    questions: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class MetricChange:
    """The mean change from one set of answers to another on the same questions.

    `p` says how likely chance alone makes as large a change.
    """

    mean: float
    low: float
    high: float
    questions: int
    p: float

    @property
    def worse(self) -> bool:
        """Whether it is significantly below: the whole interval lies under zero."""
        return self.high < 0

    @property
    def better(self) -> bool:
        return self.low > 0

    @property
    def chance(self) -> str:
        """`p` for people."""
        return "p < 0.001" if self.p < 0.001 else f"p {self.p:.3f}"

    def __str__(self) -> str:
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def per_question(
    judged: Sequence[JudgedQuestion], answers: Mapping[str, Sequence[str]]
) -> dict[str, Values]:
    """Every measure of every question, in their order; an unanswered one counts nothing."""
    qrels = [
        ir_measures.Qrel(question.id, item, grade)
        for question in judged
        for item, grade in question.relevant.items()
    ]
    # Ranks, not scores: equal scores would be put in an order of their own.
    run = [
        ir_measures.ScoredDoc(question.id, item, float(-rank))
        for question in judged
        for rank, item in enumerate(answers.get(question.id, ()))
    ]
    place = {question.id: number for number, question in enumerate(judged)}
    values = {name: np.zeros(len(judged)) for name in MEASURES}
    names = {measure: name for name, measure in MEASURES.items()}
    for metric in ir_measures.iter_calc(list(MEASURES.values()), qrels, run):
        values[names[metric.measure]][place[metric.query_id]] = metric.value
    return values


def interval(values: Values) -> Interval:
    """The mean with its interval."""
    if not len(values):
        return Interval(0.0, 0.0, 0.0, 0)
    low, high = np.percentile(_means(values), [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high), len(values))


def change(before: Values, after: Values) -> MetricChange:
    """Paired: both over the same questions.

    `p` is two-sided, from flipping the signs of the differences.
    """
    differences = after - before
    if not len(differences):
        return MetricChange(0.0, 0.0, 0.0, 0, 1.0)
    low, high = np.percentile(_means(differences), [2.5, 97.5])
    signs = np.random.default_rng(SEED).choice([-1.0, 1.0], (RESAMPLES, len(differences)))
    flipped = np.abs((signs * differences).mean(axis=1))
    extreme = int((flipped >= abs(differences.mean()) - 1e-12).sum())
    return MetricChange(
        float(differences.mean()),
        float(low),
        float(high),
        len(differences),
        (extreme + 1) / (RESAMPLES + 1),
    )


def _means(values: Values) -> Values:
    picks = np.random.default_rng(SEED).integers(0, len(values), (RESAMPLES, len(values)))
    means: Values = values[picks].mean(axis=1)
    return means
