"""A word is the same with a sign, with none, and never one that merely looks alike."""

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
    Item("saw", "Saw blade BX-4410 for wood", "Pump filter QZ.300/25 fits as well."),
    Item("card", "Video card GTX9080", "Made of 12 parts in 1 box, for games."),
    Item("modem", "Modem FRX 77AL", "An old one."),
    Item("node", "Deno.js by night", "Mint m’ata tea, R&Q mugs."),
    Item("pan8", "Pan 8in iron", "For eggs."),
    Item("pan11", "Pan 11 inch iron", "For pancakes."),
    Item("jug4", "Jug 400ml glass", "For milk."),
    Item("jug6", "Jug 600 ml glass", "For water."),
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
        ("bx4410", "bx-4410"),
        ("qz30025", "qz.300/25"),
        ("frx77al", "frx 77al"),
        ("denojs", "deno.js"),
        ("mata", "m’ata"),
        ("11in", "11 inch"),
        ("11zoll", "11 inch"),
        ("12in", "12 in"),  # No item writes 12 inches, but some item holds the number.
        ("99in", ""),
        ("12parts", "12 parts"),
        ("cardgtx9080", "card gtx9080"),
        ("videocard", ""),  # A space is a sign where a digit stands beside it alone.
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
    assert set(plan.stems) == {"wifi", "thing"}
    assert shop.search(Question("wi-fi")).hits[0].id == "dongle"
    (apart,) = shop.retriever.planner.plan([shop.retriever.parse("wi fi thing")])
    assert "wifi" not in apart.stems


@pytest.mark.parametrize(
    ("asked", "id"),
    [
        *(("BX4410", "saw"), ("bx 4410", "saw"), ("saw blade bx4410", "saw"), ("QZ 300-25", "saw")),
        *(("QZ30025", "saw"), ("GTX 9080", "card"), ("gtx-9080 video", "card")),
        *(("FRX77AL", "modem"), ("deno js", "node"), ("denojs", "node"), ("R&Q", "node")),
        *(("8 inches pan", "pan8"), ("8 inch pan", "pan8")),
        *(("11in pan", "pan11"), ("11inch pan", "pan11"), ("11-inch pan", "pan11")),
        *(("400 ml jug", "jug4"), ("600ml jug", "jug6"), ("400ml", "jug4")),
    ],
)
def test_model_numbers_and_measures_are_found_however_they_are_written(
    shop: Engine, asked: str, id: str
) -> None:
    hit = shop.search(Question(asked)).hits[0]
    assert (hit.id, hit.matched) == (id, "text")


def test_inches_that_a_sign_says_are_looked_for_as_a_word(shop: Engine) -> None:
    for asked in ('iron pan 8"', "iron pan 8\u2033"):
        (plan,) = shop.retriever.planner.plan([shop.retriever.parse(asked)])
        assert "8in" in plan.stems
    (other,) = shop.retriever.planner.plan([shop.retriever.parse('iron pan 9"')])
    assert "8in" not in other.stems


@pytest.mark.parametrize("asked", ["gtx 9080", "GTX-9080", "bx4410", "bx 4410"])
def test_what_may_not_be_shown_tells_of_no_number(make_release: Any, asked: str) -> None:
    rules = '[[hides]]\nid = "card"\n[[hides]]\nid = "saw"\n'
    answer = Engine.open(make_release(SHOP, rules=rules)).search(Question(asked))
    assert not answer.did_you_mean
    assert not {"card", "saw"} & {hit.id for hit in answer.hits}


def test_what_may_not_be_shown_tells_of_no_hyphen(make_release: Any) -> None:
    hidden = Engine.open(make_release(SHOP, rules='[[hides]]\nid = "tee"\n'))
    assert hidden.retriever.planner._hyphens.parted("tshirt") == ""
    assert hidden.search(Question("tshirt")).did_you_mean != "t-shirt"


def test_without_such_a_thing_a_misspelt_word_is_corrected_as_ever(make_release: Any) -> None:
    engine = Engine.open(make_release([*SHOP[1:], Item("keyboard", "Keyboard", "With keys.")]))
    assert engine.search(Question("keybaord")).did_you_mean == "keyboard"
