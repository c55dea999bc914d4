"""Items with typed fields: every value read by its column's type, what does not fit left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from data_checks.rows.declared import TypedColumns
from release_format.items import Item
from release_format.typed_values import TEXTS, Raw, Value, says_nothing

EXAMPLE = 60


@dataclass
class Misfits:
    """Values that did not fit the type of their field: how many, of how many, and the first one.

    `examples`: by field the id of an item and its value.
    """

    values: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    examples: dict[str, tuple[str, str]] = field(default_factory=dict)

    def share(self, name: str) -> float:
        """The share of one field's values that did not fit."""
        return self.left_out[name] / max(self.values[name], 1)

    @property
    def worst(self) -> str:
        """The field with the largest share, or nothing."""
        return max(self.left_out, key=lambda name: (self.share(name), name), default="")


def typed_items(items: Iterable[Item], columns: TypedColumns, misfits: Misfits) -> Iterator[Item]:
    """Every item, its own fields typed; none is lost, and what did not fit is counted."""
    for item in items:
        typed = _typed(item, columns, misfits) if item.extra else {}
        yield replace(item, extra=typed) if item.extra else item


def _typed(item: Item, columns: TypedColumns, misfits: Misfits) -> dict[str, Value]:
    typed: dict[str, Value] = {}
    for name, raw in item.extra.items():
        reading = columns.readings[name]
        if reading.type not in TEXTS and says_nothing(raw):
            continue
        misfits.values[name] += 1
        if (value := reading.value(raw)) is not None:
            typed[name] = value
            continue
        misfits.left_out[name] += 1
        misfits.examples.setdefault(name, (item.id, shortened(raw)))
    return typed


def shortened(raw: Raw) -> str:
    """A value for people, cut where it is long."""
    text = raw if isinstance(raw, str) else ", ".join(raw)
    return text if len(text) <= EXAMPLE else f"{text[:EXAMPLE]}…"
