"""Normalization of texts, and the phrases that a question quotes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_SPACE = re.compile(r"\s+")
_NOT_IN_NAMES = re.compile(r"[^\w+#]+")
# A question of more words than this around its quotation marks is prose that mentions, not a search
# that demands.
MOST_WORDS_UNQUOTED = 10
# A mark after a digit is an inch, unless it ends what another one began.
_QUOTED = re.compile(r'(?<!\d)["“”„«]([^"“”„«»]+)["“”»]')


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


@dataclass(frozen=True)
class QueryParts:
    """The phrases that a question quotes, and all its text without the quotation marks."""

    bare: str
    phrases: tuple[str, ...]


def parts(text: str) -> QueryParts:
    """Split a question; what prose quotes, or has no letter or digit, is no phrase of it."""
    prose = len(_QUOTED.sub(" ", text).split()) > MOST_WORDS_UNQUOTED
    quoted = (match.strip() for match in ([] if prose else _QUOTED.findall(text)))
    phrases = tuple(dict.fromkeys(phrase for phrase in quoted if any(c.isalnum() for c in phrase)))
    return QueryParts(
        _SPACE.sub(" ", _QUOTED.sub(r" \1 ", text)).strip() if phrases else text, phrases
    )
