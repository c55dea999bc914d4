"""The data gate's verdict on measurements, by thresholds and acceptances.

Nothing here reads or runs anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from data_checks.gate.acceptances import Acceptance
from data_checks.gate.thresholds import Thresholds
from release_format import gate
from release_format.gate import Measured
from release_format.verdict import Condition, Outcome, Severity, Verdict

GATE = "data"


def judge(
    measured: Mapping[str, Measured],
    thresholds: Thresholds,
    acceptances: Sequence[Acceptance] = (),
    *,
    subject: str,
    live: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Verdict:
    """The verdict: one condition for each bound, in the order of thresholds.toml."""
    conditions = [
        _accept(condition, subject, acceptances)
        for condition in gate.judge(measured, thresholds.conditions)
    ]
    return Verdict(GATE, subject, live, conditions, facts or {})


def _accept(condition: Condition, subject: str, acceptances: Sequence[Acceptance]) -> Condition:
    """The condition, accepted where it is a no that somebody accepted.

    What could not be told may not be accepted: nobody has seen what they would accept.
    """
    if condition.answer is not Outcome.NO or condition.severity is not Severity.BLOCK:
        return condition
    for acceptance in acceptances:
        if acceptance.condition == condition.name and subject.startswith(acceptance.snapshot):
            by, because = acceptance.by, acceptance.because
            return replace(condition, accepted_by=by, accepted_because=because)
    return condition
