"""What a question says of a person, left out before it is shown to others."""

from __future__ import annotations

import re

MASKS = (
    (re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"'.]{2,}"), "[e-mail]"),
    (re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE), "[address]"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"), "[account]"),
    # Telephone and card numbers; a model number of a few digits stays.
    (re.compile(r"(?<![\w.])\+?\(?\d(?:[ ()/.-]{0,2}\d){6,18}(?!\w)"), "[number]"),
)
LONGEST = 120


def masked(question: str) -> str:
    """A question without e-mail and web addresses, accounts and long numbers; one line, cut."""
    text = " ".join(question.split())
    for pattern, word in MASKS:
        text = pattern.sub(word, text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
