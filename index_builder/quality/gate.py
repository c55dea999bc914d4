"""The quality gate: measurements and bounds become conditions.

Nothing here runs anything.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from index_builder.errors import BuildError
from release_format.exit_codes import USAGE
from release_format.verdict import Condition, Outcome, Severity

GATE = "quality"
DEFAULT = Path(__file__).with_name("gate.toml")
DIRECTIONS = ("least", "most")


@dataclass(frozen=True)
class QualityMeasured:
    """What was seen of one condition, with what a person should know of it.

    No value: nobody could ask, and `said` tells why. `broken` says why it could not be measured.
    """

    value: float | None
    detail: str = ""
    broken: str = ""


@dataclass(frozen=True)
class QualityBound:
    """What one condition allows, and why. Without `block` it warns, and keeps no gate shut."""

    at: str
    warn: float
    unit: str
    why: str
    block: float | None = None

    @property
    def allowed(self) -> str:
        """What may be seen without a refusal, or where nothing is refused, without a warning."""
        return self.within(self.warn if self.block is None else self.block)

    def within(self, limit: float) -> str:
        """A limit for people."""
        return f"at {self.at} {_number(limit)} {self.unit}"

    def past(self, value: float, limit: float) -> bool:
        """Whether a value lies beyond a limit; on it is still allowed."""
        return value < limit if self.at == "least" else value > limit


@dataclass(frozen=True)
class QualityBounds:
    """Bounds by condition: of any release, and of one beside what is live."""

    absolute: Mapping[str, QualityBound]
    beside_live: Mapping[str, QualityBound]


def judge(
    measured: Mapping[str, QualityMeasured], bounds: Mapping[str, QualityBound]
) -> list[Condition]:
    """One condition for each bound, in the order of gate.toml; what nobody measured could not be
    told."""
    return [_condition(name, bound, measured.get(name)) for name, bound in bounds.items()]


def read_bounds(path: Path | None = None) -> QualityBounds:
    """The bounds of the package, with those of `path` over them.

    Raises:
        BuildError: an unknown key, or a value that the key cannot have.
    """
    base, own = _read(DEFAULT), _read(path) if path else {}
    _known("a table", own, base)
    for table, conditions in own.items():
        _known(f"a condition of [{table}]", conditions, base[table])
        for name, values in conditions.items():
            base[table][name].update(values)
    return QualityBounds(
        **{
            table: {name: _bound(name, values) for name, values in conditions.items()}
            for table, conditions in base.items()
        }
    )


def _condition(name: str, bound: QualityBound, seen: QualityMeasured | None) -> Condition:
    severity = Severity.WARN if bound.block is None else Severity.BLOCK
    limit = bound.warn if bound.block is None else bound.block
    condition = Condition(name, Outcome.YES, "", bound.allowed, severity, bound.why, bound=limit)
    if seen is None:
        return replace(
            condition, answer=Outcome.COULD_NOT_TELL, seen="nothing: it was never measured"
        )
    if seen.broken:
        return replace(condition, answer=Outcome.COULD_NOT_TELL, seen=f"nothing: {seen.broken}")
    if seen.value is None:
        return replace(
            condition, answer=Outcome.NOT_ASKED, seen=seen.detail or "nothing to compare with"
        )
    detail = f"{_number(seen.value)} ({seen.detail})" if seen.detail else _number(seen.value)
    shown = replace(condition, seen=detail, measured=round(seen.value, 6))
    if seen.value != seen.value:
        return replace(shown, answer=Outcome.NO, measured=None)
    if bound.past(seen.value, limit):
        return replace(shown, answer=Outcome.NO)
    if bound.past(seen.value, bound.warn):
        warned = bound.within(bound.warn)
        return replace(
            shown, answer=Outcome.NO, severity=Severity.WARN, allowed=warned, bound=bound.warn
        )
    return shown


def _number(value: float) -> str:
    return f"{value:.4g}"


def _bound(name: str, values: Mapping[str, Any]) -> QualityBound:
    _known(f"a key of the condition {name}", values, [field.name for field in fields(QualityBound)])
    for key, value in values.items():
        text = key in ("at", "unit", "why")
        if isinstance(value, bool) or not isinstance(value, str if text else (int, float)):
            raise BuildError(
                f"{key} of the condition {name} cannot be {value!r}. Look at {DEFAULT.name}.", USAGE
            )
    if values["at"] not in DIRECTIONS:
        raise BuildError(
            f"at of the condition {name} cannot be {values['at']!r}, only least or most.", USAGE
        )
    bound = QualityBound(**values)
    if bound.block not in (None, bound.warn) and not bound.past(bound.block, bound.warn):
        raise BuildError(f"{name} would block before it warns. Mend its warn and block.", USAGE)
    return bound


def _read(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BuildError(
            f"the bounds {path} cannot be read ({error}). Mend them or leave them out.", USAGE
        ) from error


def _known(what: str, table: Mapping[str, Any], allowed: Mapping[str, Any] | list[str]) -> None:
    for key in table:
        if key not in allowed:
            near = difflib.get_close_matches(key, list(allowed), n=1, cutoff=0.0)[0]
            raise BuildError(f"{key!r} is not {what}. Did you mean {near!r}?", USAGE)
