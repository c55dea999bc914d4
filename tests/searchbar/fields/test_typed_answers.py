"""Totals, pages and facets are about one set, under any filters and sorts, with and without a
question, and the set is what a brute-force reading of every item leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from release_format.fields import Field, FieldType, Schema
from release_format.items import Item
from searchbar.engine import Engine
from searchbar.query.question import Answer, Question
from searchbar.relevance.estimate import Relevance
from searchbar.retrieval import retriever, word_search
from searchbar.retrieval.dense import DEPTH
from searchbar.retrieval.fusion import Fusion, fuse
from searchbar.retrieval.result_set import FULL, Preferences
from tests.searchbar.conftest import MakeRelease
from tests.searchbar.fields.oracle import fits, in_order, values_of
from tests.searchbar.retrieval.test_result_set import TEXTS, pages

WORDS_DEPTH = 20
CHECKED = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
ASKED = {
    "price": ["10..50", "..20", "150..", "3.9", "!20..100", "9999", "100..110"],
    "released": ["2024", "2020-03..2022", "..2020", "2026-01-01..", "!2023", "2019-01-01"],
    "in_stock": ["true", "no", "!1"],
    "brand": ["Bosch", "müller", "ÄRMEL & CO", "!!Wow", "!BOSCH", "nobody"],
    "topic": ["red", "Green", "!blue", "rare"],
    "page": ["2..4", "!0"],
}
FILTERS = st.lists(st.sampled_from(list(ASKED)), unique=True, max_size=3).flatmap(
    lambda fields: st.fixed_dictionaries(
        {field: st.lists(st.sampled_from(ASKED[field]), min_size=1, max_size=2) for field in fields}
    )
)
SORTS = st.sampled_from(
    ["", "price", "-price", "released", "-released,title", "in_stock,-price", "brand,-page,id"]
)


def all_hits(engine: Engine, text: str, filters: Mapping[str, Sequence[str]], sort: str) -> Any:
    answers = pages(engine, text, filters, sort, 100)
    return answers[0], [hit for answer in answers for hit in answer.hits]


def items_of(engine: Engine) -> dict[str, Item]:
    return {item.id: item for item in engine.retriever.items}


def words_counted(items: Sequence[Item], field: str) -> dict[str, int]:
    return dict(Counter(value for item in items for value in set(values_of(item, field))))


def check_facets(answer: Answer, items: Sequence[Item]) -> None:
    """Every facet says of these items what one finds by looking at them."""
    for field in ("topic", "brand"):
        assert answer.facets.get(field, {"values": {}})["values"] == words_counted(items, field)
    stock = Counter(str(i.extra["in_stock"]).lower() for i in items if "in_stock" in i.extra)
    assert answer.facets.get("in_stock", {"values": {}})["values"] == dict(stock)
    for field in ("price", "released"):
        values = sorted(item.extra[field] for item in items if field in item.extra)
        facet = answer.facets.get(field)
        if not values:
            assert facet is None
            continue
        assert facet is not None
        assert (facet["min"], facet["max"]) == (values[0], values[-1])
        assert sum(bucket["count"] for bucket in facet["histogram"]) == len(values)
        for bucket in facet["histogram"]:
            inside = [
                value
                for value in values
                if bucket["from"] <= value
                and (value < bucket["to"] if field == "price" else value[:10] <= bucket["to"])
            ]
            assert bucket["count"] == len(inside)


@CHECKED
@given(text=st.one_of(TEXTS, st.just("")), filters=FILTERS, sort=SORTS, size=st.integers(7, 100))
def test_totals_pages_and_facets_are_about_one_set(
    shop: Engine, text: str, filters: dict[str, list[str]], sort: str, size: int
) -> None:
    answers, items = pages(shop, text, filters, sort, size), items_of(shop)
    ids = [hit.id for answer in answers for hit in answer.hits]
    assert len(ids) == len(set(ids)) == answers[0].total
    assert len({str((a.total, a.total_text, a.facets)) for a in answers}) == 1
    found = [items[id] for id in ids]
    assert all(fits(item, filters) for item in found)
    check_facets(answers[0], found)
    _, unsorted = all_hits(shop, text, filters, "")
    assert {hit.id for hit in unsorted} == set(ids)
    if sort:
        assert ids == in_order([items[hit.id] for hit in unsorted], sort)


@CHECKED
@given(filters=FILTERS, sort=SORTS)
def test_browsing_shows_all_that_fits_by_title_or_sorted(
    shop: Engine, filters: dict[str, list[str]], sort: str
) -> None:
    answer, hits = all_hits(shop, " ", filters, sort)
    fitting = [item for item in shop.retriever.items if fits(item, filters)]
    assert [hit.id for hit in hits] == in_order(fitting, f"{sort},title" if sort else "title")
    assert (answer.total, answer.total_text) == (len(fitting), str(len(fitting)))
    assert {(hit.matched, hit.score) for hit in hits} <= {("", 0.0)}
    assert not answer.no_good_match
    assert answer.did_you_mean == ""


def brute_force(engine: Engine, text: str, allowed: np.ndarray) -> list[int]:
    """The set of a question if there were no other items than these, by going through them all."""
    own = engine.retriever
    (plan,) = own.planner.plan([own.parse(text)])
    cosines = np.where(allowed, own.dense.cosines(plan.vector), -9)
    near = np.argsort(-cosines, kind="stable")[: min(DEPTH, int(allowed.sum()))]
    held, scores = own.lexical.search(plan.stems, len(own.items))
    every = np.zeros(len(own.items), np.float32)
    every[held] = scores
    found = held[allowed[held]][:WORDS_DEPTH]
    named = np.concatenate(own.lexical.named(text))
    named = named[allowed[named]]
    pool = np.unique(np.concatenate([near, found, named]))
    vectors = own.dense.best_passages(pool, plan.vector)
    items = len(own.items)
    fused = fuse(plan.vector, vectors, every[pool], plan.rarity, Fusion(), items)
    ahead = np.searchsorted(pool, named)
    order = Preferences().best_first(np.asarray(fused.scores), pool, ahead)
    return [int(position) for position in pool[order]]


@pytest.mark.parametrize("named_at_most", [0, 10_000], ids=["deeper", "by name"])
@CHECKED
@given(
    text=st.sampled_from(["twin", "hose", "lamp table", "something warm to sleep under"]),
    filters=FILTERS,
)
def test_a_set_within_ranges_is_as_if_there_were_no_other_items(
    shop: Engine, named_at_most: int, text: str, filters: dict[str, list[str]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_search, "NAMED", 0.0)
        patch.setattr(word_search, "MOST_NAMED", named_at_most)
        # So few that there is something to find deeper down, and not at once.
        patch.setattr(word_search, "MORE", 0.3)
        patch.setattr(retriever, "LEXICAL_DEPTH", WORDS_DEPTH)
        engine = Engine(shop.release, shop.retriever, Relevance())
        ((_, result_set),) = engine.answers([Question(text, filters=filters)])
    allowed = np.array([fits(item, filters) for item in shop.retriever.items])
    expected = brute_force(shop, text, allowed)
    assert set(result_set.positions.tolist()) == set(expected)
    # Equal scores may differ in their last bit by the order in which a leg adds them up.
    scores = dict(zip(result_set.positions.tolist(), result_set.scores, strict=True))
    assert [scores[p] for p in expected] == pytest.approx(result_set.scores.tolist(), abs=1e-6)


def style_of(item: Item) -> str:
    return str(item.extra.get("style", item.id))


@CHECKED
@given(text=st.one_of(TEXTS, st.just("")), filters=FILTERS, sort=SORTS)
def test_of_variants_totals_pages_and_facets_count_the_things(
    grouped: Engine, text: str, filters: dict[str, list[str]], sort: str
) -> None:
    ((_, result_set),) = grouped.answers([Question(text, filters=filters, sort=sort)])
    items = [grouped.retriever.items[int(position)] for position in result_set.positions]
    variants = Counter(map(style_of, items))
    answer, hits = all_hits(grouped, text, filters, sort)
    own = items_of(grouped)
    assert Counter({style_of(own[hit.id]): hit.variants for hit in hits}) == variants
    assert answer.total == len(hits) == len(variants) <= FULL + 9
    for field in ("topic", "brand"):
        things = {(style_of(item), value) for item in items for value in values_of(item, field)}
        counted = dict(Counter(value for _, value in things))
        assert answer.facets.get(field, {"values": {}})["values"] == counted
    if sort:
        first: dict[str, str] = {}
        for id in in_order(items, sort):
            first.setdefault(style_of(own[id]), id)
        assert [hit.id for hit in hits] == list(first.values())


@pytest.mark.parametrize("value", ["Bosch", "Müller", "!!Wow"])
def test_a_facet_of_things_is_the_total_with_its_filter(grouped: Engine, value: str) -> None:
    """Where the set is whole, that is: of all items."""
    counted = grouped.search(Question("")).facets["brand"]["values"][value.replace("!!", "!")]
    assert counted == grouped.search(Question("", filters={"brand": [value]})).total


def test_a_thing_shows_its_variants_where_its_group_is_asked_for(grouped: Engine) -> None:
    asked = Question("", filters={"style": ["style 7"]}, sort="id")
    assert [hit.id for hit in grouped.search(asked).hits] == ["i021", "i022", "i023"]
    assert {hit.variants for hit in grouped.search(asked).hits} == {1}


def test_what_is_similar_to_a_thing_is_other_things(grouped: Engine, shop: Engine) -> None:
    own = items_of(grouped)
    assert style_of(own["i021"]) == style_of(own["i022"]) == "Style 7"
    every = [style_of(item) for item in grouped.similar("i021", 20)]
    assert len(every) == len(set(every)) == 20
    assert "Style 7" not in every
    # Without groups they are items, the nearest of which stay the nearest things.
    nearest = [style_of(item) for item in shop.similar("i021", 100)]
    assert len(nearest) > len(set(nearest))
    things = [style for style in dict.fromkeys(nearest) if style != "Style 7"]
    assert every[:10] == things[:10]


def test_a_thing_is_suggested_once(make_release: MakeRelease) -> None:
    items = [
        Item(f"{style}{n}", f"{style} lamp {n}", "A lamp.", extra={"style": style})
        for style in ("Arlo", "Birka", "Calla")
        for n in range(7)
    ] + [Item("alone", "Lamp alone", "A lamp."), Item("larch", "Larch lamp", "A lamp.")]
    style = {"style": Field("style", FieldType.KEYWORD, filter=True)}
    grouped = Engine.open(make_release(items, schema=Schema(style, group_by="style")))
    for prefix in ("lamp", "la", "arlo", "arlo lamp"):
        things = [title.partition(" ")[0] for title in grouped.suggest(prefix)]
        assert len(things) == len(set(things)) > 0
    assert sorted(grouped.suggest("lamp"))[-2:] == ["Lamp alone", "Larch lamp"]
    assert len(grouped.suggest("lamp")) == 5
    plain = Engine.open(make_release(items, schema=Schema(style)))
    assert len(plain.suggest("arlo", 20)) == 7


def test_a_value_is_found_whatever_its_signs_and_accents(shop: Engine) -> None:
    for prefix, values in (
        ("wow", {"!Wow"}),
        ("!w", {"!Wow"}),
        ("MULL", {"Müller"}),
        ("co", {"Ärmel & Co"}),
        ("bo", {"Bosch", "BOSCH"}),
        ("osch", set()),
    ):
        found, total = shop.facet_values("brand", Question(""), prefix)
        assert (set(found), total) == (values, len(values))
    assert shop.facet_values("brand", Question(""), "!") == shop.facet_values(
        "brand", Question(""), "!w"
    )


def test_why_a_variant_is_not_a_hit_itself(grouped: Engine, shop: Engine) -> None:
    question = Question("lamp table", k=100)
    ((_, result_set),) = grouped.answers([question])
    hits = {hit.id for hit in grouped.search(question).hits}
    ids = [grouped.retriever.items.id(int(position)) for position in result_set.positions]
    hidden = next(id for id in ids if id not in hits and style_of(items_of(grouped)[id]) != id)
    reason = grouped.why_not(question, hidden)
    assert reason["reason"] in ("variant", "outranked")
    styles = {style_of(items_of(grouped)[id]): id for id in hits}
    if reason["reason"] == "variant":
        assert reason["shown"] == styles[style_of(items_of(grouped)[hidden])]
    assert reason["sentence"].endswith(".")
    filtered = shop.why_not(Question("lamp", filters={"price": ["..5"], "topic": ["!x"]}), "i001")
    assert (filtered["reason"], filtered["filters"]) == ("filtered", ["price"])
