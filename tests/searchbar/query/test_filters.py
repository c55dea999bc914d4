"""Filters are read by the types of their fields, or refused with an example."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format.fields import FieldType
from searchbar.errors import Cause, SearchError
from searchbar.query.filters import Choice, ValueRange, read_filters

ORDERED = {"n": FieldType.NUMBER, "d": FieldType.DATE, "b": FieldType.BOOLEAN}
CHECKED = settings(max_examples=100, deadline=None, derandomize=True)


def seconds(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]


def interval(field: str, value: str) -> ValueRange:
    ranges = read_filters({field: [value]}, ORDERED).ranges[field]
    (read,) = ranges.wanted
    return read


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("10", 10, 10),
        ("10..50", 10, 50),
        ("..50", -math.inf, 50),
        ("10..", 10, math.inf),
        ("..", -math.inf, math.inf),
        ("-5..-1.5", -5, -1.5),
        (" 1e3 .. 2.5e3 ", 1000, 2500),
        ("+.5", 0.5, 0.5),
        ("89.90", 89.9, 89.9),
        ("7..7", 7, 7),
    ],
)
def test_numbers_and_their_ranges(value: str, low: float, high: float) -> None:
    assert interval("n", value) == ValueRange(low, high)
    read = read_filters({"n": [f"!{value}"]}, ORDERED).ranges["n"]
    assert read.unwanted == (ValueRange(low, high),)
    assert not read.wanted


@pytest.mark.parametrize(
    ("value", "first", "after"),
    [
        ("2026", (2026, 1, 1), (2027, 1, 1)),
        ("2026-02", (2026, 2, 1), (2026, 3, 1)),
        ("2024-02", (2024, 2, 1), (2024, 3, 1)),
        ("2025-12", (2025, 12, 1), (2026, 1, 1)),
        ("2026-1-9", (2026, 1, 9), (2026, 1, 10)),
        ("2026-01-31", (2026, 1, 31), (2026, 2, 1)),
        ("2026-01-31T10:20", (2026, 1, 31, 10, 20), (2026, 1, 31, 10, 21)),
        ("2026-01-31T10:20:30Z", (2026, 1, 31, 10, 20, 30), (2026, 1, 31, 10, 20, 31)),
        ("2026-01-31T10:20:30+02:00", (2026, 1, 31, 8, 20, 30), (2026, 1, 31, 8, 20, 31)),
        ("2026-01-31T10:20:30 02:00", (2026, 1, 31, 8, 20, 30), (2026, 1, 31, 8, 20, 31)),
        ("2026-01-31T23:30-0130", (2026, 2, 1, 1, 0), (2026, 2, 1, 1, 1)),
        ("2026-01-01..2026-03", (2026, 1, 1), (2026, 4, 1)),
        ("1999..2001-02-03", (1999, 1, 1), (2001, 2, 4)),
    ],
)
def test_a_date_is_all_of_the_time_that_it_names(
    value: str, first: tuple[int, ...], after: tuple[int, ...]
) -> None:
    read = interval("d", value)
    assert read.low == seconds(*first)
    assert read.high < seconds(*after) <= read.high + 1


@CHECKED
@given(day=st.dates(date(2, 1, 1), date(9998, 12, 31)))
def test_every_day_is_in_its_month_and_year_and_in_no_other(day: date) -> None:
    noon = (day - date(1970, 1, 1)).days * 86400.0 + 43200
    for precise in ("%Y-%m-%d", "%Y-%m", "%Y"):
        text = f"{day.year:04}" + day.strftime(precise)[len(day.strftime("%Y")) :]
        read = interval("d", text)
        assert read.low <= noon <= read.high
    following = interval("d", (day + timedelta(days=1)).isoformat())
    own = interval("d", day.isoformat())
    assert math.nextafter(own.high, math.inf) == following.low


def test_the_last_year_of_the_calendar_has_an_end() -> None:
    assert interval("d", "9999").high == interval("d", "9999-12-31").high
    assert interval("d", "0001").low == interval("d", "0001-01-01").low


@pytest.mark.parametrize("value", ["true", "TRUE", "yes", "Yes", "1", " yes "])
def test_yes_in_any_case(value: str) -> None:
    assert interval("b", value) == ValueRange(1, 1)
    assert read_filters({"b": [f"!{value}"]}, ORDERED).ranges["b"].unwanted == (ValueRange(1, 1),)


@pytest.mark.parametrize("value", ["false", "No", "0"])
def test_no_in_any_case(value: str) -> None:
    assert interval("b", value) == ValueRange(0, 0)


@pytest.mark.parametrize(
    ("field", "value", "example"),
    [
        ("n", "cheap", "10..50"),
        ("n", "10,50", "10..50"),
        ("n", "1..x", "10..50"),
        ("n", "nan", "10..50"),
        ("n", "inf..", "10..50"),
        ("n", "1e999", "10..50"),
        ("n", "1_000", "10..50"),
        ("n", "٣", "10..50"),
        ("n", "1..2..3", "10..50"),
        ("n", "!", "10..50"),
        ("n", "!!5", "10..50"),
        ("d", "yesterday", "2026-01-31"),
        ("d", "31.01.2026", "2026-01-31"),
        ("d", "2026-13", "2026-01-31"),
        ("d", "2026-02-30", "2026-01-31"),
        ("d", "0000", "2026-01-31"),
        ("d", "12026", "2026-01-31"),
        ("d", "2026-01-01T25:00", "2026-01-31"),
        ("b", "maybe", "true, false"),
        ("b", "2", "true, false"),
    ],
)
def test_what_is_none_is_refused_with_an_example(field: str, value: str, example: str) -> None:
    with pytest.raises(SearchError, match=f"'{field}' takes") as refused:
        read_filters({field: [value]}, ORDERED)
    assert refused.value.cause is Cause.BAD_QUESTION
    assert example in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("field", "value", "better"), [("n", "50..10", "10..50"), ("d", "2026..2025", "2025..2026")]
)
def test_a_range_that_ends_before_it_begins_is_refused(field: str, value: str, better: str) -> None:
    with pytest.raises(SearchError, match=f"write '{better}'"):
        read_filters({field: [value]}, ORDERED)


@CHECKED
@given(value=st.text(max_size=30))
def test_any_text_is_read_or_refused_in_a_sentence(value: str) -> None:
    for field in ORDERED:
        said = ""
        try:
            read = read_filters({field: [value]}, ORDERED).ranges.get(field)
        except SearchError as error:
            read, said = None, str(error)
        assert read is None or all(each.low <= each.high for each in read.wanted)
        assert said == "" or (said.endswith(".") and len(said) < 600)


def test_empty_inputs_of_a_form_ask_for_nothing() -> None:
    read = read_filters({"n": ["", " "], "d": [""], "b": [""], "colour": ["", " "]}, ORDERED)
    assert (read.choices, read.ranges) == ({}, {})
    assert interval("n", "5") == read_filters({"n": ["", "5"]}, ORDERED).ranges["n"].wanted[0]
    read = read_filters({"colour": ["", "red"]}, ORDERED)
    assert read.choices == {"colour": Choice(("red",))}


@pytest.mark.parametrize(
    ("values", "choice"),
    [
        (["red", "blue", "red"], Choice(("red", "blue"))),
        (["!red"], Choice((), ("red",))),
        (["red", "!blue"], Choice(("red",), ("blue",))),
        (["!!x"], Choice(("!x",))),
        (["!!!x"], Choice((), ("!x",))),
        (["!!!!"], Choice(("!!",))),
        (["a!b"], Choice(("a!b",))),
        (["!"], Choice((), ("",))),
        (["10..50"], Choice(("10..50",))),
    ],
)
def test_values_of_words_and_their_opposites(values: list[str], choice: Choice) -> None:
    assert read_filters({"colour": values}, ORDERED).choices == {"colour": choice}


@CHECKED
@given(value=st.text(alphabet="!ab", min_size=1, max_size=6))
def test_every_value_can_be_asked_for_and_against(value: str) -> None:
    signs = len(value) - len(value.lstrip("!"))
    written = "!" * signs + value
    assert read_filters({"w": [written]}, {}).choices["w"] == Choice((value,))
    assert read_filters({"w": [f"!{written}"]}, {}).choices["w"] == Choice((), (value,))
