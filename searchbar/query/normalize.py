"""Normalization of texts."""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_NOT_IN_NAMES = re.compile(r"[^\w+#]+")


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
