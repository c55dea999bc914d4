"""Histograms: every value in one bucket, bounds that people would choose, never more than 12."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchbar.fields.histogram import (
    MOST_BUCKETS,
    date_buckets,
    number_buckets,
    shown_date,
    shown_number,
)

START = datetime(1970, 1, 1, tzinfo=UTC)
CHECKED = settings(max_examples=60, deadline=None, derandomize=True)


def bounds(*values: float) -> list[tuple[float, float]]:
    return number_buckets(np.array(values, np.float64)).bounds


@pytest.mark.parametrize(
    ("values", "first", "last", "step"),
    [
        ((1, 9.5), 1, 10, 1),
        ((0, 100), 0, 110, 10),
        ((3, 3), 3, 4, 1),
        ((19.9, 89.9), 10, 90, 10),
        ((0.1, 0.35), 0.1, 0.4, 0.05),
        ((-5, 5), -5, 6, 1),
        ((1, 1_000_000), 0, 1_100_000, 100_000),
        ((2019, 2024), 2019, 2025, 1),
    ],
)
def test_bounds_are_round(
    values: tuple[float, ...], first: float, last: float, step: float
) -> None:
    buckets = bounds(*values)
    assert (buckets[0][0], buckets[-1][1]) == (first, last)
    assert buckets[0][1] - buckets[0][0] == pytest.approx(step)


@CHECKED
@given(
    values=st.lists(
        st.one_of(
            st.floats(allow_nan=False, allow_infinity=False),
            st.floats(0, 1000).map(lambda value: round(value, 2)),
            st.integers(-50, 50).map(float),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_every_number_is_in_one_bucket_that_holds_it(values: list[float]) -> None:
    buckets = number_buckets(np.array(values))
    assert 1 <= len(buckets.bounds) <= MOST_BUCKETS + 1
    assert all(low <= high for low, high in buckets.bounds)
    scale = max(map(abs, values)) * 1e-9
    for value, place in zip(values, buckets.places.tolist(), strict=True):
        low, high = buckets.bounds[place]
        assert low - scale <= value <= high + scale
    json.dumps(buckets.bounds, allow_nan=False)


@pytest.mark.parametrize(
    ("dates", "first", "count"),
    [
        (("2026-01-31", "2026-01-31"), ("2026-01-31", "2026-01-31"), 1),
        (("2026-01-01", "2026-01-12"), ("2026-01-01", "2026-01-01"), 12),
        (("2025-03-05", "2025-12-31"), ("2025-03-01", "2025-03-31"), 10),
        (("2024-02-29", "2025-06-30"), ("2024-01-01", "2024-02-29"), 9),
        (("1999-12-31", "2026-01-01"), ("1995-01-01", "1999-12-31"), 7),
        (("2016-05-05", "2026-01-01"), ("2016-01-01", "2016-12-31"), 11),
        (("0001-01-01", "9999-12-31"), ("0001-01-01", "0999-12-31"), 10),
    ],
)
def test_dates_go_by_days_months_and_years(
    dates: tuple[str, str], first: tuple[str, str], count: int
) -> None:
    buckets = date_buckets(np.array([seconds(text) for text in dates]))
    assert (buckets.bounds[0], len(buckets.bounds)) == (first, count)


@CHECKED
@given(moments=st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1, max_size=20))
def test_every_moment_is_in_one_bucket_that_holds_it(moments: list[datetime]) -> None:
    values = [(moment - START).total_seconds() for moment in moments]
    buckets = date_buckets(np.array(values))
    assert len(buckets.bounds) <= MOST_BUCKETS
    for moment, place in zip(moments, buckets.places.tolist(), strict=True):
        low, high = buckets.bounds[place]
        assert low <= moment.date().isoformat() <= high


def seconds(text: str) -> float:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - START).total_seconds()


def test_numbers_and_dates_are_shown_as_the_catalogue_seals_them() -> None:
    assert [json.dumps(shown_number(value)) for value in (5.0, 89.9, -0.5, 1e300)] == [
        "5",
        "89.9",
        "-0.5",
        "1e+300",
    ]
    noon = datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC).timestamp()
    assert shown_date(noon) == "2026-01-31T12:00:05Z"
    assert shown_date(seconds("0999-01-31")) == "0999-01-31"
