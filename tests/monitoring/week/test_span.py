"""Which seven days are meant, and which line belongs to them."""

from __future__ import annotations

from datetime import date

import pytest

from monitoring.errors import MonitoringError
from monitoring.week.span import Week, count, week_of
from tests.monitoring.week.made_weeks import LOG, NEW, OLD, TODAY, WEEK, asked, did


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("", "2026-11-23"),
        ("2026-W48", "2026-11-23"),
        ("2026W01", "2025-12-29"),
        ("2026-w49", "2026-11-30"),
        ("2020-W53", "2020-12-28"),
    ],
)
def test_a_week_is_named_as_iso_names_it(name: str, start: str) -> None:
    week = week_of(name, TODAY)
    assert (week.start.isoformat(), len(week.days)) == (start, 7)
    assert week.before.end == week.start


@pytest.mark.parametrize(
    "name", ["2026-W54", "2021-W53", "2026-W00", "0000-W01", "48", "next", "2026-W50"]
)
def test_what_is_no_week_or_has_not_begun_is_refused(name: str) -> None:
    with pytest.raises(
        MonitoringError, match=r"(Give one such as|Give an earlier week)"
    ) as refused:
        week_of(name, TODAY)
    assert refused.value.exit_code == 2


def test_lines_are_counted_by_their_day_and_clicks_by_their_question() -> None:
    counted = count(LOG, WEEK)
    assert (counted.now.asked, counted.before.asked, counted.lines) == (8, 4, len(LOG))
    assert (counted.now.click_through.count, counted.before.click_through.count) == (2, 1)
    assert counted.earlier_release == OLD


def test_long_before_the_week_the_newest_line_says_what_was_live() -> None:
    lines = [asked("x", "1", "2026-01-05", release=NEW), asked("x", "2", "2026-01-01", release=OLD)]
    assert count(lines, WEEK).earlier_release == NEW


def test_a_log_is_read_and_not_held() -> None:
    """Of what was asked in other weeks nothing stays, however much it was."""
    years = (asked(f"question {n}", str(n), "2020-05-05") for n in range(20_000))
    counted = count(years, WEEK)
    assert counted.lines == 20_000
    held = [counted.now, counted.before]
    assert not any(usage.questions or usage.answers or usage.releases for usage in held)


def test_days_are_those_of_utc() -> None:
    early = asked("x", "1", at="2026-11-30T00:30:00+01:00")
    late = asked("x", "2", at="2026-11-22T23:30:00-01:00")
    assert count([early, late, did("click", "2")], WEEK).now.asked == 2
    assert Week(date(2026, 11, 30)).holds(date(2026, 11, 30))
