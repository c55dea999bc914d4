"""Here is thresholds.toml: give me the bounds of the gate and what each row rule does."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from data_checks import CatalogueError
from data_checks.rules import ALWAYS, REPAIRS, RULES, Action
from release_format.program import USAGE

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
    known("a table", own, base)
    known("a condition", own.get("conditions", {}), base["conditions"])
    known("a rule", own.get("rules", {}), RULES)
    conditions = {
        name: _bound(name, {**values, **own.get("conditions", {}).get(name, {})})
        for name, values in base["conditions"].items()
    }
    return Thresholds(conditions, {rule: _action(rule, {**base["rules"], **own.get("rules", {})}) for rule in RULES})


def _bound(name: str, values: Mapping[str, Any]) -> Bound:
    known(f"a key of the condition {name}", values, [field.name for field in fields(Bound)])
    for key, value in values.items():
        if isinstance(value, bool) or isinstance(value, str) is not (key in ("unit", "why")):
            raise CatalogueError(f"{key} of the condition {name} cannot be {value!r}. Look at {DEFAULT.name}.", USAGE)
    return Bound(**values)


def _action(rule: str, actions: Mapping[str, str]) -> Action:
    allowed = {Action.REJECT} if rule in ALWAYS else set(Action) - {Action.REPAIR}
    if rule in REPAIRS or rule == "bidi-characters":
        allowed.add(Action.REPAIR)
    if (said := actions.get(rule)) not in allowed:
        offer = ", ".join(sorted(allowed))
        raise CatalogueError(f"the rule {rule} cannot be {said!r}, only: {offer}. Mend thresholds.toml.", USAGE)
    return Action(said)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file.

    Raises:
        CatalogueError: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{path} cannot be read ({error}). Mend it.", USAGE) from error


def known(what: str, given: Iterable[str], allowed: Iterable[str]) -> None:
    """Refuse the first key that nobody knows, with the nearest one that somebody does.

    Raises:
        CatalogueError: there is such a key.
    """
    offer = list(allowed)
    for key in given:
        if key not in offer:
            near = difflib.get_close_matches(key, offer, n=1, cutoff=0.0)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise CatalogueError(f"{key!r} is not {what}.{hint}", USAGE)
