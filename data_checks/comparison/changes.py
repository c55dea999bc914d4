"""Changes between two snapshots: what was added, removed and changed, counted by kind."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from data_checks.comparison.faults import SEARCHED, faults
from data_checks.comparison.sample import Sample
from data_checks.rows.alike import alike
from release_format.items import FIELDS, ITEMS, own_fields
from release_format.listing import listed
from release_format.typed_values import says_nothing

EXAMPLES = 24
CUT_TO = 0.5
FIELDS_SHOWN = 5

ItemValues = dict[str, Any]


@dataclass(frozen=True)
class ItemChange:
    """One id of either snapshot: its row before and after (None: not there)."""

    before: ItemValues | None
    after: ItemValues | None

    @property
    def kind(self) -> str:
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return "kept" if self.before is self.after else "changed"

    @property
    def row(self) -> ItemValues:
        """The newer row."""
        return self.after or self.before or {}


def walk(before: Path, after: Path) -> Iterator[ItemChange]:
    """Every id of two snapshots with its rows before and after, by a merge of both sorted files.

    Only the two current lines are in memory; equal lines are equal items, and so are lines whose
    fields only got types.
    """
    with ExitStack() as stack:
        old, new = (_lines(stack, folder) for folder in (before, after))
        left, right = next(old, None), next(new, None)
        while left is not None or right is not None:
            if left == right and left is not None:
                row = json.loads(left)
                yield ItemChange(row, row)
                left, right = next(old, None), next(new, None)
                continue
            left_row, right_row = (json.loads(line) if line else None for line in (left, right))
            if right_row is None or (left_row is not None and left_row["id"] < right_row["id"]):
                yield ItemChange(left_row, None)
                left = next(old, None)
            elif left_row is None or right_row["id"] < left_row["id"]:
                yield ItemChange(None, right_row)
                right = next(new, None)
            else:
                change = ItemChange(left_row, right_row)
                yield change if changed_fields(change) else ItemChange(right_row, right_row)
                left, right = next(old, None), next(new, None)


def _lines(stack: ExitStack, folder: Path) -> Iterator[bytes]:
    return iter(stack.enter_context((folder / ITEMS).open("rb")))


@dataclass
class TopicChange:
    """One topic: how many rows have it before and after, and how many of these changed."""

    before: int = 0
    after: int = 0
    changed: int = 0

    @property
    def moved(self) -> int:
        """How many rows more it has after."""
        return self.after - self.before

    @property
    def loss(self) -> float:
        """The share of its rows that it lost, on balance."""
        return max(0.0, 1 - self.after / self.before) if self.before else 0.0


@dataclass
class Changes:
    """Counts of what was added, removed and changed between two snapshots, with examples."""

    before: int = 0
    after: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    searched: int = 0
    others: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    first_fault: dict[str, str] = field(default_factory=dict)
    emptied: int = 0
    cut: int = 0
    topics: dict[str, TopicChange] = field(default_factory=dict)
    any_topic: TopicChange = field(default_factory=TopicChange)
    examples: dict[str, Sample[ItemChange]] = field(
        default_factory=lambda: {
            kind: Sample(EXAMPLES) for kind in ("added", "removed", "changed", "lost text")
        }
    )

    @property
    def unchanged(self) -> bool:
        """Whether both snapshots hold the same items."""
        return not any(self.counts[kind] for kind in ("added", "removed", "changed"))

    def add(self, change: ItemChange) -> None:
        """Count the change of one id."""
        self.before += change.before is not None
        self.after += change.after is not None
        kind = change.kind
        self.counts[kind] += 1
        self._count_topics(change)
        if kind == "kept":
            return
        self.examples[kind].offer(change.row["id"], change)
        if kind == "changed":
            self._count_fields(change)
            self._count_losses(change)

    def _count_fields(self, change: ItemChange) -> None:
        names = changed_fields(change)
        self.fields.update(names)
        self.searched += any(name in SEARCHED for name in names)
        self.others += any(name not in SEARCHED for name in names)
        for fault in faults(change.before or {}, change.after or {}):
            self.faults[fault] += 1
            self.first_fault.setdefault(fault, change.row["id"])

    def fields_text(self, *, searched: bool) -> str:
        """The fields that differ, those that are searched or the others, most changed first."""
        names = [
            f"{name} {count:,}"
            for name, count in self.fields.most_common()
            if (name in SEARCHED) == searched
        ]
        return listed(names, FIELDS_SHOWN)

    def _count_topics(self, change: ItemChange) -> None:
        before, after = ((row or {}).get("topics", ()) for row in (change.before, change.after))
        self.any_topic.before += bool(before)
        self.any_topic.after += bool(after)
        for topic in before:
            self.topics.setdefault(topic, TopicChange()).before += 1
        for topic in after:
            topic_change = self.topics.setdefault(topic, TopicChange())
            topic_change.after += 1
            topic_change.changed += change.kind == "changed"

    def _count_losses(self, change: ItemChange) -> None:
        rows = (change.before, change.after)
        old, new = (str((row or {}).get("description", "")) for row in rows)
        emptied = bool(old) and not new
        cut = bool(new) and len(new) <= CUT_TO * len(old) and old.startswith(new.rstrip(".… "))
        self.emptied += emptied
        self.cut += cut
        if emptied or cut:
            self.examples["lost text"].offer(change.row["id"], change)

    def to_json(self) -> dict[str, Any]:
        """For machines: counts, fields, topics with a change, and examples."""
        return {
            "before": self.before,
            "after": self.after,
            **{kind: self.counts[kind] for kind in ("added", "removed", "changed", "kept")},
            "fields": dict(self.fields.most_common()),
            "emptied": self.emptied,
            "cut": self.cut,
            "topics": {
                topic: asdict(change)
                for topic, change in sorted(self.topics.items())
                if change.before != change.after or change.changed
            },
            "examples": {
                kind: [
                    {**vars(change), "fields": changed_fields(change)}
                    for change in sample.members()
                ]
                for kind, sample in self.examples.items()
            },
        }


def changed_fields(change: ItemChange) -> list[str]:
    """The fields in which the two rows differ; extra fields by their own names."""
    if change.before is None or change.after is None:
        return []
    before, after = (_flat(row) for row in (change.before, change.after))
    return [
        name
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name) and not _says_the_same(name, before, after)
    ]


def _says_the_same(name: str, before: ItemValues, after: ItemValues) -> bool:
    """Whether a field of the catalogue's own only got another type."""
    if name in FIELDS:
        return False
    old, new = before.get(name), after.get(name)
    if old is None or new is None:
        return all(value is None or says_nothing(value) for value in (old, new))
    return alike(old, new)


def _flat(row: ItemValues) -> ItemValues:
    return {**{name: row[name] for name in FIELDS if name in row}, **own_fields(row)}


def compare(before: Path, after: Path) -> Changes:
    """Count what changed between two snapshots."""
    changes = Changes()
    for change in walk(before, after):
        changes.add(change)
    return changes
