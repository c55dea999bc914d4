"""Thresholds: the bounds of the data gate, and what each row rule does with a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from data_checks.errors import CatalogueError
from data_checks.rows.rules import ALWAYS, REPAIRS, RULES, Action
from data_checks.toml_file import read_toml, refuse_unknown
from release_format.exit_codes import USAGE

DEFAULT = Path(__file__).with_name("thresholds.toml")


@dataclass(frozen=True)
class Bound:
    """What one condition allows, and why."""

    unit: str
    why: str
    warn: float | None = None
    block: float | None = None
    at_least: float | None = None
    few: int = 0
    least: int = 0
    block_from: float = 0.0


@dataclass(frozen=True)
class Thresholds:
    """The bounds by condition, and the actions by rule."""

    conditions: Mapping[str, Bound]
    rules: Mapping[str, Action]


def read_thresholds(path: Path | None = None) -> Thresholds:
    """The thresholds of the package, with those of `path` over them.

    Raises:
        CatalogueError: an unknown key, or a value that the key cannot have.
    """
    base = read_toml(DEFAULT)
    own = read_toml(path) if path else {}
    refuse_unknown("a table", own, base)
    refuse_unknown("a condition", own.get("conditions", {}), base["conditions"])
    refuse_unknown("a rule", own.get("rules", {}), RULES)
    conditions = {
        name: _bound(name, {**values, **own.get("conditions", {}).get(name, {})})
        for name, values in base["conditions"].items()
    }
    return Thresholds(
        conditions,
        {rule: _action(rule, {**base["rules"], **own.get("rules", {})}) for rule in RULES},
    )


def _bound(name: str, values: Mapping[str, Any]) -> Bound:
    refuse_unknown(
        f"a key of the condition {name}", values, [field.name for field in fields(Bound)]
    )
    for key, value in values.items():
        if isinstance(value, bool) or isinstance(value, str) is not (key in ("unit", "why")):
            raise CatalogueError(
                f"{key} of the condition {name} cannot be {value!r}. Look at {DEFAULT.name}.", USAGE
            )
    return Bound(**values)


def _action(rule: str, actions: Mapping[str, str]) -> Action:
    allowed = {Action.REJECT} if rule in ALWAYS else set(Action) - {Action.REPAIR}
    if rule in REPAIRS or rule == "bidi-characters":
        allowed.add(Action.REPAIR)
    if (name := actions.get(rule)) not in allowed:
        choices = ", ".join(sorted(allowed))
        raise CatalogueError(
            f"the rule {rule} cannot be {name!r}, only: {choices}. Mend thresholds.toml.", USAGE
        )
    return Action(name)
