"""A linear adapter: a matrix that moves a question's vector towards its answers.

    (QᵀQ + λ·1) · (W − 1) = Qᵀ (positives − negatives)

In closed form; the larger λ, the nearer to the identity. Of several λ that is taken which puts
answers first for the validation questions; to change nothing is one of the choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index_builder.errors import BuildError
from index_builder.quality.judgments import JudgedQuestion
from searchbar.engine import Engine
from searchbar.retrieval.adapter import moved

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0)
NEGATIVES = 10
RANKED = 100

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class FittedAdapter:
    """The matrix, the λ that was chosen, and the mean reciprocal rank of each λ.

    A λ of 0 is the identity: nothing helped.
    """

    matrix: Floats
    strength: float
    ranks: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class AdapterExample:
    """One question's vector, the means of its positives and negatives, and which items answer."""

    question: Floats
    positives: Floats
    negatives: Floats
    relevant: NDArray[np.int64]


def fit(
    engine: Engine, train: Sequence[JudgedQuestion], validation: Sequence[JudgedQuestion]
) -> FittedAdapter:
    """Fit on the vectors of a release whose questions are not adapted; seconds on a processor.

    Raises:
        BuildError: the vectors are no numbers.
    """
    examples, tests = _examples(engine, train), _examples(engine, validation)
    identity = np.eye(engine.retriever.encoder.dimension, dtype=np.float32)
    matrices = {strength: solve(examples, strength) for strength in STRENGTHS} if examples else {}
    if not all(np.isfinite(matrix).all() for matrix in matrices.values()):
        raise BuildError(
            "the adapter is no matrix of numbers: some stored vectors are broken. Delete var/cache,"
            " build again."
        )
    ranks = [(0.0, _mean_reciprocal_rank(engine, tests, identity))]
    ranks += [(s, _mean_reciprocal_rank(engine, tests, matrix)) for s, matrix in matrices.items()]
    # Without questions to choose by, the one in the middle.
    best = _best(ranks) if tests else STRENGTHS[len(STRENGTHS) // 2]
    return FittedAdapter(matrices.get(best, identity), best, ranks)


def solve(examples: Sequence[AdapterExample], strength: float) -> Floats:
    """The matrix for one λ."""
    questions = np.stack([example.question for example in examples]).astype(np.float64)
    differences = np.stack([example.positives - example.negatives for example in examples])
    identity = np.eye(questions.shape[1])
    gram = questions.T @ questions + strength * identity
    change = np.linalg.solve(gram, questions.T @ differences.astype(np.float64))
    matrix: Floats = (identity + change).astype(np.float32)
    return matrix


def _best(ranks: Sequence[tuple[float, float]]) -> float:
    """The λ of the highest rank; of equals, the one that changes least."""
    return max(ranks, key=lambda pair: (pair[1], pair[0] or np.inf))[0]


def _examples(engine: Engine, judged: Sequence[JudgedQuestion]) -> list[AdapterExample]:
    """What the encoder says of each question whose items the release holds."""
    dense, items = engine.retriever.dense, engine.retriever.items
    vectors = engine.retriever.encoder.encode_query([question.question for question in judged])
    examples = []
    for question, vector in zip(judged, vectors, strict=True):
        positions = (items.position(id) for id in question.relevant)
        relevant = np.array([position for position in positions if position is not None], np.int64)
        nearest = dense.nearest(vector, NEGATIVES + len(relevant))
        wrong = nearest[~np.isin(nearest, relevant)][:NEGATIVES]
        if len(relevant) and len(wrong):
            positives, negatives = (
                dense.best_passages(side, vector).mean(axis=0) for side in (relevant, wrong)
            )
            examples.append(AdapterExample(vector, positives, negatives, relevant))
    return examples


def _mean_reciprocal_rank(engine: Engine, tests: Sequence[AdapterExample], matrix: Floats) -> float:
    """Of the first answer among the nearest hundred."""
    if not tests:
        return 0.0
    vectors = moved(np.stack([example.question for example in tests]), matrix)
    hits = (
        np.isin(engine.retriever.dense.nearest(vector, RANKED), example.relevant)
        for example, vector in zip(tests, vectors, strict=True)
    )
    return float(np.mean([1 / (1 + int(row.argmax())) if row.any() else 0.0 for row in hits]))
