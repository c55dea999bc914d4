"""The quality gate: the bounds of any release, and of one beside what is live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from release_format.config.table import laid_over, read_toml
from release_format.gate import Bound, bounds_of, with_defaults

GATE = "quality"
DEFAULT = Path(__file__).with_name("gate.toml")


@dataclass(frozen=True)
class QualityBounds:
    """Bounds by condition: of any release, and of one beside what is live."""

    absolute: Mapping[str, Bound]
    beside_live: Mapping[str, Bound]


def read_bounds(path: Path | None = None) -> QualityBounds:
    """The bounds of the package, with those of `path` over them.

    Raises:
        ConfigError: an unknown key, or a value that the key cannot have.
    """
    base = {name: with_defaults(conditions) for name, conditions in read_toml(DEFAULT).items()}
    own, where = read_toml(path) if path else {}, path or DEFAULT
    merged = laid_over(base, own, where)
    return QualityBounds(
        **{name: bounds_of(merged[name], own.get(name, {}), where, name) for name in base}
    )
