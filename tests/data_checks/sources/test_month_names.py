"""Dates as other countries write them."""

from __future__ import annotations

import pytest

from data_checks.sources.mapping.dates import reader_of

WRITTEN = """
2026-03-03 3 mars 2026
2026-08-01 1er août 2026
2026-12-24 24 déc. 2026
2026-03-03 3. März 2026
2026-03-03 3 de marzo de 2026
2026-10-11 11 ottobre 2026
2026-03-03 3 de março de 2026
2026-03-03 3 mrt. 2026
2026-03-03 3 марта 2026 г.
2026-05-09 9 мая 2026
2026-10-05 5 października 2026
2026-08-30 30 Ağustos 2026
2026-12-01 1 Aralık 2026
2026-03-05 2026年3月5日
2026-03-05 2026년 3월 5일
2026-03-05 2026. 3. 5.
"""
ROWS = [line.split(" ", 1) for line in WRITTEN.strip().splitlines()]


@pytest.mark.parametrize(("day", "written"), ROWS)
def test_a_day_is_read_as_its_country_writes_it(day: str, written: str) -> None:
    reader = reader_of([written])
    assert reader is not None
    assert reader(written) == day


@pytest.mark.parametrize(
    "written",
    ["31 февраля 2026", "5 brumaire 2026", "2026年13月1日", "3 mars", "mars 2026", "0. 0."],
)
def test_what_is_no_day_is_read_as_none(written: str) -> None:
    assert reader_of([written]) is None
