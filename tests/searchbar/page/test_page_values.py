"""Values as people write them, filters in words, and what the page's form sends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from release_format.fields import Field, FieldType
from searchbar.page.details import shown, uses
from searchbar.page.facet_view import facet_views, first_day, kept, last_day
from searchbar.page.locale import Locales
from searchbar.page.page_fields import PageFields, page_fields, sorts
from searchbar.page.url_state import MOST_PAGES, UrlState, ranged_text
from searchbar.page.values import asked, chip, date, decimals, digits, number, said
from searchbar.page.view_model import heading, view
from searchbar.query.filters import read_filters

PRICE = Field("price", FieldType.NUMBER, sort=True, facet=True, filter=True, show=2, unit="€")
SOLD = Field("sold", FieldType.DATE, sort=True, facet=True, filter=True, show=1, label="Sold on")
STOCK = Field("in_stock", FieldType.BOOLEAN, sort=True, facet=True, filter=True, show=3)
BRAND = Field("brand", FieldType.KEYWORD, facet=True, filter=True, show=4)
ENGLISH = Locales.read().default
FIELDS = page_fields(ENGLISH, [PRICE, SOLD, STOCK, BRAND], ["topic", "language"])
KNOWN = PageFields(ENGLISH, FIELDS, [])


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (89.9, "€", "89.90\u00a0€"),
        (30, "€", "30.00\u00a0€"),
        (1299, "€", "1,299.00\u00a0€"),
        (89.9, "$", "$89.90"),
        (-5, "£", "-£5.00"),
        (0.129, "€/kWh", "0.129\u00a0€/kWh"),
        (1200, "¥", "1,200\u00a0¥"),
        (12, "CHF", "12.00\u00a0CHF"),
        (2019, "", "2019"),
        (12345, "", "12,345"),
        (1234, "kg", "1,234\u00a0kg"),
        (2.5, "kg", "2.5\u00a0kg"),
        (27, '"', '27"'),
        (15.0, "%", "15%"),
        (-0.0, "", "0"),
        (0.00001, "", "0.00001"),
        (1.5e-7, "", "1.5e-7"),
        (1e16, "", "1e+16"),
        (-1.25e22, "", "-1.25e+22"),
        (12345678901234567890, "", "1.2345678901234567e+19"),
    ],
)
def test_a_number_is_written_as_people_write_it(value: float, unit: str, text: str) -> None:
    assert number(ENGLISH, value, unit, decimals(unit)) == text


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.floats(min_value=0, allow_infinity=False))
def test_no_figure_of_a_number_is_lost(value: float) -> None:
    assert float(digits(value)) == value


@pytest.mark.parametrize(
    ("sealed", "text"),
    [
        ("2024-03-05", "5 Mar 2024"),
        ("2024-03-05T09:00:00Z", "5 Mar 2024"),
        ("2024-12", "Dec 2024"),
        ("2024", "2024"),
        ("2024-13-05", "2024-13-05"),
        ("<b>", "<b>"),
        ("", ""),
    ],
)
def test_a_date_is_written_as_a_date(sealed: str, text: str) -> None:
    assert date(ENGLISH, sealed) == text


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        (PRICE, "10..50", "Price 10–50\u00a0€"),
        (PRICE, "10.5..", "Price from 10.5\u00a0€"),
        (PRICE, "..50", "Price up to 50\u00a0€"),
        (PRICE, "10", "Price 10\u00a0€"),
        (PRICE, "!10..50", "Price not 10–50\u00a0€"),
        (PRICE, "<b>..x", "Price <b>–x"),
        (Field("p", FieldType.NUMBER, unit="$"), "10..50", "P $10–$50"),
        (SOLD, "2024-01..2024-03-05", "Sold on Jan 2024 – 5 Mar 2024"),
        (SOLD, "2024..", "Sold on from 2024"),
        (STOCK, "true", "In stock: yes"),
        (STOCK, "NO", "In stock: no"),
        (STOCK, "!0", "In stock: not no"),
        (BRAND, "Acme", "Acme"),
        (BRAND, "!Acme", "not Acme"),
        (BRAND, "!!x", "!x"),
        (BRAND, "!!!x", "not !x"),
        (BRAND, "a\u202eb", "ab"),
    ],
)
def test_a_filter_in_use_is_said_in_words(field: Field, value: str, text: str) -> None:
    assert chip(ENGLISH, field, value) == text


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(alphabet="!ab", min_size=1, max_size=6))
def test_what_the_page_asks_for_is_what_the_engine_reads(value: str) -> None:
    assert said(asked(value)) == (False, value)
    assert said("!" + asked(value)) == (True, value)
    for denied, written in ((False, asked(value)), (True, "!" + asked(value))):
        choice = read_filters({"brand": [written]}, {}).choices["brand"]
        assert (choice.unwanted if denied else choice.wanted) == (value,)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        ("10", "50", "10..50"),
        ("50", "9", "9..50"),
        ("", "5", "..5"),
        ("5", "", "5.."),
        ("2025-01-01", "2024-01-01", "2024-01-01..2025-01-01"),
        ("x", "", "x.."),
    ],
)
def test_two_inputs_are_one_range_in_its_order(low: str, high: str, text: str) -> None:
    assert ranged_text(low, high) == text


def test_a_month_begins_and_ends_with_a_day() -> None:
    assert [first_day(text) for text in ("2024", "2024-02", "2024-02-03", "x")] == [
        "2024-01-01",
        "2024-02-01",
        "2024-02-03",
        "x",
    ]
    assert [last_day(text) for text in ("2023", "2024-02", "2023-02", "2024-13")] == [
        "2023-12-31",
        "2024-02-29",
        "2023-02-28",
        "2024-13",
    ]


def entered(query: str) -> UrlState | None:
    params = QueryParams(query)
    return UrlState.read(params, list(FIELDS)).entered(params, FIELDS)


def test_a_form_with_ranges_becomes_an_address_with_filters() -> None:
    state = entered("q=lamp&from.price=10&to.price=&brand=Acme&price=!7&from.sold=&to.sold=2024")
    assert state is not None
    assert state.filters == {"price": ["!7", "10.."], "brand": ["Acme"], "sold": ["..2024"]}
    assert state.href() == "?q=lamp&price=%217&price=10..&brand=Acme&sold=..2024"
    assert entered("q=lamp&price=10..50") is None
    emptied = entered("q=&from.price=&to.price=&find.brand=ac")
    assert emptied is not None
    assert emptied.href() == "?q=&find.brand=ac"


@pytest.mark.parametrize(
    ("query", "home"),
    [
        ("", True),
        ("utm_source=mail", True),
        ("page=2", True),
        ("q=", False),
        ("q=+", False),
        ("sort=title", False),
        ("brand=Acme", False),
        ("colour=red", True),
        ("q=lamp", False),
        ("like=a", False),
    ],
)
def test_what_asks_nothing_is_the_start_page(query: str, home: bool) -> None:
    state = UrlState.read(QueryParams(query), list(FIELDS))
    assert state.home is home
    assert state.browsing is (not home and query not in ("q=lamp", "like=a"))


def test_the_last_filter_off_leads_to_all_items() -> None:
    state = UrlState.read(QueryParams("brand=Acme"), list(FIELDS))
    assert state.to(filters=state.without("brand", "Acme")) == "?q="
    assert UrlState.read(QueryParams("q="), list(FIELDS)).href() == "?q="
    assert UrlState().href() == "./"


def test_sorts_are_words_both_ways_and_follow_what_can_be_sorted() -> None:
    words = dict(sorts(ENGLISH, FIELDS, ["title", "price", "sold", "in_stock"], dated=True))
    assert words["price"] == "Price, low to high"
    assert words["-price"] == "Price, high to low"
    assert words["-sold"] == "Sold on, newest first"
    assert words["-in_stock"] == "In stock, yes first"
    assert words["-updated_at"] == "Newest"
    fewer = dict(sorts(ENGLISH, FIELDS, ["title"], dated=False))
    assert list(fewer) == ["", "title", "-title"]


def test_an_order_that_is_asked_for_is_offered() -> None:
    known = PageFields(ENGLISH, FIELDS, sorts(ENGLISH, FIELDS, ["price", "sold"], dated=False))
    assert known.offered("price,-sold", browsing=False)[-1] == (
        "price,-sold",
        "Price, low to high, then Sold on, newest first",
    )
    assert known.offered("", browsing=True)[0][0] == "title"
    ranked = PageFields(ENGLISH, FIELDS, known.sorts, "Recommended")
    assert ranked.offered("id", browsing=True)[0] == ("", "Recommended")
    assert ranked.offered("id", browsing=True)[-1] == ("id", "id")


def test_shown_fields_come_in_their_order_and_of_their_type() -> None:
    hit = {"fields": {"price": 5, "sold": "2024-01-02", "in_stock": False, "brand": ["A", "B"]}}
    rows = [(row["label"], row["text"], row["kind"]) for row in shown(KNOWN, hit)]
    assert rows == [
        ("Sold on", "2 Jan 2024", "date"),
        ("Price", "5.00\u00a0€", "money"),
        ("In stock", "no", "boolean"),
        ("Brand", "A, B", "keyword"),
    ]
    odd: dict[str, Any] = {"price": "5", "sold": 3, "in_stock": "yes", "brand": None}
    assert shown(KNOWN, {"fields": odd}) == []
    assert shown(KNOWN, {}) == []


def test_uses_are_named() -> None:
    field = Field("ean", FieldType.KEYWORD, search=2.0, code=True, filter=True, show=3)
    assert uses(ENGLISH, field) == [
        "searched, weight 2",
        "names an item",
        "filtered",
        "shown, place 3",
    ]


FACETS: dict[str, Any] = {
    "topic": {"values": {}},
    "price": {"min": 1, "max": 9.5, "histogram": [{"from": 0, "to": 5, "count": 300},
                                                  {"from": 5, "to": 10, "count": 1}]},
    "in_stock": {"values": {"true": 3, "false": 1}},
    "brand": {"values": {"Acme": 3, "!odd": 1}},
}  # fmt: skip


def test_filters_that_no_input_says_are_kept_by_the_form() -> None:
    filters = {"price": ["2..5", "!3"], "brand": ["!Bolt", "ACME"], "in_stock": ["false"],
               "language": ["de"]}  # fmt: skip
    state = UrlState(filters=filters)
    views = facet_views(state, KNOWN, FACETS, 4)
    price, stock, brand = views
    assert (price["low"], price["high"], price["least"], price["most"]) == ("2", "5", "1", "9.5")
    assert [bar["height"] for bar in price["bars"]] == [32, 1]
    assert price["bars"][0]["text"] == "0–5\u00a0€: 300"
    assert (stock["on"], stock["count"]) == (False, "3")
    assert [(row["value"], row["on"]) for row in brand["counts"]] == [
        ("ACME", True),
        ("!!odd", False),
    ]
    assert kept(state, views) == [
        ("price", "!3"), ("brand", "!Bolt"), ("in_stock", "false"), ("language", "de"),
    ]  # fmt: skip


def test_a_filter_that_changes_nothing_is_not_offered() -> None:
    facets: dict[str, Any] = {
        "price": {"min": 2, "max": 2, "histogram": []},
        "in_stock": {"values": {"true": 4}},
        "brand": {"values": {"Acme": 4}},
    }
    assert facet_views(UrlState(), KNOWN, facets, 4) == []
    # Each value of what variants have alike is one result.
    facets = {"brand": {"values": {"Acme": 1, "Bolt": 1}}}
    grouped = replace(KNOWN, group_by="brand")
    assert len(facet_views(UrlState(), KNOWN, facets, 2)) == 1
    assert facet_views(UrlState(), grouped, facets, 2) == []
    assert len(facet_views(UrlState(filters={"brand": ["Acme"]}), grouped, facets, 2)) == 1


def test_the_end_of_what_is_shown_is_said() -> None:
    hit = {"id": "a", "title": "A", "topics": [], "fields": {}}
    answer = {"total": 5000, "hits": [hit], "took_ms": {"total": 1.0}, "facets": {}}
    last = view(UrlState(browse=True, page=MOST_PAGES), answer, KNOWN)["answer"]
    assert (last["more"], last["end"], last["count"]) == ("", 400, "5,000 items")
    before = view(UrlState(browse=True, page=MOST_PAGES - 1), answer, KNOWN)["answer"]
    assert before["more"] == "?q=&page=40"
    assert before["end"] == 0


def test_a_page_without_a_question_is_named_by_its_filters() -> None:
    assert heading(UrlState(browse=True), None, KNOWN) == "All items"
    filters = {"brand": ["Acme"], "price": ["..5"]}
    assert heading(UrlState(filters=filters), None, KNOWN) == "Acme, Price up to 5\u00a0€"
