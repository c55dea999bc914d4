"""Retrieval metrics (nDCG, recall, MRR, success) of judged questions, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

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
RESAMPLES, BATCH, SEED = 5_000, 500, 20_261

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
class MetricChange(Interval):
    """The mean change from one set of answers to another on the same questions.

    `p` says how likely chance alone makes as large a change.
    """

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
    """The mean with its interval; a single value has none."""
    # It takes a second to import, and a build without judgments does not ask.
    from scipy.stats import bootstrap

    low = high = mean = float(values.mean()) if len(values) else 0.0
    if len(values) > 1:
        resampled = bootstrap((values,), np.mean, method="percentile", **_resampling())
        low, high = map(float, resampled.confidence_interval)
    return Interval(mean, low, high, len(values))


def change(before: Values, after: Values) -> MetricChange:
    """Paired: both over the same questions.

    `p` is two-sided, from flipping the signs of the differences; exact where they are few.
    """
    from scipy.stats import permutation_test

    differences, p = after - before, 1.0
    if len(differences) > 1:
        test = permutation_test(
            (differences,), np.mean, permutation_type="samples", **_resampling()
        )
        p = float(test.pvalue)
    return MetricChange(**asdict(interval(differences)), p=p)


def _resampling() -> dict[str, Any]:
    """The same samples every time, of which only a batch is in memory."""
    rng = np.random.default_rng(SEED)
    return {"n_resamples": RESAMPLES, "batch": BATCH, "vectorized": True, "rng": rng}
