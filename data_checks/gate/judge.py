"""The data gate's verdict on measurements, by thresholds and acceptances.

Nothing here reads or runs anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data_checks.gate.acceptances import Acceptance
from data_checks.gate.thresholds import Bound, Thresholds
from release_format.verdict import Condition, Outcome, Severity, Verdict

GATE = "data"
NOTHING_TO_COMPARE = "nothing to compare with"


@dataclass(frozen=True)
class Measured:
    """The value of one condition, the rows that it is about, and the share of live that these are.

    `of`: how many rows or values it compares. No value: nobody asked, and `detail` says why.
    `broken` says why it could not be measured.
    """

    value: float | None
    rows: int | None = None
    of: int | None = None
    share_of_live: float = 1.0
    detail: str = ""
    broken: str = ""


def judge(
    measured: Mapping[str, Measured],
    thresholds: Thresholds,
    acceptances: Sequence[Acceptance] = (),
    *,
    subject: str,
    live: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Verdict:
    """The verdict: one condition for each bound, in the order of thresholds.toml.

    What nobody measured could not be told.
    """
    conditions = [
        _accept(_condition(name, bound, measured.get(name)), subject, acceptances)
        for name, bound in thresholds.conditions.items()
    ]
    return Verdict(GATE, subject, live, conditions, facts or {})


def _condition(name: str, bound: Bound, measured: Measured | None) -> Condition:
    blank = Condition(name, Outcome.YES, "", _allowed(bound), why=bound.why, bound=_limit(bound))
    if measured is None:
        unmeasured = "nothing: it was never measured"
        return replace(blank, answer=Outcome.COULD_NOT_TELL, seen=unmeasured)
    if measured.broken:
        return replace(blank, answer=Outcome.COULD_NOT_TELL, seen=f"nothing: {measured.broken}")
    if measured.value is None:
        reason = measured.detail or NOTHING_TO_COMPARE
        return replace(blank, answer=Outcome.NOT_ASKED, seen=reason)
    if measured.of is not None and measured.of < bound.least:
        reason = f"only {measured.of} rows, {bound.least} would say something"
        return replace(blank, answer=Outcome.NOT_ASKED, seen=reason)
    seen = _seen(measured, bound)
    condition = replace(blank, seen=seen, measured=round(measured.value, 6))
    severity = _severity(measured, bound)
    if severity is None:
        return condition
    return replace(condition, answer=Outcome.NO, severity=severity)


def _severity(measured: Measured, bound: Bound) -> Severity | None:
    """How bad it is; None when it is as it should be."""
    value = measured.value or 0.0
    if bound.at_least is not None:
        return Severity.BLOCK if value < bound.at_least else None
    if measured.rows is not None and measured.rows <= bound.few:
        return None
    is_large = measured.share_of_live >= bound.block_from
    if bound.block is not None and value > bound.block and is_large:
        return Severity.BLOCK
    return Severity.WARN if bound.warn is not None and value > bound.warn else None


def _limit(bound: Bound) -> float | None:
    return next((b for b in (bound.at_least, bound.block, bound.warn) if b is not None), None)


def _allowed(bound: Bound) -> str:
    if bound.at_least is not None:
        return f"at least {bound.at_least:g} {bound.unit}"
    limit = _limit(bound) or 0.0
    return f"at most {_number(limit, bound)} {bound.unit}"


def _seen(measured: Measured, bound: Bound) -> str:
    is_counted = measured.rows is not None and bound.at_least is None
    rows = f" ({measured.rows:,} rows)" if is_counted else ""
    detail = f": {measured.detail}" if measured.detail else ""
    return f"{_number(measured.value or 0.0, bound)}{rows}{detail}"


def _number(value: float, bound: Bound) -> str:
    """A share as a percentage, a score as it is."""
    if bound.unit.startswith("of "):
        return f"{value * 100:.3g} %"
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


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
