"""Difference between the settings that a slot runs with and those that it is to have, by names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class SettingsDifference:
    """Names alone: values never leave the host that compares them.

    `is_known` is false where a host no longer knows what a slot was started with.
    """

    added: Sequence[str] = ()
    changed: Sequence[str] = ()
    gone: Sequence[str] = ()
    is_known: bool = True

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> SettingsDifference:
        """As a host answers."""
        added, changed, gone = (answer.get(kind, ()) for kind in ("added", "changed", "gone"))
        return cls(added, changed, gone, bool(answer.get("known", True)))

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.gone or not self.is_known)

    def as_record(self) -> dict[str, Any]:
        return asdict(self)

    def sentence(self) -> str:
        """As the console says it."""
        if not self.is_known:
            return "nobody knows what the live slot was started with"
        kinds = (("new", self.added), ("changed", self.changed), ("gone", self.gone))
        told = [f"{kind}: {', '.join(names)}" for kind, names in kinds if names]
        return "; ".join(told) or "as before"
