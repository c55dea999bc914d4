"""drift.prom says what the verdict says, as Prometheus reads it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families as families

from monitoring.drift.text_file import text_file
from release_format.verdict import Condition, Outcome, Verdict


def samples(verdict: Verdict) -> dict[tuple[str, str], float]:
    return {
        (
            sample.name.removeprefix("searchbar_drift_"),
            sample.labels.get("series", ""),
        ): sample.value
        for family in families(text_file(verdict))
        for sample in family.samples
    }


def test_a_verdict_is_numbers() -> None:
    series = {"novel-questions": [0.1, 0.3], "thumbs-down": [0.0, 0.0]}
    no = Condition("novel-questions", Outcome.NO, "30 %", "10 %", measured=0.3, bound=0.1)
    yes = Condition("thumbs-down", Outcome.YES, "0 %", "0 %", measured=0.0, bound=0.0)
    facts = {"questions": 40, "series": series}
    verdict = Verdict("drift", "r", "", [no, yes], facts, made_at="2026-11-30T00:00:00Z")
    assert samples(verdict) == {
        ("exit_code", ""): 1,
        ("judged_timestamp_seconds", ""): 1795996800,
        ("questions", ""): 40,
        ("value", "novel-questions"): 0.3,
        ("bound", "novel-questions"): 0.1,
        ("odd", "novel-questions"): 1,
        ("value", "thumbs-down"): 0,
        ("bound", "thumbs-down"): 0,
        ("odd", "thumbs-down"): 0,
    }


def test_what_could_not_be_told_has_no_series() -> None:
    untold = Condition(
        "enough-history", Outcome.COULD_NOT_TELL, "5", "at least 19", measured=5, bound=19
    )
    seen = samples(Verdict("drift", "r", "", [untold], {"questions": 2}))
    assert seen["exit_code", ""] == 3
    assert {name for name, series in seen if series} == set()
