"""Faults of one changed row: what it lost or mixed up, each named after its condition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

SEARCHED = ("title", "description", "topics")
FAULTS = (
    "titles-lost",
    "titles-are-ids",
    "titles-swapped",
    "letters-lost",
    "descriptions-replaced",
    "links-moved",
)
# Shorter texts share too few words to tell a replaced one from a mended one.
FEWEST_WORDS = 3
ALIKE = 0.1
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)


def faults(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """The faults that a row got with its change."""
    old_title, old_text = before.get("title", ""), before.get("description", "")
    title, text = after.get("title", ""), after.get("description", "")
    if title != old_title:
        if not title:
            yield "titles-lost"
        elif title == after["id"]:
            yield "titles-are-ids"
        elif _is_swapped(title, text, old_title, old_text):
            yield "titles-swapped"
    if _lost_letters(old_title, title) or _lost_letters(old_text, text):
        yield "letters-lost"
    elif _is_replaced(old_text, text):
        yield "descriptions-replaced"
    if before.get("url") and _place(before["url"]) != _place(after.get("url", "")):
        yield "links-moved"


def _is_swapped(title: str, text: str, old_title: str, old_text: str) -> bool:
    """Title and description changed places; a long one may have been cut to fit."""
    return bool(old_title) and text == old_title and old_text.startswith(title)


def _lost_letters(before: str, after: str) -> bool:
    """Letters outside ASCII became question marks."""
    return before != after and not before.isascii() and _NOT_ASCII.sub("?", before) == after


def _is_replaced(before: str, after: str) -> bool:
    """The description shares next to no word with the one before."""
    old, new = (set(text.casefold().split()) for text in (before, after))
    if before == after or len(old) < FEWEST_WORDS or not new:
        return False
    return len(old & new) < ALIKE * len(old | new)


def _place(url: str) -> str:
    """What a link leads to; http or https and a slash at its end do not count."""
    return _SCHEME.sub("", url).rstrip("/")
