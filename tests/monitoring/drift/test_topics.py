"""Click success by topic: counted for topics that are asked enough, and told when it falls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest

from monitoring.drift.drift import TOPICS, drift_verdict
from monitoring.drift.topics import LEAST_QUESTIONS, topic_success
from monitoring.drift.windows import windows
from release_format.questions import LoggedQuestion
from release_format.verdict import Condition, Outcome, Verdict
from searchbar.feedback.proportion import wilson

END = date(2026, 11, 30)
TOPIC_OF = {"gimp": "photo", "vlc": "film", "odd": "<b>@all</b>\u202e"}.get


def topic_of(id: str) -> str:
    return TOPIC_OF(id) or ""


def alike(texts: Sequence[str]) -> NDArray[np.float32]:
    """Every question means the same: nothing is novel."""
    return np.tile(np.array([[1.0, 0.0]], np.float32), (len(texts), 1))


def week(
    number: int, item: str, asked: int, success: float, random: Random
) -> list[LoggedQuestion]:
    at = f"{END - timedelta(days=7 * number + 2)}T10:00:00Z"
    lines = []
    for place in range(asked):
        question = f"{item} {number} {place}"
        lines.append(LoggedQuestion(question, "r", question, at, hits=[item]))
        if random.random() < success:
            feedback = {"kind": "click", "id": item, "position": 1}
            lines.append(LoggedQuestion(question, "r", question, at, feedback=feedback))
    return lines


def judged(
    success: Callable[[int, str], float], asked: int = 60, items: str = "gimp vlc"
) -> Verdict:
    random = Random(5)
    lines = [
        line
        for number in range(25)
        for item in items.split()
        for line in week(number, item, asked, success(number, item), random)
    ]
    return drift_verdict("live", windows(lines, 7, END), alike, lambda _: True, topic_of)


def of_topics(verdict: Verdict) -> Condition:
    (condition,) = [c for c in verdict.conditions if c.name == TOPICS]
    return condition


def test_a_topic_whose_answers_are_no_longer_clicked_is_named() -> None:
    verdict = judged(lambda number, item: 0.05 if (number, item) == (0, "vlc") else 0.6)
    condition = of_topics(verdict)
    assert condition.answer is Outcome.NO
    assert condition.seen.startswith("film: ")
    assert "Below their floor: film." in condition.why
    assert verdict.facts["cause"] == "quality drop"
    below = {row["topic"]: row["is_below"] for row in verdict.facts["topics"]}
    assert below == {"film": True, "photo": False}
    assert verdict.facts["since"] == {TOPICS: "2026-11-23"}


def test_the_start_of_a_fall_that_lasts_is_told() -> None:
    verdict = judged(lambda number, item: 0.02 if number < 1 and item == "vlc" else 0.6)
    assert verdict.facts["since"][TOPICS] == "2026-11-23"


def test_success_as_before_is_a_yes_with_its_interval_and_its_floor() -> None:
    verdict = judged(lambda _number, _item: 0.6)
    condition = of_topics(verdict)
    assert condition.answer is Outcome.YES
    assert "questions were followed by a click [" in condition.seen
    assert all(
        row["low"] < row["clicked"] / row["asked"] < row["high"] for row in verdict.facts["topics"]
    )


@pytest.mark.parametrize("asked", [LEAST_QUESTIONS - 1, LEAST_QUESTIONS])
def test_few_questions_of_a_topic_say_nothing(asked: int) -> None:
    verdict = judged(lambda number, _: 0.0 if number == 0 else 0.6, asked)
    assert (TOPICS in {c.name for c in verdict.conditions}) == (asked >= LEAST_QUESTIONS)


def test_where_nobody_ever_clicked_nothing_is_told_of_clicks() -> None:
    verdict = judged(lambda *_: 0.0)
    assert TOPICS not in {c.name for c in verdict.conditions}


def test_clicks_on_what_nobody_asked_in_that_window_count_for_nothing() -> None:
    lines = week(0, "gimp", 40, 1.0, Random(1)) + week(1, "gimp", 40, 1.0, Random(1))
    stray = LoggedQuestion("never asked", at=lines[0].at, feedback={"kind": "click", "id": "gimp"})
    several = windows([*lines, *[stray] * 50], 7, END)
    (success,) = topic_success(several, topic_of)
    assert (success.asked, success.clicked) == ([40, 40], [40, 40])


def test_a_topics_hostile_name_is_shown_without_what_turns_text() -> None:
    verdict = judged(lambda *_: 0.6, items="odd")
    assert "\u202e" not in verdict.to_json()


def test_false_alarms_are_rare_where_success_only_wobbles() -> None:
    """20 logs in which nothing changes: about one in twenty may alarm, for all series together."""
    alarms = 0
    for seed in range(20):
        random = Random(seed)
        lines = [
            line
            for number in range(25)
            for item in ("gimp", "vlc")
            for line in week(number, item, 40, min(1, max(0, random.gauss(0.5, 0.1))), random)
        ]
        verdict = drift_verdict("live", windows(lines, 7, END), alike, lambda _: True, topic_of)
        alarms += not verdict.says_yes
    assert alarms <= 3


@pytest.mark.parametrize(("successes", "trials"), [(0, 30), (12, 64), (30, 30), (500, 1000)])
def test_the_interval_is_wilsons(successes: int, trials: int) -> None:
    exact = binomtest(successes, trials).proportion_ci(method="wilson")
    assert wilson(successes, trials) == pytest.approx((exact.low, exact.high), abs=1e-6)


def test_nothing_tried_could_be_any_share() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
