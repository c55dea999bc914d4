"""Which releases answered in a week, and what each changed beside the one before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from release_format.release import KIND
from release_format.seal import FormatError
from release_format.store.base import Store
from release_format.verdict import Verdict
from searchbar.feedback.proportion import Proportion
from searchbar.feedback.query_log import ReleaseUse

_ID = re.compile(r"[0-9a-f]{64}")
MOST = 20
WORDS = {
    "snapshot": "the catalogue's rows",
    "recipe": "the recipe",
    "rules": "the search rules",
    "judgments": "the judged questions",
    "encoder": "the encoder",
    "builder": "the program that builds",
}
GONE = "The store holds it no longer, so what it changed cannot be told."


@dataclass(frozen=True)
class AnsweringRelease:
    """A release that answered: when its first and last question of the week was asked, how many,
    whether it came in this week, and sentences about what it changed."""

    id: str
    first: str
    last: str
    answered: Proportion
    is_new: bool
    changed: str


def is_id(name: str) -> bool:
    """Whether a line of the log names a release as only a server does: no path, no channel."""
    return _ID.fullmatch(name) is not None


def releases(
    uses: Mapping[str, ReleaseUse], earlier: str, store: Store | None
) -> list[AnsweringRelease]:
    """The releases of a week, in the order in which they first answered.

    Args:
        uses: what each was used for.
        earlier: the release that answered last before the week; empty where nobody knows.
        store: where releases and their verdicts are kept; None where it cannot be asked.
    """
    ordered = sorted(uses, key=lambda release: uses[release].first)[:MOST]
    told, before = [], earlier
    for release in ordered:
        use = uses[release]
        changed = _changed(store, release, before)
        answered = Proportion(use.answered, use.asked)
        told.append(
            AnsweringRelease(release, use.first, use.last, answered, release != before, changed)
        )
        before = release
    return told


def _changed(store: Store | None, release: str, before: str) -> str:
    if release == before:
        return "Live since before this week."
    if store is None or not is_id(release):
        return GONE
    try:
        sentences = list(_sentences(store, release, before))
    except (FormatError, OSError):
        return GONE
    return " ".join(sentences)


def _sentences(store: Store, release: str, before: str) -> Iterator[str]:
    manifest = store.manifest(KIND, release)
    yield f"Built {manifest.created_at[:10]}."
    if not is_id(before):
        yield "What answered before it is not in the log."
        return
    yield from _compared(store, f"{before[:12]}-{release[:12]}")
    try:
        made_from = store.manifest(KIND, before).made_from
    except FormatError:
        yield f"The one before it, {before[:12]}, is no longer in the store."
        return
    new = [word for name, word in WORDS.items() if made_from.get(name) != manifest.made_from[name]]
    yield f"Beside {before[:12]} it has new: {', '.join(new)}." if new else "Made of the same."


def _compared(store: Store, pair_name: str) -> Iterator[str]:
    """What the search diff of two releases saw, where there was one."""
    try:
        text = store.record("pair", pair_name)
        if text is None:
            return
        pair = Verdict.from_json(text)
    except (FormatError, UnicodeDecodeError):
        yield "What the search diff saw of it cannot be read."
        return
    facts: Mapping[str, Any] = pair.facts if isinstance(pair.facts, Mapping) else {}
    numbers = [facts.get(name) for name in ("questions_changed", "questions")]
    if all(type(number) is int for number in numbers):
        yield f"{numbers[0]:,} of {numbers[1]:,} compared questions change their first ten."
    moved = [facts.get(name) for name in ("items_appeared", "items_vanished")]
    if all(type(number) is int for number in moved):
        yield f"{moved[0]:,} items came, {moved[1]:,} went."
    for condition in pair.conditions:
        if condition.name == "ndcg-change" and condition.measured is not None:
            yield f"Judged questions: {condition.seen}."
