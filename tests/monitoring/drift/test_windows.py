"""Windows of a log: whole stretches of days, one vote for each different question."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from monitoring.drift.windows import MOST_QUESTIONS, alike, windows
from release_format.questions import LoggedQuestion, day_of

END = date(2026, 11, 30)  # a Monday


def asked(question: str, days_ago: int, **more: object) -> LoggedQuestion:
    at = (END - timedelta(days=days_ago)).isoformat() + "T23:59:59Z"
    return LoggedQuestion(question, at=at, hits=("a",), **more)  # type: ignore[arg-type]


def test_windows_end_the_day_before_and_those_without_a_question_are_left_out() -> None:
    several = windows([asked("x", 0), asked("a", 1), asked("b", 7), asked("c", 22)], 7, END)
    assert [window.start for window in several] == [
        date(2026, 11, 2), date(2026, 11, 23),
    ]  # fmt: skip
    assert [sorted(window.questions) for window in several] == [["c"], ["a", "b"]]


@pytest.mark.parametrize("days", [1, 7, 366])
def test_a_clock_that_was_a_thousand_years_off_costs_nothing(days: int) -> None:
    old = LoggedQuestion("a", at="0001-01-01T00:00:00Z")
    assert [window.asked for window in windows([old, asked("b", 1)], days, END)] == [1]


def test_one_that_asks_often_has_one_vote() -> None:
    lines = [asked(text, 1) for text in ["Red  Jacket", "red jacket", "ｒｅｄ jacket"] * 50]
    (window,) = windows(lines, 1, END)
    assert (window.asked, window.sample) == (150, ["Red Jacket"])


def test_what_was_missed_clicked_and_disliked_is_counted_by_question() -> None:
    lines = [
        asked("a", 1, no_good_match=True),
        asked("A", 1),
        LoggedQuestion("b", at="2026-11-29T10:00:00Z"),
        asked("a", 1, feedback={"kind": "click"}),
        asked("b", 1, feedback={"kind": "bad"}),
        asked(" ", 1),
    ]
    (window,) = windows(lines, 1, END)
    assert (window.asked, window.missed, window.empty) == (3, {"a"}, {"b"})
    assert (window.clicked, window.disliked) == ({"a"}, {"b"})


def test_workdays_are_compared_with_workdays_and_days_without_a_question_with_none() -> None:
    lines = [asked("a", days) for days in range(1, 29) if days != 10]
    last, _ = alike(windows(lines, 1, END + timedelta(days=1)))
    assert last.start == END
    assert not last.questions  # nothing on that day itself
    sunday, weekends = alike(windows(lines, 1, END))
    assert sunday.start.weekday() == 6
    assert {window.start.weekday() for window in weekends} == {5, 6}
    weeks, others = alike(windows(lines, 7, END))
    assert (weeks.days, len(others)) == (7, 3)


def test_of_many_questions_the_same_ones_are_looked_at_each_time() -> None:
    lines = [asked(f"question {n}", 1) for n in range(2 * MOST_QUESTIONS)]
    (first,) = windows(lines, 1, END)
    (second,) = windows(reversed(lines), 1, END)
    assert len(first.sample) == MOST_QUESTIONS
    assert first.sample == second.sample
    assert first.sample != sorted(first.questions.values())[:MOST_QUESTIONS]


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-29T23:30:00Z", date(2026, 11, 29)),
        ("2026-11-29T23:30:00-05:00", date(2026, 11, 30)),
        ("2026-11-29", date(2026, 11, 29)),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_days_are_those_of_utc(at: str, day: date | None) -> None:
    assert day_of(at) == day


@pytest.mark.parametrize(
    "lines", [[], [LoggedQuestion("typed by hand", at="")], [asked("later", 0)]]
)
def test_a_log_of_nothing_has_one_window_of_nothing(lines: list[LoggedQuestion]) -> None:
    (window,) = windows(lines, 7, END)
    assert (window.start, window.asked, window.questions) == (END - timedelta(days=7), 0, {})


def test_the_first_hit_of_a_question_is_kept_as_it_was_asked_first() -> None:
    at = "2026-11-29T10:00:00Z"
    lines = [
        LoggedQuestion("a", at=at, hits=("x", "y")),
        LoggedQuestion("A", at=at, hits=("z",)),
        LoggedQuestion("b", at=at),
    ]
    (window,) = windows(lines, 7, END)
    assert (window.firsts, window.empty) == ({"a": "x"}, {"b"})


def test_the_margin_of_a_question_is_that_of_its_first_answer_where_it_is_logged() -> None:
    at = "2026-11-29T10:00:00Z"
    lines = [
        LoggedQuestion("a", at=at, confidence=0.5, level=0.25),
        LoggedQuestion("A", at=at, confidence=0.9, level=0.25),
        LoggedQuestion("b", at=at, confidence=0.5),
        LoggedQuestion("c", at=at, level=0.25),
        LoggedQuestion("d", at=at),
    ]
    (window,) = windows(lines, 7, date(2026, 11, 30))
    assert window.margins == {"a": 0.25}
