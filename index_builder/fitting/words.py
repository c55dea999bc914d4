"""The weight of words that judged questions choose, and whether it wins where they did not."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from index_builder.fitting.weighted_answers import Values, WeightedAnswers
from index_builder.quality.judgments import JudgedQuestion
from index_builder.quality.metrics import MetricChange, change
from release_format.seal import digest_of

# Where they are far apart, the curve between them is flat.
WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.85, 1.2, 1.7)
# Weights are compared by their logarithm, with so much added that 0 has one.
ADDED = 0.05
# So many questions weigh as much as where the choice starts from; fewer than these choose nothing.
PRIOR_QUESTIONS, FEWEST = 50, 20
# How many ways there are to halve the questions, one half to choose and one to try.
TURNS = 8
# How many standard errors a gain must exceed: one of twenty by chance does.
ERRORS = 1.645
# Means that agree in so many decimals are equal: the last bits of vectors must not choose.
EQUAL = 5


@dataclass(frozen=True)
class WordsFit:
    """How much words count in a release, and why.

    `start` is what the catalogue alone gives, `chosen` what all questions choose, shrunk towards
    it; `words` is the one that is kept. `change` is each question's nDCG@10 by the weights that
    others chose, beside that by `start`.
    """

    words: float
    start: float
    chosen: float
    questions: int
    why: str
    change: MetricChange | None = None
    curve: Sequence[tuple[float, float]] = ()

    @property
    def said(self) -> str:
        """The choice in one sentence."""
        return f"Words count {self.words:g}: {self.why}."

    def to_json(self) -> dict[str, Any]:
        """The choice and its evidence for machines, and for people."""
        curve = [list(point) for point in self.curve]
        return {**asdict(self), "curve": curve, "said": self.said}


def fit_words(answers: WeightedAnswers, start: float, why: str) -> WordsFit:
    """Choose a weight by all questions, and keep it where it wins on questions not chosen by.

    Each question is answered by the weights that halves of the others choose, without those that
    share an item with it. That must gain for certain.

    Args:
        answers: the questions by every weight; `start` is among these.
        start: what the choice is shrunk to, as if 50 questions had chosen it.
        why: where `start` comes from, for `WordsFit.why`.
    """
    at, count = answers.weights.index(start), len(answers.judged)
    if count < FEWEST:
        few = f"{why}; {count} judged questions tell nothing, {FEWEST} would"
        return WordsFit(start, start, start, count, few)
    gains = answers.values - answers.values[at]
    best = chosen(gains, at, answers.weights)
    unseen = _by_others(answers, gains, at)
    gained = change(answers.values[at], unseen)
    curve = list(zip(answers.weights, answers.values.mean(axis=1).round(4).tolist(), strict=True))
    is_kept = wins(unseen - answers.values[at]) and best != at
    weight = answers.weights[best]
    told = f"{count} judged questions choose {weight:g}, nDCG@10 {gained} where they did not choose"
    kept = told if is_kept else f"{why}; {told}: no certain gain, so it is not kept"
    if best == at:
        kept = f"{why}; {count} judged questions choose no other"
    return WordsFit(weight if is_kept else start, start, weight, count, kept, gained, curve)


def chosen(gains: Values, start: int, weights: Sequence[float]) -> int:
    """The weight of the highest mean gain, shrunk towards the start by how few questions told it.

    Of equal ones the nearest to the start.
    """
    means = gains.mean(axis=1).round(EQUAL)
    order = sorted(range(len(weights)), key=lambda place: (-means[place], abs(place - start)))
    scale = [math.log(weight + ADDED) for weight in weights]
    count = gains.shape[1]
    share = count / (count + PRIOR_QUESTIONS)
    wanted = scale[start] + (scale[order[0]] - scale[start]) * share
    return min(range(len(weights)), key=lambda place: abs(scale[place] - wanted))


def wins(gains: Values) -> bool:
    """Whether the mean gain is above zero by more than so many standard errors."""
    error = float(gains.std(ddof=1)) / math.sqrt(len(gains))
    return float(gains.mean()) > ERRORS * error


def _by_others(answers: WeightedAnswers, gains: Values, start: int) -> Values:
    """Each question's nDCG@10 by what questions chose that share no item with it, (questions,).

    Those are of the other half of all; the mean over several ways to halve them. (By all the others
    but one, a weight that is best by chance is chosen, and tried, by nearly the same questions.)
    """
    judged, joined = answers.judged, _joined(answers.judged)
    values = np.zeros(len(judged))
    for turn in range(TURNS):
        order = sorted(range(len(judged)), key=lambda place: digest_of([turn, judged[place].id]))
        for tried, choosing in ((order[::2], order[1::2]), (order[1::2], order[::2])):
            for place in tried:
                rest = gains[:, np.setdiff1d(choosing, joined[place])]
                best = chosen(rest, start, answers.weights) if rest.shape[1] else start
                values[place] += answers.values[best, place] / TURNS
    return values


def _joined(judged: Sequence[JudgedQuestion]) -> list[list[int]]:
    """The places of the questions that share an item with each, itself among them."""
    by_item: dict[str, list[int]] = defaultdict(list)
    for place, question in enumerate(judged):
        for id in question.relevant:
            by_item[id].append(place)
    return [
        sorted({place, *(other for id in question.relevant for other in by_item[id])})
        for place, question in enumerate(judged)
    ]
