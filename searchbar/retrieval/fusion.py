"""Fusion: one score for each candidate of both legs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from release_format.config.table import check, table

# How many of the nearest cosines tell how far a question's cosines spread; what that is as a rule,
# and at least.
NEAREST, USUAL_SPREAD, LEAST_SPREAD = 100, 0.06, 0.03
# √(2 ln(items / 100)) of the few thousand items for which that was found.
USUAL_TAIL = 2.7
# How many of the best by words tell how well the legs agree.
BEST = 10
# Words that no item holds half of, by weight, are not trusted as if one held them.
HALF = 0.5
# How much of the confidence comes from the question's words, and how much there can be.
COVERED, WHOLE = 0.3, 1.3
# What a vector counts at least.
LEAST_MEANING = 0.02

Floats = NDArray[np.floating[Any]]


@table
class Fusion:
    """The `[fusion]` table of a recipe; docs/fusion.md says how the numbers were chosen.

    `words`: what holding the question's words as well as the best item does is worth, as a cosine,
    to a question of usual spread. `feedback`: how far the question moves towards its first
    `feedback_items` answers.
    """

    words: Annotated[float, Interval(ge=0, le=100)] = 0.3
    feedback: Annotated[float, Interval(ge=0, le=100)] = 0.4
    feedback_items: Annotated[int, Interval(ge=0, le=100)] = 5

    @classmethod
    def from_recipe(cls, fusion: Mapping[str, Any]) -> Fusion:
        """Read the table.

        Raises:
            ConfigError: it has a field that fusion has not, or a value that the field cannot have.
        """
        return check(cls, fusion, "the recipe", ["fusion"])


@dataclass(frozen=True)
class Fused:
    """Scores of the candidates in their given order; `confidence` of each is what "no good match"
    is decided by.

    `words` is the weight that this question gave to its words.
    """

    scores: Floats
    confidence: Floats
    cosines: Floats
    words: float


def fuse(
    question: Floats,
    vectors: Floats,
    bm25: Floats,
    rarity: float,
    fusion: Fusion,
    items: int,
    meaning: float = 1.0,
) -> Fused:
    """Fuse the legs over one pool of candidates.

        score = meaning · cosine' + words · (1 + agreement) / 2 · (0.06 · tail / spread) · bm25 /
        max(best bm25, rarity / 2)

    `spread` is the standard deviation of the question's 100 nearest cosines, at least 0.03 · tail.
    Where some items are clearly nearer than others, meaning has spoken and words count little;
    where all are about as near, words decide. `tail` allows for a large catalogue, whose 100
    nearest always lie close together. `agreement` is the share of the ten best by words that are
    among the 100 nearest in meaning. `cosine'` is taken after the question has moved towards its
    first answers, each counted by exp((its score - the best) / spread), so that a lone good answer
    is not diluted.

        confidence = cosine + 0.3 · min(1, bm25 / rarity), whatever the other candidates are

    Args:
        question: the question's unit vector, (d,).
        vectors: each candidate's nearest passage, unit rows, (n, d); from either leg.
        bm25: each candidate's BM25 score, 0 where no word of the question occurs, (n,).
        rarity: the sum over the question's words (stop words left out) of
            ln(1 + (N - n + .5) / (n + .5)), where n of N items hold the word.
        fusion: the recipe's choice.
        items: how many the catalogue has.
        meaning: what the vectors count, 1 unless the encoder does not know the question's words.
    """
    cosines = vectors @ question
    if not len(cosines):
        return Fused(cosines, cosines, cosines, 0.0)
    words, spread = _weight_of_words(cosines, bm25, fusion, items)
    lexical = words * bm25 / max(float(bm25.max()), HALF * rarity, 1e-9)
    moved = _moved(question, vectors, meaning * cosines + lexical, spread, fusion)
    covered = np.minimum(1, bm25 / max(rarity, 1e-9))
    return Fused(meaning * (vectors @ moved) + lexical, cosines + COVERED * covered, cosines, words)


def _weight_of_words(
    cosines: Floats, bm25: Floats, fusion: Fusion, items: int
) -> tuple[float, float]:
    """What the question's words count, and how far its nearest cosines spread."""
    tail = tail_of(items)
    spread = max(float(np.sort(cosines)[-NEAREST:].std()), LEAST_SPREAD * tail)
    return fusion.words * (1 + _agreement(cosines, bm25)) / 2 * USUAL_SPREAD * tail / spread, spread


def tail_of(items: int) -> float:
    """How much less the 100 nearest of so many items spread than those of a few thousand.

    The 100 highest of n draws from a normal distribution spread as 1 / √(2 ln(n / 100)).
    """
    return min(1.0, USUAL_TAIL / math.sqrt(2 * math.log(max(items, 2 * NEAREST) / NEAREST)))


def _agreement(cosines: Floats, bm25: Floats) -> float:
    """The share of the best by words (ten, and those as good as the tenth) that are among the
    nearest."""
    best = (bm25 > 0) & (bm25 >= np.sort(bm25)[-min(BEST, len(bm25))])
    near = cosines >= np.sort(cosines)[-min(NEAREST, len(cosines))]
    return float(near[best].mean()) if best.any() else 0.0


def _moved(
    question: Floats, vectors: Floats, scores: Floats, spread: float, fusion: Fusion
) -> Floats:
    """The question after feedback from its first answers (Rocchio), as a unit vector."""
    first = np.argsort(-scores, kind="stable")[: fusion.feedback_items]
    if not len(first) or not fusion.feedback:
        return question
    counts = np.exp((scores[first] - scores[first[0]]) / spread)
    moved = question + fusion.feedback * (counts / counts.sum()) @ vectors[first]
    unit: Floats = moved / max(float(np.linalg.norm(moved)), 1e-9)
    return unit


def meaning_of(unknown: float) -> float:
    """What the vector of a question counts, of whose words the encoder does not know this share.

    Up to half of them all of it: the others tell the meaning. Of none, only what holds its words
    equally well is ordered by it.
    """
    return float(min(1.0, max(LEAST_MEANING, 2 * (1 - unknown))))


def by_words(bm25: Floats, rarity: float) -> Floats:
    """The confidence in texts for a question whose meaning the encoder cannot tell."""
    covered: Floats = np.minimum(1, bm25 / max(rarity, 1e-9))
    return WHOLE * covered
