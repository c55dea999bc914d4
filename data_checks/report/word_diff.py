"""Word diff of a text before and after: its words as kept, gone or new."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

LONGEST = 1_200
_WORD = re.compile(r"\s+|\w+|[^\w\s]")


def word_diff(before: str, after: str) -> list[tuple[str, str]]:
    """Pieces as ("kept" | "gone" | "new", text), in reading order; very long texts are cut,
    and end with `…`."""
    old, new = (_WORD.findall(_cut(text)) for text in (before, after))
    pieces: list[tuple[str, str]] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("kept", "".join(old[a:b])))
            continue
        if a < b:
            pieces.append(("gone", "".join(old[a:b])))
        if c < d:
            pieces.append(("new", "".join(new[c:d])))
    return pieces


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
