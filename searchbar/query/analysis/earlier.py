"""Names as releases before format 4 have sealed them."""

from __future__ import annotations

import re
import unicodedata

_SPACE, _NOT_IN_NAMES = re.compile(r"\s+"), re.compile(r"[^\w+#]+")


def fold(text: str) -> str:
    """One spelling for what looks the same: compatibility forms, case and spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def loose(text: str) -> str:
    """As `fold`, without accents, and with a space for every run of punctuation but + and #."""
    bare = unicodedata.normalize("NFKD", fold(text))
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return _NOT_IN_NAMES.sub(" ", bare.replace("_", " ")).strip()
