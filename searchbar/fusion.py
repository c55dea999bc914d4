"""Here is what both legs say of a question's candidates: give me one score for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from release_format.program import UsageError

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Fusion:
    """The `[fusion]` table of a recipe."""

    words: float = 0.33
    feedback: float = 0.4
    feedback_items: int = 3

    @classmethod
    def from_recipe(cls, table: Mapping[str, Any]) -> Fusion:
        """Read the table; a field that fusion does not have is refused."""
        known = [field.name for field in fields(cls)]
        if unknown := sorted(set(table) - set(known)):
            raise UsageError(f"[fusion] has no field {unknown[0]!r}. Use {', '.join(known)}.")
        return cls(**table)


@dataclass(frozen=True)
class Fused:
    """Scores of the candidates in their given order; `confidence` of each is what "no good match" is decided by."""

    scores: Floats
    confidence: Floats
    cosines: Floats
    words: float


def fuse(question: Floats, vectors: Floats, bm25: Floats, rarity: float, fusion: Fusion) -> Fused:
    """Fuse the legs over one pool of candidates.

    Args:
        question: the question's unit vector, (d,).
        vectors: each candidate's nearest passage, unit rows, (n, d); from either leg.
        bm25: each candidate's BM25 score, 0 where no word of the question occurs, (n,).
        rarity: what the question's words weigh: the sum over its distinct words (stop words left out) of
            ln(1 + (N - n + .5) / (n + .5)), N items of which n hold the word; absent words count with n = 0.
        fusion: the recipe's choice.
    """
    cosines = vectors @ question
    lexical = bm25 / max(float(bm25.max(initial=0.0)), rarity, 1e-9)
    scores = cosines + fusion.words * lexical
    if fusion.feedback and len(scores):
        best = np.argsort(-scores, kind="stable")[: fusion.feedback_items]
        moved = question + fusion.feedback * vectors[best].mean(axis=0)
        cosines_moved = vectors @ (moved / np.linalg.norm(moved))
        scores = cosines_moved + fusion.words * lexical
    return Fused(scores, cosines, cosines, fusion.words)
