"""A word is the same with a hyphen, with none, and never one that merely looks alike."""

from __future__ import annotations

from typing import Any

import pytest

from release_format.items import Item
from searchbar.engine import Engine
from searchbar.query.question import Question

SHOP = (
    Item("tee", "T-Shirt Basic", "Cotton, round neck."),
    Item("shirt", "Business shirt", "With a collar."),
    Item("shirts", "Shirt dress", "A long one."),
    Item("dongle", "Wifi adapter", "For the USB port."),
    Item("cable", "Network cable", "Five metres."),
    Item("mail", "Letter box", "Reads e\u2011mail aloud.", ("x\u2011ray safe",)),
    Item("apart", "Blue print", "A print in blue."),
    Item("plain", "Plain thing", "A sun shade."),
)


@pytest.fixture(scope="module")
def shop(make_release: Any) -> Engine:
    return Engine.open(make_release(SHOP))


@pytest.mark.parametrize(("asked", "meant"), [("tshirt", "t-shirt"), ("Tshirt", "t-shirt")])
def test_a_word_that_the_catalogue_parts_is_read_as_it_writes_it(
    shop: Engine, asked: str, meant: str
) -> None:
    answer = shop.search(Question(asked))
    assert answer.did_you_mean == meant
    assert answer.hits[0].id == "tee"


@pytest.mark.parametrize(
    ("word", "parted"),
    [
        ("tshirt", "t-shirt"),
        ("email", "e-mail"),
        ("xray", "x-ray"),
        ("blueprint", ""),  # Two words there, not one with a hyphen.
        ("sunshade", ""),
        ("shirtdress", ""),
        ("abc", ""),
        ("", ""),
        ("t" * 100, ""),
    ],
)
def test_only_what_an_item_writes_with_a_hyphen_is_parted(
    shop: Engine, word: str, parted: str
) -> None:
    assert shop.retriever.planner._hyphens.parted(word) == parted


def test_a_word_that_the_question_parts_finds_what_is_written_as_one(shop: Engine) -> None:
    (plan,) = shop.retriever.planner.plan([shop.retriever.parse("wi-fi thing")])
    assert {"wi", "fi", "wifi"} <= set(plan.stems)
    assert shop.search(Question("wi-fi")).hits[0].id == "dongle"
    (apart,) = shop.retriever.planner.plan([shop.retriever.parse("wi fi thing")])
    assert "wifi" not in apart.stems


def test_what_may_not_be_shown_tells_of_no_hyphen(make_release: Any) -> None:
    hidden = Engine.open(make_release(SHOP, rules='[[hides]]\nid = "tee"\n'))
    assert hidden.retriever.planner._hyphens.parted("tshirt") == ""
    assert hidden.search(Question("tshirt")).did_you_mean != "t-shirt"


def test_without_such_a_thing_a_misspelt_word_is_corrected_as_ever(make_release: Any) -> None:
    engine = Engine.open(make_release([*SHOP[1:], Item("keyboard", "Keyboard", "With keys.")]))
    assert engine.search(Question("keybaord")).did_you_mean == "keyboard"
