"""Quotation marks of every language: which ones begin and end what is quoted."""

from __future__ import annotations

import re

# One spelling for marks that differ in width or direction of writing alone; places stay.
_OTHERS = "＂〝〞〟｢｣﹁﹂﹃﹄"
_ALIKE = str.maketrans(_OTHERS, '"“””「」「」『』')
# Opening and closing marks by kind: fingers and keyboards mix those of a kind, and no others. What
# is quoted by one kind may hold the marks of the next.
_KINDS = (('"“„', '"“”'), ("«", "«»"), ("‹", "‹›"), ("「", "」"), ("『", "』"))
# Swedish, Danish and German print have the marks of both ends the other way round: so only where a
# word may begin.
_REVERSED = (("”", '"“”'), ("»", "«»"), ("›", "‹›"))
_BEFORE = r"(?<![^\s:-])"
# A mark after a digit is an inch, unless it ends what another one began; so is one between spaces.
# One within a Hebrew word makes it an acronym.
_NO_INCH, _NO_ACRONYM = r'(?<!\d)(?!(?<=\d\s)["”]\s)', "(?<![\u05d0-\u05ea])"

OPENING = "".join(opening for opening, _ in _KINDS)
MARKS = "".join(dict.fromkeys("".join(map("".join, (*_KINDS, *_REVERSED)))))
ANY = frozenset(MARKS + _OTHERS)


def marked_alike(text: str) -> str:
    """A text of the same length, with each mark as the one that the patterns here know."""
    return text if text.isascii() else text.translate(_ALIKE)


def pattern() -> str:
    """What is quoted, with its marks; `quoted` of a match says where it stands."""
    return f"(?:{'|'.join([*_ways(_KINDS, ''), *_ways(_REVERSED, _BEFORE)])})"


def phrase_pattern() -> str:
    """The same where nothing before it says that it is quoted."""
    straight, *others = _ways(_KINDS, "")
    reverse, *reversed_others = _ways(_REVERSED, _BEFORE)
    measured = (f"{_NO_INCH}{_NO_ACRONYM}(?:{straight}|{reverse})", *others, *reversed_others)
    return f"(?:{'|'.join(measured)})"


def _ways(kinds: tuple[tuple[str, str], ...], before: str) -> list[str]:
    return [
        f"{before}[{opening}]([^{''.join(dict.fromkeys(opening + closing))}]+)[{closing}]"
        for opening, closing in kinds
    ]


def quoted(match: re.Match[str]) -> tuple[int, int]:
    """Where what is quoted stands of a match; an empty place where nothing is."""
    within = (match.span(group) for group in _numbered(match))
    return next((span for span in within if span[0] >= 0), (match.end(), match.end()))


def _numbered(match: re.Match[str]) -> list[int]:
    named = match.re.groupindex.values()
    return [number for number in range(1, match.re.groups + 1) if number not in named]


def unquoted(text: str) -> str:
    """A text without the marks around it."""
    alike = marked_alike(text)
    start, end = 0, len(text)
    while start < end and (alike[start] in MARKS or alike[start].isspace()):
        start += 1
    while end > start and (alike[end - 1] in MARKS or alike[end - 1].isspace()):
        end -= 1
    return text[start:end]
