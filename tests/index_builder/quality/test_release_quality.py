"""What the quality gate makes of what it saw: cases by hand, and the bundled release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from index_builder.comparison.comparison import Comparison
from index_builder.comparison.pair_verdict import FEWEST_JUDGED, measure
from index_builder.quality import release_checks, resource_usage
from index_builder.quality.evaluate import Evaluation, evaluate
from index_builder.quality.gate import read_bounds
from index_builder.quality.judgments import JudgedQuestion, read_judgments, share_gone
from index_builder.quality.metrics import MAIN
from index_builder.quality.query_runner import MEANING, WORDS
from index_builder.quality.release_quality import LEGS, _answers, _spent
from index_builder.quality.resource_usage import ResourceUsage
from release_format.gate import Measured, judge
from release_format.probes import Probe
from release_format.release import Release
from release_format.verdict import Condition, Outcome, Severity, Verdict
from searchbar.engine import Engine

JUDGMENTS = Path(__file__).parents[3] / "catalogue/judgments.jsonl"
BUSY = ResourceUsage(
    cpu_p50_ms=11,
    cpu_p95_ms=13,
    p50_ms=400,
    p95_ms=553.9,
    p99_ms=900,
    resident_mb=150,
    questions=24,
)


def condition(name: str, measured: Measured) -> Condition:
    (made,) = judge({name: measured}, {name: read_bounds().absolute[name]})
    return made


def test_what_else_the_machine_does_is_told_and_judges_nothing() -> None:
    latency = condition("latency", _spent(BUSY)["latency"])
    assert (latency.answer, latency.measured) == (Outcome.YES, 13)
    assert "what else the machine did, 95 of 100 within 553.9 ms" in latency.seen


class Clocks:
    """A processor's clock and the wall's, in seconds, which go on only as they are told."""

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0

    def processor_seconds(self) -> float:
        return self.cpu

    def perf_counter(self) -> float:
        return self.wall

    def wait(self, _: object) -> None:
        self.wall += 0.05

    def sort(self, _: object) -> None:
        self.cpu += 0.004


def test_waiting_for_a_turn_costs_no_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks()
    monkeypatch.setattr(resource_usage, "time", clocks)
    monkeypatch.setattr(resource_usage, "processor_seconds", clocks.processor_seconds)
    monkeypatch.setattr(np, "sort", clocks.sort)
    waiting = cast("Engine", SimpleNamespace(search=clocks.wait))
    assert resource_usage._milliseconds(waiting, "lamp") == pytest.approx((0, 50, 4))


def test_a_processor_that_others_slow_down_is_judged_at_the_pace_of_the_reference() -> None:
    slowed = replace(BUSY, cpu_p95_ms=1_200, pace=0.02)
    latency = condition("latency", _spent(slowed)["latency"])
    assert (latency.answer, latency.measured) == (Outcome.YES, 24)
    assert condition("latency", _spent(replace(slowed, pace=1.0))["latency"]).answer is Outcome.NO


def evaluation(
    ours: Sequence[float], words: Sequence[float], gone: dict[str, list[str]]
) -> Evaluation:
    judged = [JudgedQuestion(f"q{number}", "lamp", {"a": 1}) for number in range(len(ours))]
    legs = {WORDS: np.array(words), MEANING: np.zeros(len(ours))}
    return Evaluation("r", judged, [], {}, {MAIN: np.array(ours)}, {}, gone, None, legs)


@pytest.mark.parametrize(
    ("ours", "words", "answer"),
    [
        (
            0.3,
            0.2,
            Outcome.YES,
        ),  # Far under any figure that somebody could ask for, and better than each leg.
        (0.3, 0.3, Outcome.YES),
        (0.8, 0.9, Outcome.NO),
    ],
)
def test_the_floor_of_answers_is_the_better_leg_and_warns(
    ours: float, words: float, answer: Outcome
) -> None:
    seen = evaluation([ours] * 30, [words] * 30, {})
    legs = condition(LEGS, _answers(seen, seen.judged)[LEGS])
    assert (legs.answer, legs.severity) == (answer, Severity.WARN)
    assert Verdict("quality", "a", "", [legs]).exit_code == 0
    assert f"nDCG@10 {ours:.3f}" in legs.seen
    assert "words alone is the better leg" in legs.seen


def test_without_an_item_that_was_judged_nobody_can_tell() -> None:
    seen = evaluation([], [], {"q": ["a"]})
    made = _answers(seen, [JudgedQuestion("q", "lamp", {"a": 1})])
    assert condition(LEGS, made[LEGS]).answer is Outcome.COULD_NOT_TELL
    assert made["judgments-gone"].value == 1
    assert _answers(evaluation([], [], {}), [JudgedQuestion("q", "x", {})])[LEGS].value is None


def test_one_missing_answer_of_fifty_is_no_lost_question() -> None:
    judged = [JudgedQuestion(f"q{n}", "lamp", {f"i{m}": 1 for m in range(50)}) for n in range(10)]
    assert share_gone(judged, {one.id: ["i7"] for one in judged}) == 0.02
    assert share_gone(judged, {}) == share_gone([], {}) == 0


def test_each_leg_of_the_bundled_release_is_measured_beside_both(bundled_release: Release) -> None:
    seen = evaluate(Engine.open(bundled_release), read_judgments(JUDGMENTS))
    assert set(seen.legs) == {WORDS, MEANING}
    for leg, values in seen.legs.items():
        assert 0.3 < values.mean() < seen.figures[MAIN].mean, leg
    assert seen.better_leg == max(seen.legs, key=lambda name: seen.legs[name].mean())
    assert not seen.over_better_leg.worse
    assert seen.to_json()["legs"][WORDS]["questions"] == len(seen.judged)
    told = {c.name: c for c in bundled_release.verdict.conditions}
    assert told[LEGS].answer is Outcome.YES
    assert told["threshold"].answer is Outcome.YES


@pytest.mark.parametrize(
    ("probes", "found", "answer", "severity"),
    [
        (6, 6, Outcome.YES, Severity.WARN),
        (2, 2, Outcome.NO, Severity.WARN),
        (6, 5, Outcome.NO, Severity.BLOCK),
        (0, 0, Outcome.NO, Severity.BLOCK),
    ],
)
def test_few_probes_warn_and_a_lost_one_refuses(
    probes: int, found: int, answer: Outcome, severity: Severity
) -> None:
    """Where items are alike few questions find just one; a probe that is not answered is a fault
    of the release."""
    chosen = [Probe(f"q{number}", f"i{number}") for number in range(probes)]
    hits = {probe.question: [SimpleNamespace(id=probe.id)] for probe in chosen[:found]}
    engine = SimpleNamespace(
        search=lambda question: SimpleNamespace(hits=hits.get(question.text, []))
    )
    staged = SimpleNamespace(probes=chosen, items=range(100))
    made = release_checks._probes(cast("Release", staged), cast("Engine", engine), 12)
    assert (made.answer, made.severity) == (answer, severity)


@pytest.mark.parametrize(("judged", "newly", "value"), [(9, 9, None), (10, 3, 0.3), (40, 0, 0)])
def test_only_judged_answers_tell_that_a_level_moved_too_far(
    judged: int, newly: int, value: float | None
) -> None:
    fields: dict[str, Any] = dict.fromkeys(Comparison.__dataclass_fields__, ())
    fields |= {
        "questions": 500,
        "changes": [0.0] * judged,
        "newly_of_judged": ["q"] * newly,
        "topic_accuracy": None,
    }
    fields |= {
        "newly_no_good_match": ["log"] * 400,
        "figures": {MAIN: [SimpleNamespace(mean=1, high=0, chance="")] * 3},
    }
    fields |= {"moved": SimpleNamespace(changed=0, asked=0), "overlaps": [1.0]}
    assert measure(Comparison(**fields), 100)["newly-no-good-match"].value == value
    assert FEWEST_JUDGED == 10
