"""Examples on the start page: what a person might type, not sentences that break off."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from release_format.items import Item
from release_format.probes import Probe
from release_format.questions import append
from searchbar.page.examples import examples, is_cut
from tests.searchbar.conftest import MakeRelease
from tests.searchbar.typeahead.test_popular import OFTEN, asked

from .conftest import ServeSite, shown

like = "something like {title}".format
ITEM = Item(
    "a", "Apple pie", "Bakes slowly. With  charm and\nprecision it is served warm", ("pie",)
)


@pytest.mark.parametrize(
    ("question", "cut"),
    [
        ("Bakes slowly", False),
        ("Bakes slowly.", False),
        ("Bakes slowly. With charm and", True),
        ("Bakes slowly. With charm and precision it is served warm", False),
        ("Apple pie", False),
        ("Bake", True),
    ],
)
def test_a_sentence_that_breaks_off_is_told(
    make_release: MakeRelease, question: str, cut: bool
) -> None:
    items = make_release([ITEM]).items
    assert is_cut(items, Probe(question, "a")) == cut
    assert not is_cut(items, Probe(question, "nobody"))


def test_what_many_asked_comes_first_and_a_name_alone_never(make_release: MakeRelease) -> None:
    cut, whole = "Bakes slowly. With charm and", "Apple pie with cream"
    probes = [Probe(text, "a") for text in (cut, "pie", "Apple pie", "a", whole, "x y " * 20)]
    items = make_release([ITEM]).items
    assert examples([], probes, items, like) == [whole, "something like Apple pie"]
    assert examples(["what to bake", whole], probes, items, like) == [
        "what to bake", whole, "something like Apple pie",
    ]  # fmt: skip
    assert examples(["one", "two", "three", "four"], probes, items, like) == ["one", "two", "three"]
    assert examples([], [Probe("Apple  PIE", "a")], items, like) == ["something like Apple pie"]
    assert examples([], [Probe("pie of apples", "gone")], items, like) == ["pie of apples"]
    assert examples([], [], items, like) == []


@pytest.mark.parametrize(
    ("description", "question"),
    [
        ("GIMP is an image editor for photos, and more.", "an image editor for photos"),
        ("GIMP is a painter. It paints.", "something like GIMP"),
        ("GIMP is an image editor " + "for photos " * 9, "something like GIMP"),
        ("Gimp (GIMP) paints.", "something like GIMP"),
    ],
)
def test_what_an_item_says_that_it_is_becomes_a_question(
    make_release: MakeRelease, description: str, question: str
) -> None:
    items = make_release([Item("g", "GIMP", description)]).items
    assert examples([], [Probe("GIMP", "g")], items, like)[0] == question


def test_the_start_page_offers_what_many_asked(
    make_release: MakeRelease, serve_site: ServeSite
) -> None:
    with serve_site(make_release([ITEM])) as site:
        for line in asked("bakes with charm", OFTEN):
            append(site.questions, line)
        until = time.monotonic() + 20
        while "bakes with charm" not in site.get("").text:
            assert time.monotonic() < until
        assert site.get("typeahead?q=wi").json()["popular"] == ["bakes with charm"]
    with serve_site(make_release([ITEM]), SEARCHBAR_POPULAR="no") as site:
        for line in asked("bakes with charm", OFTEN):
            append(site.questions, line)
        assert "bakes with charm" not in site.get("").text


def test_newest_is_offered_only_where_there_are_dates(
    make_release: MakeRelease, serve_site: ServeSite
) -> None:
    for updated_at, is_offered in (("2026-01-02", True), ("", False)):
        with serve_site(make_release([replace(ITEM, updated_at=updated_at)])) as site:
            assert ("Newest" in shown(site.get("?q=pie").text)) is is_offered
