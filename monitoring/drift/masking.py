"""What a question says of a person, or opens, left out before it is shown to others."""

from __future__ import annotations

import re
import unicodedata

from release_format.secrets.redaction import redacted

MASKS = (
    (re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"'.]{2,}"), "[e-mail]"),
    (re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE), "[address]"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"), "[account]"),
    (
        re.compile(r"\b(?:gh[a-z]_|github_pat_|gl[a-z]{2,6}-|sk-|xox\w-|AKIA|ASIA|eyJ)[\w.-]{12,}"),
        "[secret]",
    ),
    (re.compile(r"(?<![\w-])(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{28,}"), "[secret]"),
    # The same where case is lost: letters of the bank, then digits.
    (re.compile(r"\b[a-z]{2}\d{2}(?: ?[a-z]{4})?(?: ?\d{4}){2,6}(?: ?\d{1,4})?\b"), "[account]"),
    # Telephone and card numbers; a model number of a few digits stays.
    (re.compile(r"(?<![\w.])\+?\(?\d(?:[ ()/.-]{0,2}\d){6,18}(?!\w)"), "[number]"),
)
LONGEST = 120
# Joiners that the scripts of Persia and India, and emoji, are written with.
_JOINERS = "\u200c\u200d"


def masked(question: str) -> str:
    """A question without e-mail and web addresses, accounts, long numbers, passwords and tokens;
    one line, cut, and nothing in it that turns the text around it or cannot be seen."""
    text = redacted(shown_line(question))
    for pattern, word in MASKS:
        text = pattern.sub(word, text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def is_plain(question: str) -> bool:
    """Whether nothing had to be left out of a question, so that it may be kept as it is."""
    return masked(question) == " ".join(question.split())


def shown_line(text: str) -> str:
    """One line of signs that are seen: some of the others turn round what stands after them."""
    return " ".join("".join(map(_visible, text)).split())


def _visible(sign: str) -> str:
    """A sign as it may be shown; words of some scripts, and emoji, need their joiners."""
    if sign.isspace():
        return " "
    category = unicodedata.category(sign)
    if category == "Cs":
        return "\ufffd"
    return "" if category.startswith("C") and sign not in _JOINERS else sign
