"""Names inside a question: ids and the fields that are declared to be codes come first, exact."""

from __future__ import annotations

import pytest

from release_format.fields import Field, FieldType, Schema
from release_format.items import Item
from searchbar.engine import Engine
from searchbar.query.question import Question
from tests.searchbar.conftest import MakeRelease

SCHEMA = Schema(
    {
        "ean": Field("ean", FieldType.KEYWORD, code=True),
        "model": Field("model", FieldType.KEYWORD, code=True, search=1),
        "brand": Field("brand", FieldType.KEYWORD, search=2, filter=True),
    }
)
ITEMS = [
    Item("F-00012", "Oak shelf", "A shelf for books.", extra={"ean": "4006381333931"}),
    Item("F-00013", "Pine shelf", "A shelf for books.", extra={"ean": "4006381333931"}),
    Item("F-00014", "Desk lamp", "A lamp for reading.", extra={"model": "LX 48 290"}),
    Item("F-00015", "Headphones", "For music on a train.", extra={"model": "WH-1000XM4"}),
    Item("F-00016", "python3", "A language that is interpreted."),
    Item("F-00017", "Flask", "A web framework for python3 and a shelf of extensions."),
    Item("F-00018", "Compiler", "Of a language.", extra={"model": ["C++", "C"]}),
    Item("F-00019", "Runtime", "Of another language.", extra={"model": "C#"}),
    Item("F-00020", "Kettle", "Boils water.", extra={"brand": "Zorvex", "ean": "4006381"}),
    Item("KX 700 21", "Whisk", "Beats eggs.", extra={"ean": "978-3-16-148410-0"}),
]


@pytest.fixture(scope="module")
def shop(make_release: MakeRelease) -> Engine:
    return Engine.open(make_release(ITEMS, schema=SCHEMA))


def exact(engine: Engine, text: str) -> list[str]:
    """The items that come first because the question names them."""
    hits = engine.search(Question(text)).hits
    named = [hit.id for hit in hits if hit.matched == "exact"]
    assert named == [hit.id for hit in hits[: len(named)]]
    return named


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("F-00012", ["F-00012"]),
        ("F00012", ["F-00012"]),
        ("f 00012", ["F-00012"]),
        ('"F 00012"', ["F-00012"]),
        ('"F00012"', ["F-00012"]),
        ("order F-00012", ["F-00012"]),
        ("order f00012, please", ["F-00012"]),
        ("F-00012 F00015", ["F-00012", "F-00015"]),
        ("4006381333931", ["F-00012", "F-00013"]),
        ("4006 3813 33931", ["F-00012", "F-00013"]),
        ("shelf 4006381333931", ["F-00012", "F-00013"]),
        ('"4006381333931"', ["F-00012", "F-00013"]),
        ("LX 48 290", ["F-00014"]),
        ("LX48290", ["F-00014"]),
        ("lx-48-290", ["F-00014"]),
        ("a lamp like LX48290", ["F-00014"]),
        ("LX48", ["F-00014"]),
        ("WH1000XM4", ["F-00015"]),
        ("wh-1000", ["F-00015"]),
        ("sony wh-1000xm4 headphones", ["F-00015"]),
        ("KX 700 21", ["KX 700 21"]),
        ("kx70021", ["KX 700 21"]),
        ("order KX-700-21 today", ["KX 700 21"]),
        ("9783161484100", ["KX 700 21"]),
        ("978 3 16 148410 0", ["KX 700 21"]),
        ("isbn 978 3 16 148410 0 please", ["KX 700 21"]),
        ("978 3 16 1484", ["KX 700 21"]),
        ("C++", ["F-00018"]),
        ("c", ["F-00018"]),
        ("c#", ["F-00019"]),
        ("python3", ["F-00016"]),
        ("python3 web framework", []),
        ("shelf", []),
        ("zorvex", []),
    ],
)
def test_a_name_is_found_however_it_is_written(shop: Engine, text: str, ids: list[str]) -> None:
    assert sorted(exact(shop, text)) == ids


def test_a_name_within_a_filter_is_one_of_what_the_filter_leaves(shop: Engine) -> None:
    answer = shop.search(Question("4006381333931", filters={"brand": ["Zorvex"]}))
    assert [(hit.id, hit.matched == "exact") for hit in answer.hits] == [("F-00020", False)]


@pytest.mark.parametrize("text", ["zorvex", "zorvexs", '"Zorvex"'])
def test_a_searched_field_is_found_quoted_and_misspelt(shop: Engine, text: str) -> None:
    assert shop.search(Question(text)).hits[0].id == "F-00020"
