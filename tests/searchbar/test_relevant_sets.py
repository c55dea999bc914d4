"""What answering does once: a search, a mask and a count a question, whatever was asked before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from release_format.release import Release
from searchbar.engine import Engine
from searchbar.fields.facet_counts import FacetCounter
from searchbar.fields.field_table import FieldTable
from searchbar.query.question import Answer, Question
from searchbar.retrieval.encoder import Encoder
from searchbar.retrieval.retriever import Retriever
from tests.searchbar.conftest import MakeRelease
from tests.searchbar.retrieval.test_result_set import LEVELS, catalogue

TEXT = "lamp for the table"
PLAIN, WITHIN = Question(TEXT), Question(TEXT, filters={"topic": ["red"], "maker": ["maker 1"]})
WHOLE = Question(TEXT, cut="none")
PHRASED = Question('"lamp" table', filters={"topic": ["red"]})


@pytest.fixture(scope="module")
def release(make_release: MakeRelease, encoder: Encoder) -> Release:
    items, vectors = catalogue(encoder)
    return make_release(items, vectors=vectors, levels=LEVELS)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each of these was done so far."""
    counts: Counter[str] = Counter()

    def counted(owner: type, name: str, many: Callable[..., int] = lambda *_: 1) -> None:
        own = getattr(owner, name)

        def call(*arguments: Any, **named: Any) -> Any:
            counts[name] += many(*arguments)
            return own(*arguments, **named)

        monkeypatch.setattr(owner, name, call)

    counted(FacetCounter, "counts")
    counted(FieldTable, "_mask")
    counted(Retriever, "find", lambda _, questions, *__: len(questions))
    return counts


@pytest.mark.parametrize("question", [PLAIN, WITHIN, WHOLE, PHRASED], ids=str)
def test_facets_are_counted_and_masks_are_made_once_a_question(
    release: Release, done: Counter[str], question: Question
) -> None:
    Engine.open(release).search(question)
    masks = 1 if question.filters else 0
    assert (done["counts"], done["_mask"]) == (1, masks)
    assert done["find"] == 1 + masks, "what fits within filters is what fits without"


def test_nothing_is_looked_for_again(release: Release, done: Counter[str]) -> None:
    """Filters, their removal, pages and what is less likely need no further search."""
    engine = Engine.open(release)
    engine.search(WITHIN)
    done.clear()
    engine.search(PLAIN)
    assert done == Counter(counts=1), "it was searched for beside its filters"
    engine.search(WHOLE)
    assert done == Counter(counts=2)
    engine.search(Question(TEXT, filters={"topic": ["blue"]}))
    assert done == Counter(counts=3, find=1, _mask=1)
    done.clear()
    for question in (PLAIN, WHOLE, WITHIN, Question(TEXT, offset=10)):
        engine.search(question)
    assert not done


def _told(answer: Answer) -> tuple[Any, ...]:
    hits = [(hit.id, hit.score) for hit in answer.hits]
    counts = (answer.total, answer.total_text, answer.less_likely, answer.no_good_match)
    return (*counts, hits, answer.facets)


def test_no_answer_depends_on_what_was_asked_before(release: Release) -> None:
    questions = (PLAIN, WITHIN, WHOLE)
    alone = [_told(Engine.open(release).search(question)) for question in questions]
    assert len({str(each) for each in alone}) == 3
    for order in permutations(range(3)):
        engine = Engine.open(release)
        for place in order:
            assert _told(engine.search(questions[place])) == alone[place], order
    together = Engine.open(release).search_many(questions)
    assert [_told(answer) for answer in together] == alone
