"""Row rules: which rows are accepted, which repaired, and which refused, with the reason."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from data_checks.canonical_text import text
from data_checks.rows.language import mismatch
from data_checks.rows.normalize import canonical, name_from_values, printable
from data_checks.rows.schema import shape_failures
from data_checks.rows.text_checks import TEXT_CHECKS, strip_invisible
from data_checks.sources.csv_pair import ORPHAN
from data_checks.sources.row import Row
from release_format.items import Item


class Action(StrEnum):
    """What a rule does with a row: refuse it, repair it and write that down, warn, or nothing."""

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
MISSING = {
    "id-missing": "has no id",
    "text-missing": "has neither title nor description",
    "empty-title": "has no title",
}
TEXTS = ("id", "title", "description", "url", "image_url")
ALWAYS = ("row-shape", ORPHAN, "id-missing", "id-shape", "utf-8", "double-id", "identical-copy")
RULES = (
    *ALWAYS,
    "secret",
    "text-missing",
    "control-characters",
    "bidi-characters",
    "mojibake",
    "too-long",
    "url-shape",
    "topic-shape",
    "email-address",
    "html-leftovers",
    "empty-title",
    "ftp-url",
    "http-picture",
    "date-in-future",
    "language-mismatch",
    "exact-duplicate",
    *REPAIRS,
)


@dataclass(frozen=True)
class Finding:
    """A rule that a row breaks; `field` and `place` are for people."""

    rule: str
    reason: str
    field: str = ""
    place: str = ""


@dataclass(frozen=True)
class JudgedRow:
    """A row after the rules: the item as it goes on, and what the rules found."""

    row: Row
    item: Item
    refused: Finding | None = None
    repaired: Sequence[Finding] = ()
    warned: Sequence[Finding] = ()

    @property
    def name(self) -> str:
        """The item's id, or a name made from the row's values."""
        return printable(self.item.id)[:200] or name_from_values(self.row.values)


def judge_rows(
    rows: Iterable[Row],
    actions: Mapping[str, Action],
    mend: Callable[[Item], Item] = lambda item: item,
) -> Iterator[JudgedRow]:
    """Every row with what the rules found; each row that goes in comes out once.

    `mend` repairs by hand, first.
    """
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield from _judge_chunk(chunk, actions, mend)


def _judge_chunk(
    rows: Sequence[Row], actions: Mapping[str, Action], mend: Callable[[Item], Item]
) -> Iterator[JudgedRow]:
    items = [_item(row) if row.broken else mend(_item(row)) for row in rows]
    shapes = shape_failures(items)
    for row, item, failures in zip(rows, items, shapes, strict=True):
        yield _judge(row, item, failures, actions)


def _item(row: Row) -> Item:
    return Item(id=text(row.values.get("id"))) if row.broken else canonical(row.values)


def _judge(
    row: Row, item: Item, shapes: Sequence[tuple[str, str]], actions: Mapping[str, Action]
) -> JudgedRow:
    if row.broken:
        return JudgedRow(row, item, refused=_broken(row))
    findings = [Finding(rule, _reason(rule, name, item), name, row.place) for rule, name in shapes]
    findings += [
        Finding(rule, reason, name, row.place)
        for rule, name, reason in _text_failures(item, actions)
    ]
    by_action = {action: [f for f in findings if actions[f.rule] is action] for action in Action}
    if refusals := by_action[Action.REJECT]:
        first = min(refusals, key=lambda finding: (RULES.index(finding.rule), finding.field))
        return JudgedRow(row, item, refused=first)
    for finding in by_action[Action.REPAIR]:
        item = _repair(item, finding)
    return JudgedRow(row, item, repaired=by_action[Action.REPAIR], warned=by_action[Action.WARN])


def _broken(row: Row) -> Finding:
    if row.broken != ORPHAN:
        return Finding("row-shape", row.broken, place=row.place)
    topic = printable(str(row.values.get("topic", "")))
    return Finding(ORPHAN, f"the topic {topic!r} names no project", place=row.place)


def _text_failures(item: Item, actions: Mapping[str, Action]) -> Iterator[tuple[str, str, str]]:
    """The (rule, field, reason) of each rule about texts that one of the item's texts breaks."""
    # What no repair empties is a text like any other.
    kept = [field for rule, field in REPAIRS.items() if actions[rule] is not Action.REPAIR]
    texts = [(name, getattr(item, name)) for name in dict.fromkeys((*TEXTS, *kept))]
    texts += [("topics", topic) for topic in item.topics]
    for name, value in item.extra.items():
        parts = value if isinstance(value, list) else [value]
        texts += [("extra", str(text)) for text in (name, *parts)]
    for rule, check in TEXT_CHECKS.items():
        if actions[rule] is not Action.OFF:
            for field, text in texts:
                if reason := check(text):
                    yield rule, field, f"{field} {reason}"
                    break
    if actions["language-mismatch"] is not Action.OFF and (
        reason := mismatch(item.language, item.description)
    ):
        yield "language-mismatch", "language", reason


def _reason(rule: str, field: str, item: Item) -> str:
    if rule in MISSING:
        return MISSING[rule]
    value = " ".join(getattr(item, field)) if field == "topics" else getattr(item, field)
    if rule in ("too-long", "id-shape", "topic-shape"):
        return f"{field} breaks the rule {rule} with {len(value):,} characters"
    return f"{field} is {printable(value)[:80]!r}"


def _repair(item: Item, finding: Finding) -> Item:
    if finding.rule in REPAIRS:
        return with_field(item, REPAIRS[finding.rule], "")
    # thresholds.toml lets one other rule repair: bidi-characters.
    topics = tuple(sorted({strip_invisible(topic) for topic in item.topics} - {""}))
    title, description = strip_invisible(item.title), strip_invisible(item.description)
    return dataclasses.replace(item, title=title, description=description, topics=topics)


def with_field(item: Item, field: str, value: object) -> Item:
    """The item with one field changed."""
    changed: dict[str, Any] = {field: value}
    return dataclasses.replace(item, **changed)
