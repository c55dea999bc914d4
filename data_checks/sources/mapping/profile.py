"""Profile of a column: what its values look like, whatever it is called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from data_checks.canonical_text import text
from data_checks.sources.mapping.evidence import first

_CODE = re.compile(r"(?=\S*\d)[\w.:/+*#-]{3,40}")
_NO_TEXT = re.compile(
    r"(?:https?|ftp)://\S+|//\S+|\S+@\S+\.\w+|\S*/\S*|\S*\.(?:png|jpe?g|gif|webp|pdf|html?)"
    r"|[\[{].*[\]}]|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b.*|[0-9a-f-]{16,}|\d{4}-\d\d-\d\d.*",
    re.IGNORECASE | re.DOTALL,
)
# So much of a text shows what it is.
LOOKED_AT = 400
_NO_STRINGS = (list, tuple, dict, bool, int, float)


@dataclass(frozen=True)
class Profile:
    """What the values of a column look like.

    `filled`, `distinct` (of those that are filled), `worded` (texts of letters) and `coded` (one
    word with a digit in it) are shares from 0 to 1; `words` and `letters` are medians.
    """

    filled: float = 0.0
    distinct: float = 0.0
    worded: float = 0.0
    coded: float = 0.0
    words: float = 0.0
    letters: float = 0.0

    @property
    def is_text(self) -> bool:
        """Whether the column holds texts that people read."""
        return self.worded >= 0.6


def profile_of(values: Sequence[Any]) -> Profile:
    """The profile of these values, one a row."""
    texts = [written for value in values if (written := text(first(value)))]
    if not texts:
        return Profile()
    plain = sum(not isinstance(value, _NO_STRINGS) for value in values if text(value)) / len(texts)
    share = len(texts)
    return Profile(
        filled=len(texts) / len(values),
        distinct=len(set(texts)) / len(texts),
        worded=min(plain, sum(map(_is_worded, texts)) / share),
        coded=sum(bool(_CODE.fullmatch(written)) for written in texts) / share,
        words=median(len(written.split()) for written in texts),
        letters=median(map(len, texts)),
    )


def _is_worded(written: str) -> bool:
    written = written[:LOOKED_AT]
    if _NO_TEXT.fullmatch(written) or _CODE.fullmatch(written):
        return False
    signs = [letter for letter in written if not letter.isspace()]
    return len(written) >= 2 and 2 * sum(map(str.isalpha, signs)) >= len(signs)
