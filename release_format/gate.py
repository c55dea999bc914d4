"""The gate engine: what was measured and what is allowed become conditions. Nothing here runs
anything."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, Literal

from release_format.config.table import Count, Share, Text, check, table
from release_format.verdict import Condition, Outcome, Severity

NOTHING_TO_COMPARE = "nothing to compare with"
NEVER_MEASURED = "nothing: it was never measured"


@table
class Bound:
    """What one condition allows, and why.

    Past `warn` it is shown, past `block` it keeps the gate shut; without `block` it warns only.
    `at` says whether these bound from above or from below. `few`: so many rows or fewer are never
    judged. `least`: fewer of what is compared say nothing, so nobody asks. `block_from`: under this
    share of live it warns where it would block. `lowest` and `highest` are the values that can be
    measured at all; a unit that begins with `of ` is a share, from 0 to 1.
    """

    unit: Text
    why: Text
    at: Literal["most", "least"] = "most"
    warn: float | None = None
    block: float | None = None
    few: Count = 0
    least: Count = 0
    block_from: Share = 0.0
    lowest: float = 0.0
    highest: float | None = None

    def __post_init__(self) -> None:
        for key, limit in (("warn", self.warn), ("block", self.block)):
            if limit is not None and not self.lowest <= limit <= self._highest:
                raise ValueError(self._outside(key, limit))
        if self.warn is None and self.block is None:
            raise ValueError("it needs a warn or a block. Add one.")
        if self.is_past(self.warn, self.block):
            raise ValueError(
                f"it would block at {self.block:g} before it warns at {self.warn:g}. Let block be"
                f" at {self.at} warn."
            )

    @property
    def _highest(self) -> float:
        """The highest value that can be measured."""
        if self.highest is not None:
            return self.highest
        return 1.0 if self.is_share else math.inf

    def _outside(self, key: str, limit: float) -> str:
        """Why a limit outside of what can be measured is refused."""
        is_above = limit > self._highest
        passed = "can never be" if is_above == (self.at == "most") else "would always be"
        is_percent = self.is_share and is_above and limit <= 100
        mend = f"Write {limit:g} % as {key} = {limit / 100:g}." if is_percent else "Mend it."
        return (
            f"{key} = {limit:g} {passed} passed: what is measured lies between"
            f" {self.lowest:g} and {self._highest:g}. {mend}"
        )

    @property
    def is_share(self) -> bool:
        return self.unit.startswith("of ")

    @property
    def limit(self) -> float:
        """Where it begins to refuse, or where nothing is refused, to warn."""
        return next(limit for limit in (self.block, self.warn) if limit is not None)

    def is_past(self, value: float | None, limit: float | None) -> bool:
        """Whether a value lies beyond a limit; on it is still allowed."""
        if value is None or limit is None:
            return False
        return value < limit if self.at == "least" else value > limit

    def text(self, value: float) -> str:
        """A value for people: a share as a percentage, anything else as it is."""
        if self.is_share:
            return f"{value * 100:.3g} %"
        if abs(value) < 1:
            return f"{value:.3g}"
        return f"{value:,.5g}" if abs(value) < 10_000 else f"{value:,.0f}"

    def allowed(self, limit: float) -> str:
        """What may be seen, for people."""
        return f"at {self.at} {self.text(limit)} {self.unit}"


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


def judge(measured: Mapping[str, Measured], bounds: Mapping[str, Bound]) -> list[Condition]:
    """One condition for each bound, in their order; what nobody measured could not be told."""
    return [condition(name, bound, measured.get(name)) for name, bound in bounds.items()]


def condition(name: str, bound: Bound, measured: Measured | None) -> Condition:
    """The answer of one condition."""
    severity = Severity.WARN if bound.block is None else Severity.BLOCK
    allowed = bound.allowed(bound.limit)
    blank = Condition(name, Outcome.YES, "", allowed, severity, bound.why, bound=bound.limit)
    if measured is None:
        return replace(blank, answer=Outcome.COULD_NOT_TELL, seen=NEVER_MEASURED)
    if measured.broken:
        return replace(blank, answer=Outcome.COULD_NOT_TELL, seen=f"nothing: {measured.broken}")
    if measured.value is None:
        seen = measured.detail or NOTHING_TO_COMPARE
        return replace(blank, answer=Outcome.NOT_ASKED, seen=seen)
    if measured.of is not None and measured.of < bound.least:
        seen = f"only {measured.of} rows, {bound.least} would say something"
        return replace(blank, answer=Outcome.NOT_ASKED, seen=seen)
    shown = replace(blank, seen=_seen(measured, measured.value, bound))
    if math.isnan(measured.value):
        return replace(shown, answer=Outcome.NO)
    return _answered(replace(shown, measured=round(measured.value, 6)), bound, measured)


def _answered(shown: Condition, bound: Bound, measured: Measured) -> Condition:
    if measured.rows is not None and measured.rows <= bound.few and bound.at == "most":
        return shown
    if bound.is_past(measured.value, bound.block) and measured.share_of_live >= bound.block_from:
        return replace(shown, answer=Outcome.NO)
    if bound.is_past(measured.value, bound.warn):
        return replace(
            shown,
            answer=Outcome.NO,
            severity=Severity.WARN,
            allowed=bound.allowed(bound.warn or 0.0),
            bound=bound.warn,
        )
    return shown


def _seen(measured: Measured, value: float, bound: Bound) -> str:
    is_counted = measured.rows is not None and bound.at == "most"
    rows = f" ({measured.rows:,} rows)" if is_counted else ""
    detail = f": {measured.detail}" if measured.detail else ""
    return f"{bound.text(value)}{rows}{detail}"


def claim(
    name: str,
    holds: bool | None,
    seen: str,
    allowed: str,
    why: str = "",
    severity: Severity = Severity.BLOCK,
) -> Condition:
    """The condition of something that holds or does not; None where that could not be told."""
    answer = Outcome.COULD_NOT_TELL if holds is None else Outcome.YES if holds else Outcome.NO
    return Condition(name, answer, seen, allowed, severity, why)


def not_asked(name: str, seen: str, allowed: str, why: str = "") -> Condition:
    """The condition that nobody could ask; `seen` says why."""
    return Condition(name, Outcome.NOT_ASKED, seen, allowed, why=why)


def with_defaults(conditions: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The package's tables of conditions with every key that a bound can have."""
    return {name: {**DEFAULTS, **values} for name, values in conditions.items()}


def bounds_of(
    conditions: Mapping[str, Mapping[str, Any]], own: Mapping[str, Any], where: object, name: str
) -> dict[str, Bound]:
    """The bounds by condition.

    Where only `block` is one's own and it comes before the package's `warn`, that moves with it.

    Args:
        conditions: the tables of every condition, one's own laid over those of the package.
        own: those of one's own.
        where: their file, for the text of a refusal.
        name: the table that they stand in.

    Raises:
        ConfigError: a value that cannot be.
    """
    bounds = {}
    for condition_name, values in conditions.items():
        choices = own.get(condition_name, {})
        if "block" in choices and values["warn"] is not None and "warn" not in choices:
            values = {**values, "warn": _nearer(values)}
        bounds[condition_name] = check(Bound, values, where, (name, condition_name))
    return bounds


def _nearer(values: Mapping[str, Any]) -> Any:
    """The stricter one of warn and block; warn where block is no number."""
    warn, block = values["warn"], values["block"]
    if type(block) not in (int, float):
        return warn
    return max(warn, block) if values.get("at") == "least" else min(warn, block)


DEFAULTS = {field.name: field.default for field in fields(Bound) if field.default is not MISSING}
