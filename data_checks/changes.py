"""Here are two snapshots: what came, what went, and what changed?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_checks.samples import Sample
from release_format.items import FIELDS, ITEMS

EXAMPLES = 24
CUT_TO = 0.5

Row = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One id of either snapshot: its row before and after (None: not there)."""

    before: Row | None
    after: Row | None

    @property
    def kind(self) -> str:
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return "kept" if self.before is self.after else "changed"

    @property
    def row(self) -> Row:
        """The newer row."""
        return self.after or self.before or {}


def walk(before: Path, after: Path) -> Iterator[Step]:
    """Both snapshots side by side, by id. Only the two current lines are in memory; equal lines are equal items."""
    with ExitStack() as stack:
        old, new = (_lines(stack, folder) for folder in (before, after))
        left, right = next(old, None), next(new, None)
        while left is not None or right is not None:
            if left == right and left is not None:
                row = json.loads(left)
                yield Step(row, row)
                left, right = next(old, None), next(new, None)
                continue
            left_row, right_row = (json.loads(line) if line else None for line in (left, right))
            if right_row is None or (left_row is not None and left_row["id"] < right_row["id"]):
                yield Step(left_row, None)
                left = next(old, None)
            elif left_row is None or right_row["id"] < left_row["id"]:
                yield Step(None, right_row)
                right = next(new, None)
            else:
                yield Step(left_row, right_row)
                left, right = next(old, None), next(new, None)


def _lines(stack: ExitStack, folder: Path) -> Iterator[bytes]:
    return iter(stack.enter_context((folder / ITEMS).open("rb")))


@dataclass
class TopicChange:
    """One topic: its rows before and after, and how many of them came, went and changed."""

    before: int = 0
    after: int = 0
    changed: int = 0

    @property
    def loss(self) -> float:
        """The share of its rows that it lost, on balance."""
        return max(0.0, 1 - self.after / self.before) if self.before else 0.0


@dataclass
class Changes:
    """What came, went and changed between two snapshots, counted; a few examples of each kind."""

    before: int = 0
    after: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    emptied: int = 0
    cut: int = 0
    topics: dict[str, TopicChange] = field(default_factory=dict)
    any_topic: TopicChange = field(default_factory=TopicChange)
    examples: dict[str, Sample[Step]] = field(
        default_factory=lambda: {kind: Sample(EXAMPLES) for kind in ("added", "removed", "changed", "lost text")}
    )

    @property
    def unchanged(self) -> bool:
        """Whether both snapshots hold the same items."""
        return not any(self.counts[kind] for kind in ("added", "removed", "changed"))

    def add(self, step: Step) -> None:
        """Count one step."""
        self.before += step.before is not None
        self.after += step.after is not None
        kind = step.kind
        self.counts[kind] += 1
        self._count_topics(step)
        if kind == "kept":
            return
        self.examples[kind].offer(step.row["id"], step)
        if kind == "changed":
            self.fields.update(changed_fields(step))
            self._count_losses(step)

    def _count_topics(self, step: Step) -> None:
        before, after = ((row or {}).get("topics", ()) for row in (step.before, step.after))
        self.any_topic.before += bool(before)
        self.any_topic.after += bool(after)
        for topic in before:
            self.topics.setdefault(topic, TopicChange()).before += 1
        for topic in after:
            change = self.topics.setdefault(topic, TopicChange())
            change.after += 1
            change.changed += step.kind == "changed"

    def _count_losses(self, step: Step) -> None:
        old, new = (str((row or {}).get("description", "")) for row in (step.before, step.after))
        emptied = bool(old) and not new
        cut = bool(new) and len(new) <= CUT_TO * len(old) and old.startswith(new.rstrip(".… "))
        self.emptied += emptied
        self.cut += cut
        if emptied or cut:
            self.examples["lost text"].offer(step.row["id"], step)

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
                topic: {"before": change.before, "after": change.after, "changed": change.changed}
                for topic, change in sorted(self.topics.items())
                if change.before != change.after or change.changed
            },
            "examples": {
                kind: [{"before": step.before, "after": step.after} for step in sample.kept()]
                for kind, sample in self.examples.items()
            },
        }


def changed_fields(step: Step) -> list[str]:
    """The fields in which the two rows differ; extra fields by their own names."""
    if step.before is None or step.after is None:
        return []
    before, after = (_flat(row) for row in (step.before, step.after))
    return [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]


def _flat(row: Row) -> Row:
    return {**{name: row[name] for name in FIELDS if name in row}, **row.get("extra", {})}


def compare(before: Path, after: Path) -> Changes:
    """Count what changed between two snapshots."""
    changes = Changes()
    for step in walk(before, after):
        changes.add(step)
    return changes
