"""Repairs: fields that people mended by hand, reviewed and kept with the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from data_checks.canonical_text import text
from data_checks.rows.normalize import topics
from data_checks.rows.rules import with_field
from release_format.config.table import Text, read_entries, refuse_unknown, table
from release_format.items import FIELDS, Item

REPAIRS = "repairs.toml"


@table
class Repair:
    """One field of one item, mended by hand while it is still what it was then."""

    id: Text
    field: str
    was: str
    now: str
    because: Text


def read_repairs(path: Path | None) -> list[Repair]:
    """The repairs of a catalogue; none when there is no such file.

    Raises:
        ConfigError: the file says something that cannot be.
    """
    repairs = read_entries(path, "repair", Repair) if path else []
    repaired = [repair.field for repair in repairs]
    refuse_unknown(repaired, FIELDS[1:], f"{path}: ", " is no field that can be repaired")
    return repairs


class Repairs:
    """The repairs of one run, and which of them fitted no row so far."""

    def __init__(self, repairs: Sequence[Repair]) -> None:
        self._by_id: dict[str, list[Repair]] = {}
        for repair in repairs:
            self._by_id.setdefault(text(repair.id), []).append(repair)
        self.unused = set(repairs)

    def apply(self, item: Item) -> tuple[Item, list[Repair]]:
        """The item with every repair whose `was` it still has, and those repairs."""
        applied = []
        for repair in self._by_id.get(item.id, ()):
            if _field_text(item, repair.field) == text(repair.was):
                new = topics(repair.now) if repair.field == "topics" else text(repair.now)
                item = with_field(item, repair.field, new)
                self.unused.discard(repair)
                applied.append(repair)
        return item, applied


def _field_text(item: Item, field: str) -> str:
    value = getattr(item, field)
    return "|".join(value) if field == "topics" else str(value)
