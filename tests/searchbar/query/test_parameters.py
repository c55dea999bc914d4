"""Columns of any name: none breaks API or page, and each can be filtered and sorted by, whatever
it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams
from starlette.testclient import TestClient

from release_format.config.server import ServerSettings
from release_format.items import Item
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.http.app import create_app
from searchbar.http.search_routes import NAMED, WHY_NOT_NAMED
from searchbar.page.url_state import NAMED as PAGE_NAMED
from searchbar.page.url_state import UrlState
from searchbar.query.parameters import OWN, columns, order_of, parameter, parameters
from searchbar.query.question import Question
from tests.searchbar.conftest import MakeRelease

HOSTILE = (
    # words of JavaScript
    "constructor",
    "__proto__",
    "hasOwnProperty",
    "toString",
    "valueOf",
    "prototype",
    "__defineGetter__",
    "length",
    # our own parameters, routes and words
    "q",
    "like",
    "k",
    "offset",
    "page",
    "sort",
    "explain",
    "release",
    "cut",
    "at",
    "topics",
    "facets",
    "score",
    "hits",
    "f.q",
    "f.f.x",
    "f.",
    "f",
    "x",
    "-x",
    "!x",
    "filters",
    "total",
    "extra",
    "f.page",
    "f.constructor",
    # attributes of dicts and of templates
    "items",
    "keys",
    "get",
    "values",
    "update",
    "pop",
    "self",
    "loop",
    "counts",
    "label",
    "__class__",
    "{{ q }}",
    "{% x %}",
    # properties of forms
    "action",
    "submit",
    "elements",
    "name",
    "method",
    "onsubmit",
    "target",
    "reset",
    "_charset_",
    "isindex",
    # signs
    "a b",
    "a.b",
    "a&b=c",
    "a=b",
    "a#b",
    "a?b",
    "a+b",
    "a%20b",
    "a;b",
    "a,b",
    'a"b',
    "a'b",
    "a<b>",
    "</script><b>",
    "a/b",
    "a\\b",
    "a[]",
    "a[b]",
    "a:b",
    "*",
    "(",
    "a\nb",
    "a\tb",
    "größe",
    "尺寸",
    "🎬",
    "اللون",
    "a\u202eb",
    "\u200d",
    "2020",
    "0",
    "-1",
    "n" * 300,
    "true",
    "null",
    "undefined",
    "NaN",
)
# One of each kind; the others are asked by `make proof`.
QUICK = (
    "constructor",
    "__proto__",
    "q",
    "k",
    "page",
    "release",
    "like",
    "f.x",
    "items",
    "submit",
    "a&b=c",
    'a"b',
    "a\nb",
    "größe",
    "🎬",
    "2020",
)
KINDS = [name if name in QUICK else pytest.param(name, marks=pytest.mark.proof) for name in HOSTILE]
NAMES = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=12), st.sampled_from(sorted(OWN)).map("f.{}".format)
)
CHECKED = settings(
    max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@CHECKED
@given(
    column=NAMES,
    other=NAMES,
    value=st.text(min_size=1, max_size=8).filter(str.strip),
    own=st.sampled_from([NAMED, WHY_NOT_NAMED, PAGE_NAMED]),
)
def test_what_is_written_is_read_as_it_was_meant(
    column: str, other: str, value: str, own: tuple[str, ...]
) -> None:
    value, column, other = (text.replace("\r\n", "\n") for text in (value, column, other))
    assert parameter(column) not in OWN
    for name in parameters(column, own):
        assert columns([(name, value), ("q", "x")], own) == {column: [value]}
    if column != other:
        assert not set(parameters(column, own)) & set(parameters(other, own)), (
            "no two columns share a parameter"
        )


def test_every_parameter_of_an_address_is_one_of_ours() -> None:
    assert {*NAMED, *WHY_NOT_NAMED, *PAGE_NAMED} <= OWN


@CHECKED
@given(
    filters=st.dictionaries(
        NAMES,
        st.lists(
            st.text("abé&=#+% ", min_size=1, max_size=5).filter(str.strip), min_size=1, max_size=2
        ),
        max_size=4,
    )
)
def test_an_address_with_any_columns_reads_back(filters: dict[str, list[str]]) -> None:
    filters = {name.replace("\r\n", "\n"): values for name, values in filters.items()}
    url_state = UrlState("lamp", filters=filters, page=2)
    assert (
        UrlState.read(QueryParams(url_state.href().removeprefix("?")), list(filters)) == url_state
    )


@pytest.mark.parametrize(
    ("address", "filters"),
    [
        ("q=a&colour=red", {"colour": ["red"]}),
        ("q=a&f.colour=red&colour=blue", {"colour": ["red", "blue"]}),
        ("q=a&f.f.x=1", {"f.x": ["1"]}),
        ("q=a&f.x=1", {"x": ["1"]}),
        ("q=a&page=3", {}),
        ("q=a&f.page=3", {"page": ["3"]}),
        ("q=a&k=3", {"k": ["3"]}),
        ("q=a&utm_source=mail", {}),
        ("q=a&colour=&f.x=+&colour=red", {"colour": ["red"]}),
        ("q=a&colour=", {}),
    ],
)
def test_old_addresses_keep_their_meaning(address: str, filters: dict[str, list[str]]) -> None:
    assert (
        UrlState.read(QueryParams(address), ["colour", "x", "f.x", "page", "k"]).filters == filters
    )


@pytest.mark.parametrize("page", ["x", "-1", "0", "", "9" * 5000, "٣", "1.5"])
def test_a_page_that_is_no_number_is_the_first_or_the_last(page: str) -> None:
    assert UrlState.read(QueryParams({"q": "a", "page": page}), []).page in (1, 40)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("price", ("price", False)),
        ("-price", ("price", True)),
        ("f.price", ("price", False)),
        ("-f.f.x", ("f.x", True)),
        ("f.-x", ("-x", False)),
    ],
)
def test_a_sort_names_a_column_as_a_filter_does(sort: str, order: tuple[str, bool]) -> None:
    assert order_of(sort) == order


def value_of(column: str, number: int) -> str:
    return f"{number} of {column[:20]}"


@pytest.fixture(scope="module")
def release(make_release: MakeRelease) -> Release:
    """Six lamps with a column of every hostile name; a value in it says what it is of."""
    values = [{name: value_of(name, n % 2) for name in HOSTILE} for n in range(6)]
    return make_release(
        [Item(f"n{n}", f"Lamp {n}", "A lamp.", (f"t{n % 2}",), extra=values[n]) for n in range(6)]
    )


@pytest.fixture(scope="module")
def client(release: Release) -> Iterator[TestClient]:
    with TestClient(
        create_app(Engine.open(release), ServerSettings()), raise_server_exceptions=False
    ) as client:
        while client.get("/readyz").status_code != 200:
            pass
        yield client


@pytest.mark.parametrize("name", KINDS)
def test_the_api_filters_and_sorts_by_it(client: TestClient, name: str) -> None:
    value = value_of(name, 1)
    wanted = {"n1", "n3", "n5"}
    plain = [name] if name not in NAMED and not name.startswith("f.") else []
    for key in {parameter(name), f"f.{name}", *plain}:
        reply = client.get("/search", params={"q": "lamp", key: value}).json()
        assert {hit["id"] for hit in reply["hits"]} == wanted, key
        assert reply["facets"][name] == {"values": {value: 3}}
        assert {
            hit["id"]
            for hit in client.get("/search", params={"q": "lamp", key: f"!{value}"}).json()["hits"]
        } == {"n0", "n2", "n4"}
    why = client.get("/why-not", params={"q": "lamp", "id": "n0", f"f.{name}": value}).json()
    assert (why["reason"], why["filters"]) == ("filtered", [name])
    ordered = client.get("/search", params={"q": "lamp", "sort": f"-f.{name}"}).json()
    assert {hit["id"] for hit in ordered["hits"][:3]} == wanted
    reply = client.get("/search", params={"q": f"{name}:x lamp"})
    assert reply.status_code == 200, "a question may hold any name"


class Form(HTMLParser):
    """What a browser without JavaScript would send, and where the links of a page lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.boxes: list[tuple[str, str, bool]] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "checkbox":
            self.boxes.append(
                (attributes["name"] or "", attributes["value"] or "", "checked" in attributes)
            )
        if tag == "a":
            self.links.append(attributes.get("href") or "")


def ids(text: str) -> set[str]:
    return set(re.findall(r'id="hit-(n\d)"', text))


@pytest.mark.parametrize("names", [QUICK, pytest.param(HOSTILE, marks=pytest.mark.proof)])
def test_the_page_filters_by_every_one_without_javascript(
    client: TestClient, names: tuple[str, ...]
) -> None:
    boxes = Form(client.get("/?q=lamp").text).boxes
    assert {value for _, value, _ in boxes} >= {value_of(name, 1) for name in HOSTILE}
    wanted = {value_of(name, 1) for name in names}
    for name, value in [(name, value) for name, value, _ in boxes if value in wanted]:
        sent = urlencode([("q", "lamp"), ("sort", ""), (name, value)])
        page = client.get(f"/?{sent}")
        assert (page.status_code, ids(page.text)) == (200, {"n1", "n3", "n5"}), name
        form = Form(page.text)
        assert [(n, v) for n, v, on in form.boxes if on] == [(name, value)], "it stays ticked"
        # Every link that keeps the filter leads to an answer within it.
        links = [
            href
            for href in form.links
            if dict(parse_qsl(href.removeprefix("?"))).get(name) == value
        ]
        assert links, "its topics and pages keep the filter"
        assert ids(client.get(f"/{links[0]}").text) <= {"n1", "n3", "n5"}


@pytest.mark.parametrize(
    "path", ["/loosen?q=lamp&f.page=7+of+page", "/why?q=lamp&at=1&f.page=1+of+page"]
)
def test_what_the_page_asks_beside_knows_them_too(client: TestClient, path: str) -> None:
    reply = client.get(path).json()
    assert reply == {"field": "page", "value": "7 of page", "total": 6} or len(reply["reasons"]) > 3


def test_our_own_release_and_page_keep_their_meaning_beside_columns_of_that_name(
    client: TestClient,
) -> None:
    refused = client.get("/search", params={"q": "lamp", "release": "1 of release"})
    assert refused.status_code == 409
    assert "f.release" in refused.json()["detail"]
    assert ids(client.get("/?q=lamp&page=2").text) == {f"n{n}" for n in range(6)}, (
        "all pages up to the second"
    )


def test_a_name_that_is_none_is_told_without_the_whole_catalogue(client: TestClient) -> None:
    for params in ({"colr": "red"}, {"sort": "colr"}):
        reply: Any = client.get("/search", params={"q": "lamp", **params})
        assert reply.status_code == 422
        assert "'colr'" in reply.json()["detail"]
        assert len(reply.json()["detail"]) < 3000


def test_what_a_refusal_lists_does_as_it_is_typed(make_release: MakeRelease) -> None:
    columns = ("q", "release", "f.x", "-x", "!x", "size", "at", "__proto__")
    extra = dict.fromkeys(columns, "1")
    release = make_release([Item("n0", "Lamp", "A lamp.", ("t",), "en", extra=extra)])
    with TestClient(create_app(Engine.open(release), ServerSettings())) as client:

        def listed(address: str, **params: str) -> list[str]:
            refused = client.get(address, params={"q": "lamp", **params})
            assert refused.status_code == 422
            names = re.search(r"; use (.*?)(, with - .*)?\.$", refused.json()["detail"])
            assert names, refused.text
            return names[1].split(", ")

        for address, more in (("/search", {}), ("/why-not", {"id": "n0"})):
            names = listed(address, colr="red", **more)
            assert {"f.q", "f.release", "f.f.x", "size", "-x"} <= set(names)
            assert len(names) == len(columns) + 2
            for name in set(names) - {"topic", "language"}:
                for value, reason in (("1", "found"), ("2", "filtered")):
                    params = {"q": "lamp", "id": "n0", name: value}
                    assert client.get("/why-not", params=params).json()["reason"] == reason, name
        sorts = listed("/search", sort="colr")
        assert {"title", "id", "f.q", "f.f.x", "f.-x", "size"} <= set(sorts)
        for sort in (start + name for name in sorts for start in ("", "-")):
            reply = client.get("/search", params={"q": "lamp", "sort": sort})
            assert reply.status_code == 200, sort
        refused = client.get("/search", params={"q": "lamp", "f.page": "3"}).json()["detail"]
        assert "there is no filter 'f.page'" in refused
    with pytest.raises(SearchError, match=r"no filter 'f\.q'; use .* f\.x, language, q, release"):
        Engine.open(release).search(Question("lamp", filters={"f.q": ["1"]}))


def test_the_description_says_how_a_column_is_asked_for(client: TestClient) -> None:
    described = client.get("/openapi.json").json()["paths"]["/search"]["get"]
    assert "f.NAME" in described["description"]
    assert "f.NAME" in next(
        p["description"] for p in described["parameters"] if p["name"] == "topic"
    )
