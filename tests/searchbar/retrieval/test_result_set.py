"""One set per question, filters and release: pages, facets, totals and sorts are all about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index_builder.indexing.documents import Documents
from release_format.items import Item
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.query.question import Answer, Question
from searchbar.retrieval import dense
from searchbar.retrieval.encoder import Encoder
from searchbar.retrieval.result_set import FULL

TOPICS = ("red", "green", "blue", "rare")
WORDS = ("hose", "shears", "lamp", "table", "kettle", "brush", "ladder", "blanket")
CURVE = {"steepness": 20.0, "intercept": -2.0, "confidence": 5.0, "drop": 12.0}
LEVELS = {"version": 2, "no_good_match": {"level": 0.45}, "relevant_set": CURVE}
KINDS = ("Flat", "SQ8", "HNSW32,SQ8", "IVF8,SQ8", "PQ48x4fs,Refine(SQ8)", "RaBitQ,Refine(SQ8)")


def catalogue(encoder: Encoder) -> tuple[list[Item], np.ndarray]:
    """420 items: more than a full set, several of one name, some without topics."""
    items = []
    for number in range(420):
        first, second = WORDS[number % 8], WORDS[(number // 8) % 8]
        topics = tuple(
            sorted(
                {t for place, t in enumerate(TOPICS) if number % (place + 2) == 0 and t != "rare"}
            )
        )
        topics += ("rare",) if number % 97 == 0 else ()
        title = "Twin" if number % 50 == 0 else f"{first} {second} {number}"
        extra = {"price": number % 7, "maker": f"maker {number % 3}"} if number % 5 else {}
        items.append(
            Item(f"i{number:03}", title, f"A {first} for the {second}.", topics, extra=extra)
        )
    kinds = encoder.encode_query(
        [f"A {first} for the {second}." for first in WORDS for second in WORDS]
    )
    noise = np.random.default_rng(7).normal(0, 0.02, (len(items), kinds.shape[1]))
    vectors = np.stack([kinds[(n % 8) * 8 + (n // 8) % 8] for n in range(len(items))]) + noise
    return items, (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module", params=[(kind, {}) for kind in KINDS] + [("Flat", LEVELS)])
def engine(request: pytest.FixtureRequest, make_release: Any, encoder: Encoder) -> Iterator[Engine]:
    """An engine that asks the index even where going through few vectors would be as fast; one
    that cuts its sets."""
    items, vectors = catalogue(encoder)
    index, levels = request.param
    release: Release = make_release(items, vectors=vectors, index=index, levels=levels)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "FEW", 16)
        yield Engine.open(release)


FILTERS = st.dictionaries(
    st.sampled_from(["topic", "price", "maker"]),
    st.lists(
        st.sampled_from(
            ["red", "green", "blue", "!red", "!green", "rare", "1", "3", "!2", "maker 1", "none"]
        ),
        min_size=1,
        max_size=3,
    ),
    max_size=2,
)
TEXTS = st.one_of(
    st.sampled_from(
        [
            "twin",
            "hose",
            "lamp table",
            "something warm to sleep under",
            '"for the lamp"',
            "lamp table 16",
        ]
    ),
    st.lists(st.sampled_from([*WORDS, "garden", "17"]), min_size=1, max_size=4).map(" ".join),
)


def pages(
    engine: Engine,
    text: str,
    filters: Mapping[str, Sequence[str]],
    sort: str,
    size: int,
    cut: str = "",
) -> list[Answer]:
    first = engine.search(Question(text, size, 0, filters, sort, cut=cut))
    offsets = range(size, first.total + size, size)
    following = [Question(text, size, offset, filters, sort, cut=cut) for offset in offsets]
    return [first, *map(engine.search, following)]


def fits(item: Item, filters: Mapping[str, Sequence[str]]) -> bool:
    values = Documents().filter_values(item)
    for name, wanted in filters.items():
        have = set(values.get(name, ()))
        positive = {value for value in wanted if not value.startswith("!")}
        if (positive and not positive & have) or {
            value[1:] for value in wanted if value.startswith("!")
        } & have:
            return False
    return True


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    text=TEXTS,
    filters=FILTERS,
    sort=st.sampled_from(["", "title", "-price", "maker"]),
    size=st.integers(7, 100),
    cut=st.sampled_from(["", "none"]),
)
def test_pages_facets_and_total_are_about_one_set(
    engine: Engine, text: str, filters: dict[str, list[str]], sort: str, size: int, cut: str
) -> None:
    answers = pages(engine, text, filters, sort, size, cut)
    ids = [hit.id for answer in answers for hit in answer.hits]
    assert len(ids) == len(set(ids)), "a hit stands on two pages"
    assert len(ids) == answers[0].total
    assert len({str((a.total, a.total_text, a.less_likely, a.facets)) for a in answers}) == 1
    assert len({a.no_good_match for a in answers}) == 1
    items = {item.id: item for item in engine.retriever.items}
    assert all(fits(items[id], filters) for id in ids)
    counted: dict[str, Counter[str]] = {}
    for id in ids:
        for name, values in Documents().filter_values(items[id]).items():
            counted.setdefault(name, Counter()).update(set(values))
    facets = {name: facet["values"] for name, facet in answers[0].facets.items()}
    assert {name: counts for name, counts in facets.items() if counts} == counted
    assert set(ids) == {
        hit.id for answer in pages(engine, text, filters, "", 100, cut) for hit in answer.hits
    }


FEW = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


@FEW
@given(text=TEXTS, filters=FILTERS)
def test_what_fits_comes_first_in_all_that_was_found(
    engine: Engine, text: str, filters: dict[str, list[str]]
) -> None:
    fitting = [hit.id for each in pages(engine, text, filters, "", 100) for hit in each.hits]
    whole = pages(engine, text, filters, "", 100, "none")
    found = [hit.id for each in whole for hit in each.hits]
    assert found[: len(fitting)] == fitting
    assert whole[0].less_likely == len(found) - len(fitting)
    if fitting or not filters:
        assert len(fitting) >= min(10, len(found))


@FEW
@given(text=TEXTS)
def test_a_filter_shows_what_its_facet_counts_and_ten_at_least(engine: Engine, text: str) -> None:
    answer = engine.search(Question(text))
    for value, count in answer.facets["topic"]["values"].items():
        filtered = engine.search(Question(text, 1, filters={"topic": [value]}))
        assert filtered.no_good_match == answer.no_good_match, "it is about the question alone"
        whole = engine.search(Question(text, 1, filters={"topic": [value]}, cut="none"))
        if answer.less_likely:
            assert filtered.total == max(count, min(10, whole.total))
        else:
            assert filtered.total >= count


@FEW
@given(text=TEXTS, filters=FILTERS)
def test_filters_act_inside_the_search(
    engine: Engine, text: str, filters: dict[str, list[str]]
) -> None:
    """A set is as large as it can be: a filter never merely thins out what was found without it."""
    answer = engine.search(Question(text, 1, 0, filters, cut="none"))
    fitting = [item for item in engine.retriever.items if fits(item, filters)]
    if '"' not in text:
        exact = [item for item in fitting if item.title.casefold() == text.casefold()]
        assert min(FULL, len(fitting)) <= answer.total <= min(FULL + len(exact), len(fitting))
        assert answer.total_text == f"{answer.total}{'+' if answer.total < len(fitting) else ''}"


def test_every_exact_match_is_in_the_set_and_first(engine: Engine) -> None:
    answer = engine.search(Question("TWIN", k=100, cut="none"))
    assert [hit.matched for hit in answer.hits[:9]] == ["exact"] * 9
    assert FULL <= answer.total <= FULL + 9
    assert answer.total_text == f"{answer.total}+"


def test_the_same_question_has_the_same_set_in_a_new_process_of_any_kind(engine: Engine) -> None:
    again = Engine.open(engine.release)
    for text in ("lamp table", "something warm"):
        question = Question(text, k=100, filters={"topic": ["red"]})
        hits, hits_again = engine.search(question).hits, again.search(question).hits
        assert [hit.id for hit in hits] == [hit.id for hit in hits_again]


def test_questions_asked_together_are_answered_as_alone(engine: Engine) -> None:
    texts = [
        "lamp table",
        "twin",
        "something warm to sleep under",
        "a ladder for the kettle",
        '"for the lamp"',
    ]
    together = Engine.open(engine.release).search_many([Question(text, k=50) for text in texts])
    for text, answer in zip(texts, together, strict=True):
        alone = engine.search(Question(text, k=50))
        assert answer.total == alone.total
        assert [hit.id for hit in answer.hits[:5]] == [hit.id for hit in alone.hits[:5]]
