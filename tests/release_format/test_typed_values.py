"""Values are read by their type as people write them, and the same under two types is the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_checks.rows.alike import alike
from release_format.fields import FieldType
from release_format.typed_values import DMY, MDY, Reading, date, number, number_text

NUMBERS = [
    ("5", ".", 5),
    ("30.0", ".", 30),
    ("-5", ".", -5),
    ("\u22125,5", ",", -5.5),
    ("1,234.50", ".", 1234.5),
    ("1.234,50", ",", 1234.5),
    ("1 234,50", ",", 1234.5),
    ("1\u202f234", ".", 1234),
    ("1'234.5", ".", 1234.5),
    ("1.234.567", ",", 1234567),
    (".5", ".", 0.5),
    ("1e-05", ".", 1e-05),
    ("89.90 €", ".", 89.9),
    ("€89.90", ".", 89.9),
    ("CHF 12", ".", 12),
    ("12.5 kg", ".", 12.5),
    ("5%", ".", 5),
    ('27"', ".", 27),
    ("₹12,34,567.50", ".", 1234567.5),
    ("1,00,000", ".", 100000),
    ("5,–", ",", 5),
    ("1.250,-- €", ",", 1250),
    ("CHF 7.-", ".", 7),
]
NO_NUMBERS = (
    "1.2.3", "F-00012", "SKU-00012", "030 123 456", "3-4 years", "12,", "1,23,4", "10:30", "²",
    "0,12,345", "12 34 567", "12.34.567", "5,-7",
    "2024-05-01", "5 × 4", "٣", "9" * 16, "1e+999", "007 kg", "x" * 10_000, "1" * 10_000, "€", "",
)  # fmt: skip


@pytest.mark.parametrize(("text", "decimal", "expected"), NUMBERS)
def test_a_number_is_read_by_its_marks_and_its_unit(
    text: str, decimal: str, expected: float
) -> None:
    parts = number_text(text)
    assert parts is not None
    read = number(text, decimal, parts.unit)
    assert (read, type(read)) == (expected, type(expected))


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_none(text: str) -> None:
    parts = number_text(text)
    assert all(number(text, mark, parts.unit if parts else "") is None for mark in ".,")


def test_a_number_with_another_unit_does_not_fit() -> None:
    assert [number(text, ".", "kg") for text in ("5 kg", "5", "5 g")] == [5, 5, None]


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2024-05-01", "", "2024-05-01"),
        ("2024/05/01", "", "2024-05-01"),
        ("2024-05-01T10:00:00Z", "", "2024-05-01T10:00:00Z"),
        ("2024-05-01 00:30:00.123456789+02:00", "", "2024-04-30T22:30:00Z"),
        ("2024-05-01T10:00+0530", "", "2024-05-01T04:30:00Z"),
        ("2024-05-01 10:00", "", "2024-05-01T10:00:00Z"),
        ("2024-05-01 10:00:00 UTC", "", "2024-05-01T10:00:00Z"),
        ("0999-01-01T01:00Z", "", "0999-01-01T01:00:00Z"),
        ("1.5.2024", DMY, "2024-05-01"),
        ("13/05/2024 10:00", DMY, "2024-05-13T10:00:00Z"),
        ("05/13/2024, 3:45 PM", MDY, "2024-05-13T15:45:00Z"),
        ("12/01/2024 12:05 am", MDY, "2024-12-01T00:05:00Z"),
        ("13/05/2024", MDY, None),
        ("13/05/2024", "", None),
        ("2024-02-30", "", None),
        ("0001-01-01T00:00+05:00", "", None),
        ("20240501", "", None),
        ("2024-W18-3", "", None),
        ("1.5/2024", DMY, None),
        ("13:00 pm", DMY, None),
        ("٢٠٢٤-٠٥-٠١", "", None),
        ("", DMY, None),
    ],
)
def test_a_date_is_a_day_or_a_moment_in_utc(text: str, order: str, expected: str | None) -> None:
    assert date(text, order) == expected


def test_dates_without_a_time_anywhere_stay_days() -> None:
    assert date("2024-05-01T00:00:00Z", date_only=True) == "2024-05-01"


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=80)
RAW = TEXT | st.lists(TEXT, min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(
    raw=RAW,
    type=st.sampled_from(FieldType),
    decimal=st.sampled_from(".,"),
    order=st.sampled_from([DMY, MDY]),
    separator=st.sampled_from(["", "|", ","]),
)
def test_a_sealed_value_reads_back_with_its_type(
    raw: str | list[str], type: FieldType, decimal: str, order: str, separator: str
) -> None:
    value = Reading(type, decimal, "", order, separator=separator).value(raw)
    if value is None:
        assert type not in (FieldType.TEXT, FieldType.KEYWORD)
        return
    again = json.loads(json.dumps(value, allow_nan=False))
    assert again == value
    kinds = {FieldType.NUMBER: (int, float), FieldType.BOOLEAN: (bool,), FieldType.DATE: (str,)}
    assert isinstance(value, kinds.get(type, (str, list)))
    if type is FieldType.DATE:
        assert date(str(value)) == value


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("89.90", 89.9),
        ("1.234,50 €", 1234.5),
        ("5", 5),
        ("yes", True),
        ("ja", True),
        ("False", False),
        ("01.05.2024", "2024-05-01"),
        ("2024-05-01 10:00:00+02:00", "2024-05-01T08:00:00Z"),
        ("2024-05-01T00:00:00Z", "2024-05-01"),
        ("red|blue", ["blue", "red"]),
        (["red"], "red"),
        (30, 30.0),
    ],
)
def test_what_only_got_another_type_is_alike(old: object, new: object) -> None:
    assert alike(old, new)
    assert alike(new, old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("89.90", 89.8),
        ("1.234", "1,234"),
        ("yes", False),
        ("2024-05-01", "2024-05-02"),
        ("red", ["red", "blue"]),
        ("a", "b"),
        ("n/a", 5),
    ],
)
def test_what_says_something_else_is_not(old: object, new: object) -> None:
    assert not alike(old, new)
