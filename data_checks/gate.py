"""Here are measurements and thresholds: give me the verdict. Nothing here reads or runs anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data_checks.thresholds import Bound, Thresholds
from release_format.verdict import Answer, Condition, Severity, Verdict

GATE = "data"
ASK_NOTHING = "nothing to compare with"


@dataclass(frozen=True)
class Measured:
    """What was seen of one condition: its value, the rows that it is about, and the share of live that these are.

    No value: nobody asked, and `said` tells why. `broken` says why it could not be measured.
    """

    value: float | None
    rows: int | None = None
    of: int | None = None
    share_of_live: float = 1.0
    said: str = ""
    broken: str = ""


@dataclass(frozen=True)
class Acceptance:
    """A named person lets one condition pass for one snapshot."""

    snapshot: str
    condition: str
    by: str
    because: str


def judge(
    measured: Mapping[str, Measured],
    thresholds: Thresholds,
    accepted: Sequence[Acceptance] = (),
    *,
    subject: str,
    live: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Verdict:
    """The verdict: one condition for each bound, in the order of thresholds.toml; what nobody measured is said."""
    conditions = [
        _accept(_condition(name, bound, measured.get(name)), subject, accepted)
        for name, bound in thresholds.conditions.items()
    ]
    return Verdict(GATE, subject, live, conditions, facts or {})


def _condition(name: str, bound: Bound, seen: Measured | None) -> Condition:
    answered = Condition(name, Answer.YES, "", _allowed(bound), why=bound.why, bound=_limit(bound))
    if seen is None:
        return replace(answered, answer=Answer.COULD_NOT_TELL, seen="nothing: it was never measured")
    if seen.broken:
        return replace(answered, answer=Answer.COULD_NOT_TELL, seen=f"nothing: {seen.broken}")
    if seen.value is None or (seen.of is not None and seen.of < bound.least):
        said = seen.said if seen.value is None else f"only {seen.of} rows, {bound.least} would say something"
        return replace(answered, answer=Answer.NOT_ASKED, seen=said or ASK_NOTHING)
    shown = replace(answered, seen=_seen(seen, bound), measured=round(seen.value, 6))
    severity = _severity(seen, bound)
    return shown if severity is None else replace(shown, answer=Answer.NO, severity=severity)


def _severity(seen: Measured, bound: Bound) -> Severity | None:
    """How bad it is; None when it is as it should be."""
    value = seen.value or 0.0
    if bound.at_least is not None:
        return Severity.BLOCK if value < bound.at_least else None
    if seen.rows is not None and seen.rows <= bound.few:
        return None
    if bound.block is not None and value > bound.block and seen.share_of_live >= bound.block_from:
        return Severity.BLOCK
    return Severity.WARN if bound.warn is not None and value > bound.warn else None


def _limit(bound: Bound) -> float | None:
    return next((b for b in (bound.at_least, bound.block, bound.warn) if b is not None), None)


def _allowed(bound: Bound) -> str:
    if bound.at_least is not None:
        return f"at least {bound.at_least:g} {bound.unit}"
    limit = _limit(bound) or 0.0
    return f"at most {_number(limit, bound)} {bound.unit}"


def _seen(seen: Measured, bound: Bound) -> str:
    value = seen.value or 0.0
    counted = f" ({seen.rows:,} rows)" if seen.rows is not None and bound.at_least is None else ""
    return f"{_number(value, bound)}{counted}{': ' if seen.said else ''}{seen.said}"


def _number(value: float, bound: Bound) -> str:
    """A share as a percentage, a score as it is."""
    if bound.unit.startswith("of "):
        return f"{value * 100:.3g} %"
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def _accept(condition: Condition, subject: str, accepted: Sequence[Acceptance]) -> Condition:
    """A no may be accepted. What could not be told may not: nobody has seen what they would accept."""
    if condition.answer is not Answer.NO or condition.severity is not Severity.BLOCK:
        return condition
    for one in accepted:
        if one.condition == condition.name and subject.startswith(one.snapshot):
            return replace(condition, accepted_by=one.by, accepted_because=one.because)
    return condition
