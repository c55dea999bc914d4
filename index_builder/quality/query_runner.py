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

    `legs` are the first ten ids of each leg by itself.
    """

    ids: Sequence[str]
    confidence: Sequence[float]
    named: bool
    legs: Mapping[str, Sequence[str]] = field(default_factory=dict)


def ask(engine: Engine, questions: Sequence[str], title: str = "asking") -> list[QueryResult]:
    """Every question's answer, by the finder that answers visitors."""
    return list(progress(_asked(engine, questions), len(questions), title))


def ask_judged(engine: Engine, judged: Sequence[JudgedQuestion]) -> Mapping[str, QueryResult]:
    """Question id → its answer."""
    return dict(
        zip((one.id for one in judged), ask(engine, [one.question for one in judged]), strict=True)
    )


def _asked(engine: Engine, questions: Sequence[str]) -> Iterator[QueryResult]:
    """A few questions at a time on every core: encoding and both indexes leave the interpreter
    to the others."""
    some = [questions[start : start + AT_ONCE] for start in range(0, len(questions), AT_ONCE)]
    with ThreadPoolExecutor(cores()) as pool:
        for answers in pool.map(lambda texts: _some(engine, texts), some):
            yield from answers


def _some(engine: Engine, texts: Sequence[str]) -> list[QueryResult]:
    return [_of(engine, found) for found in engine.finder.find(texts, [{}] * len(texts))]


def _of(engine: Engine, found: ResultSet) -> QueryResult:
    id_of = engine.finder.items.id
    ids = [id_of(int(position)) for position in found.positions[:DEPTH]]
    ranks = {MEANING: found.dense_ranks, WORDS: found.lexical_ranks}
    legs = {
        name: [id_of(int(p)) for p in _first(found.positions, rank)] for name, rank in ranks.items()
    }
    return QueryResult(
        ids, found.confidence[:DEPTH].tolist(), bool(found.named or found.pinned), legs
    )


def _first(positions: NDArray[np.int64], ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """A leg's first ten in its own order; rank 0 is what it did not find."""
    found = np.flatnonzero((ranks > 0) & (ranks <= LEG_DEPTH))
    return positions[found[np.argsort(ranks[found])]]
