"""Here are the files that people review beside a catalogue: give me its repairs and its acceptances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from data_checks import CatalogueError
from data_checks.canonical import text, topics
from data_checks.gate import Acceptance
from data_checks.rules import with_field
from data_checks.thresholds import known, read_toml
from release_format.items import FIELDS, Item
from release_format.program import USAGE

REPAIRS, ACCEPTED = "repairs.toml", "accepted.toml"
SHORTEST_PREFIX = 12

R = TypeVar("R")


@dataclass(frozen=True)
class Repair:
    """One field of one item, mended by hand while it still says what it said then."""

    id: str
    field: str
    was: str
    now: str
    because: str


def read_repairs(folder: Path) -> list[Repair]:
    """The repairs of a catalogue; none when there is no such file.

    Raises:
        CatalogueError: the file says something that cannot be.
    """
    repairs = _read(folder / REPAIRS, "repair", Repair)
    for repair in repairs:
        known("a field that can be repaired", [repair.field], FIELDS[1:])
    return repairs


def read_accepted(folder: Path, conditions: Mapping[str, Any]) -> list[Acceptance]:
    """What named persons accepted; nothing when there is no such file.

    Raises:
        CatalogueError: the file says something that cannot be.
    """
    accepted = _read(folder / ACCEPTED, "accepted", Acceptance)
    for one in accepted:
        known("a condition", [one.condition], conditions)
        if len(one.snapshot) < SHORTEST_PREFIX:
            raise CatalogueError(
                f"{folder / ACCEPTED}: give at least {SHORTEST_PREFIX} characters of the snapshot {one.snapshot!r}.",
                USAGE,
            )
    return accepted


def _read(path: Path, table: str, kind: type[R]) -> list[R]:
    if not path.is_file():
        return []
    raw = read_toml(path)
    known(f"a table of {path}", raw, [table])
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    read = []
    for entry in raw.get(table, []):
        known(f"a key of [[{table}]] in {path}", entry, names)
        missing = [name for name in names if not isinstance(entry.get(name), str) or (
            name in ("by", "because", "id", "snapshot") and not entry[name].strip())]  # fmt: skip
        if missing:
            raise CatalogueError(f"{path}: every [[{table}]] says {', '.join(names)}; one lacks {missing[0]}.", USAGE)
        read.append(kind(**entry))
    return read


class Repairs:
    """The repairs of one run: which of them fitted a row."""

    def __init__(self, repairs: Sequence[Repair]) -> None:
        self._by_id: dict[str, list[Repair]] = {}
        for repair in repairs:
            self._by_id.setdefault(repair.id, []).append(repair)
        self.unused = set(repairs)

    def apply(self, item: Item) -> tuple[Item, list[Repair]]:
        """The item with every repair whose `was` it still says, and those repairs."""
        done = []
        for repair in self._by_id.get(item.id, ()):
            if _says(item, repair.field) == text(repair.was):
                new = topics(repair.now) if repair.field == "topics" else text(repair.now)
                item = with_field(item, repair.field, new)
                self.unused.discard(repair)
                done.append(repair)
        return item, done


def _says(item: Item, field: str) -> str:
    value = getattr(item, field)
    return "|".join(value) if field == "topics" else str(value)
