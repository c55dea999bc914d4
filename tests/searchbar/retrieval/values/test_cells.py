"""Cells are read by the type of their field, and shown as a release shows them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format.fields import Field, FieldType
from searchbar.retrieval.columns import NUMBERS, number_of
from searchbar.retrieval.values.cells import column_read, number_read, shown_number, texts_read

NUMBER, DATE, BOOLEAN = FieldType.NUMBER, FieldType.DATE, FieldType.BOOLEAN


@pytest.mark.parametrize(
    ("kind", "cell", "shown"),
    [
        (NUMBER, "9.5", 9.5),
        (NUMBER, " 1e3 ", 1000),
        (NUMBER, "-.5", -0.5),
        (NUMBER, "89,90", 89.9),
        (NUMBER, "50.00", 50),
        (NUMBER, 12, 12),
        (NUMBER, 1e300, 1e300),
        (BOOLEAN, "Yes", True),
        (BOOLEAN, "0", False),
        (BOOLEAN, "Ja", True),
        (BOOLEAN, "nein", False),
        (BOOLEAN, " OUI", True),
        (BOOLEAN, "não", False),
        (BOOLEAN, False, False),
        (BOOLEAN, 1, True),
        (DATE, "2026-03-04", "2026-03-04"),
        (DATE, "2026-03-04T05:06:07Z", "2026-03-04T05:06:07Z"),
        (DATE, "2026-03-04 01:00:00.9+02:00", "2026-03-03T23:00:00Z"),
        (DATE, "0001-01-01", "0001-01-01"),
    ],
)
def test_a_cell_that_fits_is_shown_as_the_release_shows_it(
    kind: FieldType, cell: Any, shown: Any
) -> None:
    number = number_read(cell, kind)
    assert number is not None
    assert shown_number(number, kind) == shown
    assert type(shown_number(number, kind)) is type(shown)


STRANGERS: list[Any] = [True, [], {}, math.inf, math.nan, 10**400, "9" * 10_000]
UNDECIDED: list[Any] = ["maybe", 2, 1.0, []]


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        *(
            (NUMBER, cell)
            for cell in ("", "1.234,5", "1,234", "12 €", "nan", "inf", "1e999", "0x1")
        ),
        *((NUMBER, cell) for cell in STRANGERS),
        *((BOOLEAN, cell) for cell in UNDECIDED),
        *((DATE, cell) for cell in ("31.12.2026", "2026-02-30", "20260101", "2026-W01-1", 7)),
        *((DATE, cell) for cell in ("0001-01-01T00:00+23:00", "9999-12-31T23:00-23:00")),
    ],
)
def test_a_cell_that_does_not_fit_is_none(kind: FieldType, cell: Any) -> None:
    assert number_read(cell, kind) is None


def shown(own: Field, *cells: Any) -> list[Any]:
    """The cells of one column, as answers show them; "left out" where they do not fit."""
    read = column_read(own, cells)
    numbers = [read(cell) for cell in cells]
    return ["left out" if n is None else shown_number(n, own.type) for n in numbers]


PRICE, DUE = Field("price", NUMBER, unit="€"), Field("due", DATE)


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["1.299,00 €", "89,90", "5 €", "1.000"], [1299, 89.9, 5, 1000]),
        (["€1,299.00", "89.90 €", "1,000"], [1299, 89.9, 1000]),
        (["1\u202f299,00\u00a0€", "12,5"], [1299, 12.5]),
        (["1'299.50", "-3.00"], [1299.5, -3]),
        # Nothing in the column tells which is meant: a point is the decimal one, a comma is none.
        (["1.299", "5"], [1.299, 5]),
        (["1,299", "5"], ["left out", 5]),
        (["$5", "5 CHF", "5 € 3"], ["left out"] * 3),
        ([9.5, None, "12,50"], [9.5, None, 12.5]),
        (["1e3", "12.5"], [1000, 12.5]),
    ],
)
def test_numbers_are_read_as_their_column_writes_them(cells: list[Any], wanted: list[Any]) -> None:
    assert shown(PRICE, *cells) == wanted


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["31.12.2026", "1.2.2026"], ["2026-12-31", "2026-02-01"]),
        (["1.2.2026"], ["2026-02-01"]),
        (["12/31/2026", "1/2/2026"], ["2026-12-31", "2026-01-02"]),
        (["31/12/2026 18:30", "2026-01-02"], ["2026-12-31T18:30:00Z", "2026-01-02"]),
        (["1/2/2026", None, "2026-01-02"], ["left out", None, "2026-01-02"]),
        (["31/12/2026", "12/31/2026"], ["left out"] * 2),
        (["31.12.2026", "soon"], ["2026-12-31", "left out"]),
    ],
)
def test_dates_are_read_as_their_column_writes_them(cells: list[Any], wanted: list[Any]) -> None:
    assert shown(DUE, *cells) == wanted


def test_null_takes_a_value_away() -> None:
    for kind in NUMBERS:
        assert shown_number(number_read(None, kind) or 0.0, kind) is None
    assert texts_read(None) == ()


@pytest.mark.parametrize(
    ("cell", "texts"),
    [
        ("sold out", ("sold out",)),
        (" u\u0308 ", ("ü",)),
        (["a", "b", "a"], ("a", "b")),
        (7, ("7",)),
        ([], ()),
        ("x" * 1_001, None),
        ("a\nb", None),
        ("\ud800", None),
        (["a"] * 65, None),
        (1.5, None),
        (True, None),
        ({"a": 1}, None),
        ([["a"]], None),
        (" ", None),
        pytest.param(10**5_000, None, id="more digits than Python writes"),
    ],
)
def test_keywords_are_short_texts(cell: Any, texts: tuple[str, ...] | None) -> None:
    assert texts_read(cell) == texts


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.one_of(JSON, st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.{0,16}", fullmatch=True)))
def test_whatever_is_read_can_be_shown_and_is_read_again_as_itself(cell: Any) -> None:
    for kind in NUMBERS:
        number = number_read(cell, kind)
        if number is not None and (shown := shown_number(number, kind)) is not None:
            assert number_read(shown, kind) == number == number_of(shown, kind)
    texts = texts_read(cell)
    assert texts is None or texts_read(list(texts)) == texts
