"""Verdicts over made-up logs: told in what, with which questions, or that it could not be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from monitoring.drift.drift import drift_verdict
from monitoring.drift.windows import windows
from release_format.questions import LoggedQuestion
from release_format.verdict import Outcome, Verdict

END = date(2026, 11, 30)
WORDS = ["red", "rain", "jacket", "boots", "wool", "hat", "green", "scarf", "child", "warm"]
Change = Callable[[int, int], LoggedQuestion | None]


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """Words as directions: texts without a word in common lie apart."""
    vectors = np.zeros((len(texts), 64), np.float32)
    for row, text in enumerate(texts):
        for word in text.lower().split():
            vectors[row, sum(word.encode()) % 64] += 1
    units: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units


def logged(question: str, week: int, **more: object) -> LoggedQuestion:
    day = END - timedelta(days=7 * week + 1)
    more = {"hits": ("a",), "release": "one", **more}
    return LoggedQuestion(question, at=f"{day}T10:00:00Z", **more)  # type: ignore[arg-type]


def judged(weeks: int, last: Change = lambda _n, _w: None, asked: int = 120) -> Verdict:
    """Weeks alike, but for what `last` makes of a question of the last one."""
    random, lines = Random(11), []
    for week in range(weeks):
        for number in range(asked):
            plain = logged(" ".join(random.sample(WORDS, 3)), week)
            changed = last(number, week) if week == 0 else None
            lines.append(changed or plain)
    return drift_verdict("live", windows(lines, 7, END), encode, lambda text: "zz" not in text)


def odd(verdict: Verdict) -> set[str]:
    return {c.name for c in verdict.conditions if c.answer is Outcome.NO}


def test_weeks_alike_are_no_drift() -> None:
    verdict = judged(24)
    assert verdict.exit_code == 0
    assert odd(verdict) == set()
    assert verdict.facts["cause"] == ""


def test_too_few_weeks_could_not_tell_and_say_how_many_there_are() -> None:
    verdict = judged(12)
    assert verdict.exit_code == 3
    assert "saw 11 earlier windows" in verdict.conditions[0].sentence()


def test_a_new_subject_is_found_with_its_questions_as_evidence() -> None:
    verdict = judged(
        24, lambda n, w: logged(f"zzfishing zzrod {n} mail@example.org", w) if n % 4 == 0 else None
    )
    assert verdict.exit_code == 1
    assert {"novel-questions", "unknown-words"} <= odd(verdict)
    assert verdict.facts["cause"] == "question drift"
    assert verdict.facts["novel"]
    assert all("fishing" in question for question in verdict.facts["novel"][:5])
    assert "mail@example.org" not in verdict.to_json()


def test_answers_that_fail_after_a_release_are_a_change_of_data() -> None:
    random = Random(4)

    def failing(number: int, week: int) -> LoggedQuestion | None:
        more = {"no_good_match": number % 2 == 0, "release": "two"}
        return logged(" ".join(random.sample(WORDS, 3)), week, **more)

    verdict = judged(24, failing)
    assert "no-good-match" in odd(verdict)
    assert verdict.facts["cause"] == "data change"


def test_thumbs_down_alone_are_a_drop_of_quality() -> None:
    random = Random(4)

    def disliked(number: int, week: int) -> LoggedQuestion | None:
        if number % 3:
            return None
        kind = {"kind": "bad", "id": "a"}
        return logged(" ".join(random.sample(WORDS, 3)), week, feedback=kind)

    verdict = judged(24, disliked)
    assert odd(verdict) == {"thumbs-down"}
    assert verdict.facts["cause"] == "quality drop"


def weeks_of_confidence(last: float | None, untold: int = 0, weeks: int = 24) -> Verdict:
    """Weeks whose questions are answered with about the same confidence, but for the last one; of
    the first ones, a server told none."""
    random, lines = Random(5), []
    for week in range(weeks):
        about = last if week == 0 else None if week >= weeks - untold else 0.6
        for _ in range(120):
            told = None if about is None else about + random.gauss(0, 0.1)
            more = {"confidence": told, "level": 0.4}
            lines.append(logged(" ".join(random.sample(WORDS, 3)), week, **more))
    return drift_verdict("live", windows(lines, 7, END), encode, bool)


def test_answers_that_are_less_sure_are_a_drop_of_quality_before_any_fails() -> None:
    verdict = weeks_of_confidence(last=0.5)
    assert odd(verdict) == {"unsure-answers"}
    assert verdict.facts["cause"] == "quality drop"
    assert -0.22 < verdict.facts["series"]["unsure-answers"][0] < -0.18
    for sure in (0.6, 0.8):
        assert odd(weeks_of_confidence(last=sure)) == set()


def test_confidence_is_watched_once_nineteen_weeks_before_tell_it() -> None:
    for untold, weeks in ((0, 20), (1, 21), (40, 60), (4, 24)):
        verdict = weeks_of_confidence(0.45, untold, weeks)
        assert odd(verdict) == {"unsure-answers"}, (untold, weeks)
        series = verdict.facts["series"]["unsure-answers"]
        assert [value is None for value in series] == [True] * untold + [False] * (weeks - untold)
        seen = next(c for c in verdict.conditions if c.name == "unsure-answers")
        assert f"of {weeks - untold - 1} windows" in seen.allowed
        assert "NaN" not in verdict.to_json()


@pytest.mark.parametrize(("last", "untold"), [(0.1, 5), (0.1, 23), (None, 0)])
def test_where_too_few_weeks_or_not_the_last_one_tell_it_confidence_is_not_watched(
    last: float | None, untold: int
) -> None:
    verdict = weeks_of_confidence(last, untold)
    assert "unsure-answers" not in {condition.name for condition in verdict.conditions}
    assert verdict.exit_code == 0
    assert "thumbs-down" in verdict.facts["series"]


def test_a_week_of_hardly_any_question_is_an_outage_and_no_drift() -> None:
    lines = [logged(f"{WORDS[n % 10]} hat", week) for week in range(1, 24) for n in range(50)]
    verdict = drift_verdict("live", windows([*lines, logged("hat", 0)], 7, END), encode, bool)
    assert verdict.exit_code == 3
    assert verdict.facts["cause"] == "source outage"
    assert "a fifth of the usual 50" in verdict.conditions[0].sentence()


def test_a_verdict_is_read_as_it_was_written() -> None:
    verdict = judged(24)
    assert Verdict.from_json(verdict.to_json()).facts == verdict.facts
