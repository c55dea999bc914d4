"""Normalization of texts."""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_NOT_IN_NAMES = re.compile(r"[^\w+#]+")
# A text as `fold` and as `loose` have it.
Forms = tuple[str, str]


def fold(text: str) -> str:
    """One spelling for what looks the same: compatibility forms, case and spaces."""
    if text.isascii():  # Most texts are, and have no other forms.
        return " ".join(text.lower().split())
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def loose(text: str) -> str:
    """As `fold`, without accents, and with a space for every run of punctuation but + and #."""
    bare = fold(text)
    if not bare.isascii():
        bare = "".join(
            c for c in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(c)
        )
    return _NOT_IN_NAMES.sub(" ", bare.replace("_", " ")).strip()


def forms(text: str) -> Forms:
    """What a text is compared by with what somebody types."""
    return fold(text), loose(text)


def begins(text: Forms, typed: Forms, before: str = "") -> bool:
    """Whether a text begins as it is typed, but for case, spaces, accents and signs.

    With a space `before`, also whether a word of it does.
    """
    return any(
        start and (f"{before}{start}" in f"{before}{own}" if before else own.startswith(start))
        for own, start in zip(text, typed, strict=True)
    )
