"""Here are rows: which are accepted as they are, which repaired, and which go to quarantine, with the reason?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from data_checks import CatalogueError
from data_checks.canonical import canonical, nameless, printable
from data_checks.characters import WHOLE_TEXT, strip_invisible
from data_checks.language import mismatch
from data_checks.shapes import shape_failures
from data_checks.sources import Row
from data_checks.sources.csv import ORPHAN
from release_format.items import Item


class Action(StrEnum):
    """What a rule does with a row: quarantine it, mend it and write that down, warn, or nothing."""

    REJECT = "reject"
    REPAIR = "repair"
    WARN = "warn"
    OFF = "off"


CHUNK = 2_000
REPAIRS: Mapping[str, str] = {
    "image-url-shape": "image_url",
    "language-shape": "language",
    "date-shape": "updated_at",
}
ALWAYS = ("row-shape", ORPHAN, "id-missing", "id-shape", "utf-8", "double-id", "identical-copy")
RULES = (
    *ALWAYS, "secret", "text-missing", "control-characters", "bidi-characters", "mojibake", "too-long", "url-shape",
    "topic-shape", "email-address", "html-leftovers", "empty-title", "ftp-url", "date-in-future",
    "language-mismatch", "exact-duplicate", *REPAIRS,
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """A rule that a row breaks; `place` and `field` are for people, the rest is sealed or counted."""

    rule: str
    reason: str
    field: str = ""
    place: str = ""


@dataclass(frozen=True)
class Judged:
    """A row after the rules: the item as it goes on, whether it is refused, and what was found."""

    row: Row
    item: Item
    refused: Finding | None = None
    repaired: Sequence[Finding] = ()
    warned: Sequence[Finding] = ()

    @property
    def name(self) -> str:
        """The item's id, or a name made from what the row says."""
        return printable(self.item.id)[:200] or nameless(self.row.values)


def judge_rows(
    rows: Iterable[Row], actions: Mapping[str, Action], mend: Callable[[Item], Item] = lambda item: item
) -> Iterator[Judged]:
    """Every row with what the rules say; each row that goes in comes out once. `mend` repairs by hand, first."""
    reading = iter(rows)
    while chunk := list(islice(reading, CHUNK)):
        yield from _judge_chunk(chunk, actions, mend)


def _judge_chunk(
    rows: Sequence[Row], actions: Mapping[str, Action], mend: Callable[[Item], Item]
) -> Iterator[Judged]:
    items = [_item(row) if row.broken else mend(_item(row)) for row in rows]
    shapes = shape_failures(items)
    for row, item, failures in zip(rows, items, shapes, strict=True):
        yield _judge(row, item, failures, actions)


def _item(row: Row) -> Item:
    return Item(id=canonical(row.values).id) if row.broken else canonical(row.values)


def _judge(row: Row, item: Item, shapes: Sequence[tuple[str, str]], actions: Mapping[str, Action]) -> Judged:
    if row.broken:
        rule, reason = (ORPHAN, "names no project") if row.broken == ORPHAN else ("row-shape", row.broken)
        if rule == ORPHAN:
            reason = f"the topic {printable(str(row.values.get('topic', '')))!r} names no project"
        return Judged(row, item, refused=Finding(rule, reason, place=row.place))
    found = [Finding(rule, _reason(rule, field, item), field, row.place) for rule, field in shapes]
    found += [Finding(rule, reason, field, row.place) for rule, field, reason in _readings(item, actions)]
    by_action = {action: [f for f in found if actions[f.rule] is action] for action in Action}
    if refusals := by_action[Action.REJECT]:
        first = min(refusals, key=lambda finding: (RULES.index(finding.rule), finding.field))
        return Judged(row, item, refused=first)
    for finding in by_action[Action.REPAIR]:
        item = _repair(item, finding)
    return Judged(row, item, repaired=by_action[Action.REPAIR], warned=by_action[Action.WARN])


def _readings(item: Item, actions: Mapping[str, Action]) -> Iterator[tuple[str, str, str]]:
    """What reading the texts finds: (rule, field, reason)."""
    fields = [(name, getattr(item, name)) for name in ("id", "title", "description", "url", "image_url")]
    fields += [("topics", topic) for topic in item.topics] + [("extra", str(value)) for value in item.extra.values()]
    fields += [("extra", name) for name in item.extra]
    for rule, find in WHOLE_TEXT.items():
        if actions[rule] is not Action.OFF:
            for field, text in fields:
                if reason := find(text):
                    yield rule, field, f"{field} {reason}"
                    break
    if actions["language-mismatch"] is not Action.OFF and (reason := mismatch(item.language, item.description)):
        yield "language-mismatch", "language", reason


def _reason(rule: str, field: str, item: Item) -> str:
    said = {
        "id-missing": "has no id",
        "text-missing": "has neither title nor description",
        "empty-title": "has no title",
    }
    if rule in said:
        return said[rule]
    value = " ".join(getattr(item, field)) if field == "topics" else getattr(item, field)
    if rule in ("too-long", "id-shape", "topic-shape"):
        return f"{field} breaks the rule {rule} with {len(value):,} characters"
    return f"{field} is {printable(value)[:80]!r}"


def _repair(item: Item, finding: Finding) -> Item:
    if finding.rule in REPAIRS:
        return with_field(item, REPAIRS[finding.rule], "")
    if finding.rule == "bidi-characters":
        topics = tuple(sorted({strip_invisible(topic) for topic in item.topics} - {""}))
        title, description = strip_invisible(item.title), strip_invisible(item.description)
        return dataclasses.replace(item, title=title, description=description, topics=topics)
    raise CatalogueError(f"the rule {finding.rule!r} cannot repair. Let it reject or warn in thresholds.toml.")


def with_field(item: Item, field: str, value: object) -> Item:
    """The item with one field changed."""
    changed: dict[str, Any] = {field: value}
    return dataclasses.replace(item, **changed)
