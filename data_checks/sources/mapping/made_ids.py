"""Ids made of a title or an address, for catalogues that have none."""

from __future__ import annotations

import hashlib
import re

LONGEST = 120
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://(?:www\.)?", re.IGNORECASE)
# What stands between words and tells no two titles apart, unlike the signs of C++ and C#.
_BETWEEN = re.compile(
    r"[\s\-_,;:!?'\"()\[\]{}/|=&\u2010-\u201f\u2026\u00ab\u00bb]+|(?<=\w)\.|\.(?=\s|$)"
)


def made_id(written: str) -> str:
    """A readable id: the words of the text in small letters, joined by hyphens.

    Where letters had to go that may tell two texts apart, or it is long, a digest stands behind.
    """
    text = _SCHEME.sub("", written.strip()).casefold()
    kept = _BETWEEN.sub(" ", text).split()
    words = re.findall(r"\w+", " ".join(kept))
    slug = "-".join(words)[:LONGEST].rstrip("-")
    if "".join(kept) == "".join(words) and len("-".join(words)) <= LONGEST:
        return slug
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{slug}-{digest}" if slug else digest
