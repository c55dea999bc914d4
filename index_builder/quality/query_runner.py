"""Asks an engine many questions and keeps what a visitor would get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index_builder.quality.judgments import JudgedQuestion
from release_format.progress import progress
from searchbar.cores import cores
from searchbar.engine import Engine
from searchbar.retrieval.result_set import ResultSet

DEPTH = 100
AT_ONCE = 32
# How much of each leg's own order is kept: as much as nDCG@10 looks at.
LEG_DEPTH = 10
MEANING, WORDS = "meaning alone", "words alone"


@dataclass(frozen=True)
class QueryResult:
    """The first hundred ids of an answer; the confidence in each; whether a name or a pin decided
    the first.

    `legs` are the first ten ids of each leg by itself, `drops` what each score lacks of the best.
    """

    ids: Sequence[str]
    confidence: Sequence[float]
    named: bool
    legs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    drops: Sequence[float] = ()


def ask(engine: Engine, questions: Sequence[str], title: str = "asking") -> list[QueryResult]:
    """Every question's answer, by the retriever that answers visitors."""
    return list(progress(_answers(engine, questions), len(questions), title))


def ask_judged(engine: Engine, judged: Sequence[JudgedQuestion]) -> Mapping[str, QueryResult]:
    """Question id → its answer."""
    return dict(
        zip(
            (question.id for question in judged),
            ask(engine, [question.question for question in judged]),
            strict=True,
        )
    )


def _answers(engine: Engine, questions: Sequence[str]) -> Iterator[QueryResult]:
    """A few questions at a time on every core: encoding and both indexes leave the interpreter
    to the others."""
    batches = [questions[start : start + AT_ONCE] for start in range(0, len(questions), AT_ONCE)]
    with ThreadPoolExecutor(cores()) as pool:
        for answers in pool.map(lambda texts: _answer_batch(engine, texts), batches):
            yield from answers


def _answer_batch(engine: Engine, texts: Sequence[str]) -> list[QueryResult]:
    return [_query_result(engine, result_set) for result_set in engine.result_sets(texts)]


def _query_result(engine: Engine, result_set: ResultSet) -> QueryResult:
    id_of = engine.retriever.items.id
    ids = [id_of(int(position)) for position in result_set.positions[:DEPTH]]
    ranks = {MEANING: result_set.dense_ranks, WORDS: result_set.lexical_ranks}
    legs = {
        name: [id_of(int(p)) for p in _first(result_set.positions, rank)]
        for name, rank in ranks.items()
    }
    return QueryResult(
        ids,
        result_set.confidence[:DEPTH].tolist(),
        bool(result_set.named or result_set.pinned),
        legs,
        (result_set.scores.max(initial=-np.inf) - result_set.scores[:DEPTH]).tolist(),
    )


def _first(positions: NDArray[np.int64], ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """A leg's first ten in its own order; rank 0 is what it did not find."""
    places = np.flatnonzero((ranks > 0) & (ranks <= LEG_DEPTH))
    return positions[places[np.argsort(ranks[places])]]
