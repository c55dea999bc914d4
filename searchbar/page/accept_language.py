"""Accept-Language (RFC 9110): which of the page's languages a visitor's browser asks for."""

from __future__ import annotations

import re
from collections.abc import Container

# A browser sends a hundred characters at most; nobody is read for longer.
LONGEST, MOST = 1000, 32
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*"
    r"(?:;\s*[Qq]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?"
)


def accepted(header: str) -> list[str]:
    """The languages that a header asks for, in lower case, the most wanted first.

    What is no language is passed over, as is one that is not wanted at all (`q=0`).
    """
    matches = (_RANGE.fullmatch(part) for part in header[:LONGEST].split(",")[:MOST])
    ranges = [(match[1].lower(), float(match[2] or 1)) for match in matches if match]
    ranges.sort(key=lambda wanted: -wanted[1])
    return [language for language, quality in ranges if quality]


def chosen(header: str, languages: Container[str], default: str) -> str:
    """The language to answer in: of a region (`de-AT`) its language, of none `default`."""
    for language in accepted(header):
        if language == "*":
            return default
        while language:
            if language in languages:
                return language
            language = language.rpartition("-")[0]
    return default
