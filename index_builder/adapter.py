"""Here are questions with their answers and mistakes: give me the matrix that moves a question towards its answers.

    (QᵀQ + λ·1) · (W − 1) = Qᵀ (answers − mistakes)

In closed form; the larger λ, the nearer to the identity. Of several λ that is taken which puts answers first for the
questions that tell when to stop; to change nothing is one of the choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index_builder.judgments import Judged
from index_builder.recipe import BuildError
from searchbar.adapter import moved
from searchbar.engine import Engine

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0)
MISTAKES = 10

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Fitted:
    """The matrix, the λ that was chosen (0: nothing helped, so it is the identity), and the rank figure of each."""

    matrix: Floats
    strength: float
    ranks: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Lesson:
    """One question: its vector, the mean of its answers' and of its mistakes', and which items are answers."""

    question: Floats
    answers: Floats
    mistakes: Floats
    right: NDArray[np.int64]


def fit(engine: Engine, learn: Sequence[Judged], stop: Sequence[Judged]) -> Fitted:
    """Fit on the vectors of a release whose questions are not adapted; seconds on a processor.

    Raises:
        BuildError: the vectors are no numbers.
    """
    lessons, tests = _lessons(engine, learn), _lessons(engine, stop)
    identity = np.eye(engine.finder.encoder.dimension, dtype=np.float32)
    matrices = [(strength, solve(lessons, strength)) for strength in STRENGTHS] if lessons else []
    if not all(np.isfinite(matrix).all() for _, matrix in matrices):
        raise BuildError(
            "the adapter is no matrix of numbers: some stored vectors are broken. Delete var/cache, build again."
        )
    ranked = [(0.0, _rank(engine, tests, identity))]
    ranked += [(strength, _rank(engine, tests, matrix)) for strength, matrix in matrices]
    # Without questions to choose by, the one in the middle; of equals, the one that changes least.
    best = max(ranked, key=lambda one: (one[1], one[0] or np.inf))[0] if tests else STRENGTHS[len(STRENGTHS) // 2]
    return Fitted(dict(matrices).get(best, identity), best, ranked)


def solve(lessons: Sequence[Lesson], strength: float) -> Floats:
    """The matrix for one λ."""
    questions = np.stack([one.question for one in lessons]).astype(np.float64)
    towards = np.stack([one.answers - one.mistakes for one in lessons]).astype(np.float64)
    gram = questions.T @ questions + strength * np.eye(questions.shape[1])
    matrix: Floats = (np.eye(questions.shape[1]) + np.linalg.solve(gram, questions.T @ towards)).astype(np.float32)
    return matrix


def _lessons(engine: Engine, judged: Sequence[Judged]) -> list[Lesson]:
    """What the encoder says of each question whose items are there."""
    dense, items = engine.finder.dense, engine.finder.items
    vectors = engine.finder.encoder.encode([one.question for one in judged])
    lessons = []
    for one, vector in zip(judged, vectors, strict=True):
        right = np.array([p for id in one.relevant if (p := items.position(id)) is not None], np.int64)
        near = dense.nearest(vector, MISTAKES + len(right))
        wrong = near[~np.isin(near, right)][:MISTAKES]
        if len(right) and len(wrong):
            answers, mistakes = (dense.best_passages(side, vector).mean(axis=0) for side in (right, wrong))
            lessons.append(Lesson(vector, answers, mistakes, right))
    return lessons


def _rank(engine: Engine, tests: Sequence[Lesson], matrix: Floats) -> float:
    """The mean reciprocal rank of the first answer among the nearest hundred."""
    if not tests:
        return 0.0
    asked = moved(np.stack([one.question for one in tests]), matrix)
    found = (np.isin(engine.finder.dense.nearest(v, 100), one.right) for one, v in zip(tests, asked, strict=True))
    return float(np.mean([1 / (1 + int(hits.argmax())) if hits.any() else 0.0 for hits in found]))
