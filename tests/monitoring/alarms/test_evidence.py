"""Evidence of a verdict: what moved since when, why perhaps, and nothing of a person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitoring.alarms.evidence import evidence_of, fallen_topics
from monitoring.errors import MonitoringError
from release_format.seal import FormatError
from release_format.verdict import Condition, Outcome, Verdict
from release_format.watch.alarm import LONGEST, MOST, Alarm


def verdict(gate: str = "drift", answer: Outcome = Outcome.NO, **facts: Any) -> Verdict:
    conditions = [
        Condition("novel-questions", answer, "25 %", "at most 8 %"),
        Condition("thumbs-down", Outcome.YES, "1 %", "at most 2 %"),
    ]
    return Verdict(gate, "a" * 64, "", conditions, {"start": "2026-11-23", "days": 7, **facts})


def test_only_what_moved_is_told_since_when_and_why_perhaps() -> None:
    found = evidence_of(
        verdict(
            cause="question drift",
            since={"novel-questions": "2026-11-16"},
            novel=["mortgage rates", "mail jane@example.org", "a\u202eb"],
            topics=[{"topic": "film", "is_below": True}, {"topic": "photo", "is_below": False}],
        ),
        ["More."],
    )
    ((moved),) = found.moved
    assert (moved.name, moved.seen, moved.usual) == ("novel-questions", "25 %", "at most 8 %")
    assert moved.since == "2026-11-16"
    assert found.advice[0].startswith("Look whether the catalogue holds")
    assert found.advice[1:] == ["More."]
    assert found.topics == ["film"]
    assert found.examples is not None
    assert found.examples["Asked now, unlike all before"] == [
        "mortgage rates", "mail [e-mail]", "ab",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (verdict("quality"), "a verdict of the quality gate"),
        (verdict(answer=Outcome.YES), "nothing moved in this verdict"),
        (verdict(answer=Outcome.COULD_NOT_TELL, cause="source outage"), "nothing moved"),
    ],
)
def test_of_anything_else_no_alarm_is_made(made: Verdict, sentence: str) -> None:
    with pytest.raises(MonitoringError, match=sentence):
        evidence_of(made)


def test_evidence_is_read_as_it_was_written() -> None:
    found = evidence_of(verdict(cause="quality drop", missed=["boots"]))
    assert Alarm.from_json(found.to_json()) == found
    assert "boots" not in found.to_json(with_examples=False)
    assert Alarm.from_json(found.to_json(with_examples=False)).examples == {}


def test_what_is_read_is_short_and_one_line_each() -> None:
    found = evidence_of(verdict(missed=["x"]), ["two\nlines " + "y" * 9999] * 100)
    read = Alarm.from_json(found.to_json())
    assert len(read.advice) == MOST
    assert all(len(line) <= LONGEST and "\n" not in line for line in read.advice)


WHOLE = json.loads(Alarm("r", "s", 1, "", []).to_json())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"moved": 1}',
        json.dumps({**WHOLE, "days": "x"}),
        json.dumps({**WHOLE, "advice": [1]}),
        json.dumps({**WHOLE, "examples": 7}),
        json.dumps({**WHOLE, "moved": [{"name": "x"}]}),
        "[" * 5000,
    ],
)
def test_what_is_none_is_told(text: str) -> None:
    with pytest.raises(FormatError, match="Run `monitoring alarm` again"):
        Alarm.from_json(text)


def test_a_verdict_without_topics_has_none_that_fell() -> None:
    assert fallen_topics(verdict()) == []
