"""Judged questions answered by several weights of words, from the same candidates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from index_builder.quality.judgments import JudgedQuestion
from index_builder.quality.metrics import MAIN, per_question
from release_format.progress import progress
from release_format.seal import digest_of
from searchbar.cores import cores
from searchbar.engine import Engine
from searchbar.retrieval.dense import DEPTH
from searchbar.retrieval.fusion import Fusion, fuse
from searchbar.retrieval.query_plan import QueryPlan
from searchbar.retrieval.retriever import LEXICAL_DEPTH, Retriever
from searchbar.retrieval.word_search import WordSearch

# So many questions tell a weight well enough; of more, these are asked, always the same.
MOST, AT_ONCE = 1_000, 32
SHOWN = 10

Values = NDArray[np.float64]
Ids = list[list[str]]


@dataclass(frozen=True)
class WeightedAnswers:
    """nDCG@10 of each judged question by each weight of words, (weights, questions)."""

    judged: Sequence[JudgedQuestion]
    weights: Sequence[float]
    values: Values


def answer_weighted(
    engine: Engine, judged: Sequence[JudgedQuestion], fusion: Fusion, weights: Sequence[float]
) -> WeightedAnswers:
    """Ask once, and fuse by every weight; the other choices are those of `fusion`.

    Questions with filters or phrases of their own, and those that a rule or a name decides, say
    nothing of words and are left out.
    """
    retriever = engine.retriever
    asked = [question for question in _sampled(judged) if _says_something(retriever, question)]
    fusions = [replace(fusion, words=weight) for weight in weights]
    answers = list(progress(_answers(retriever, asked, fusions), len(asked), "fitting words"))
    values = [
        per_question(
            asked, {q.id: several[row] for q, several in zip(asked, answers, strict=True)}
        )[MAIN]
        for row in range(len(weights))
    ]
    return WeightedAnswers(asked, weights, np.array(values).reshape(len(weights), len(asked)))


def _sampled(judged: Sequence[JudgedQuestion]) -> list[JudgedQuestion]:
    answerable = [question for question in judged if question.relevant]
    return sorted(answerable, key=lambda question: digest_of(question.id))[:MOST]


def _says_something(retriever: Retriever, question: JudgedQuestion) -> bool:
    parsed = retriever.parse(question.question)
    text, bare = parsed.text, parsed.bare
    return (
        parsed.is_plain
        and not parsed.is_empty
        and not retriever.rules.pinned(text, bare)
        and not any(len(found) for found in retriever.lexical.named(bare))
        and any(retriever.items.position(id) is not None for id in question.relevant)
    )


def _answers(
    retriever: Retriever, asked: Sequence[JudgedQuestion], fusions: Sequence[Fusion]
) -> Iterator[Ids]:
    batches = [asked[start : start + AT_ONCE] for start in range(0, len(asked), AT_ONCE)]

    def answered(batch: Sequence[JudgedQuestion]) -> list[Ids]:
        plans = retriever.planner.plan([retriever.parse(each.question) for each in batch])
        return [_answered(retriever, plan, fusions) for plan in plans]

    with ThreadPoolExecutor(cores()) as pool:
        for answers in pool.map(answered, batches):
            yield from answers


def _answered(retriever: Retriever, plan: QueryPlan, fusions: Sequence[Fusion]) -> Ids:
    """The first ten ids by each fusion."""
    lexical, dense, items = retriever.lexical, retriever.dense, retriever.items
    hidden = retriever.excluded()
    search = WordSearch(lexical, plan.stems, alike=plan.alike)
    leg = search.best(LEXICAL_DEPTH, hidden)
    pool = np.union1d(dense.nearest(plan.vector, DEPTH + len(hidden)), leg.positions)
    pool = pool[~np.isin(pool, hidden)]
    bm25 = search.bm25_of(pool, leg)
    vectors = dense.best_passages(pool, plan.vector)
    meaning = retriever.meaning(plan, pool, bm25)
    ranked = []
    for fusion in fusions:
        fused = fuse(plan.vector, vectors, bm25, plan.rarity, fusion, len(items), meaning)
        best = np.argsort(-fused.scores, kind="stable")[:SHOWN]
        ranked.append([items.id(int(position)) for position in pool[best]])
    return ranked
