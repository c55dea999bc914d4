"""Thresholds: the bounds of the data gate, and what each row rule does with a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from data_checks.rows.rules import ALWAYS, REPAIRS, Action
from release_format.config.refusal import shown
from release_format.config.table import ConfigError, laid_over, read_toml
from release_format.gate import Bound, bounds_of, with_defaults

DEFAULT = Path(__file__).with_name("thresholds.toml")


@dataclass(frozen=True)
class Thresholds:
    """The bounds by condition, and the actions by rule."""

    conditions: Mapping[str, Bound]
    rules: Mapping[str, Action]


def read_thresholds(path: Path | None = None) -> Thresholds:
    """The thresholds of the package, with those of `path` over them.

    Raises:
        ConfigError: an unknown key, or a value that the key cannot have.
    """
    base, own = read_toml(DEFAULT), read_toml(path) if path else {}
    where = path or DEFAULT
    base["conditions"] = with_defaults(base["conditions"])
    merged = laid_over(base, own, where)
    conditions = bounds_of(merged["conditions"], own.get("conditions", {}), where, "conditions")
    rules = {rule: _action(rule, name, where) for rule, name in merged["rules"].items()}
    return Thresholds(conditions, rules)


def _action(rule: str, name: object, where: Path) -> Action:
    allowed = {Action.REJECT} if rule in ALWAYS else set(Action) - {Action.REPAIR}
    if rule in REPAIRS or rule == "bidi-characters":
        allowed.add(Action.REPAIR)
    if not isinstance(name, str) or name not in allowed:
        choices = ", ".join(sorted(allowed))
        raise ConfigError(
            f"{where}: {rule!r} in [rules] must be one of {choices}, not {shown(name)}. Mend it."
        )
    return Action(name)
