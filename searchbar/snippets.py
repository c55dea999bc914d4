"""Here is an item and a question's words: give me the stretch of text that shows why it fits."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping

LONGEST = 240
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s+|\n+")

Places = Callable[[str], list[tuple[str, int, int]]]


def snippet(text: str, weights: Mapping[str, float], places: Places) -> tuple[str, float]:
    """The best sentence as HTML with marked words, and what the marked words weigh together.

    `weights` says what each stem of the question weighs; `places` finds the stems of a text.
    """
    found = [place for place in places(text) if place[0] in weights]
    start, end = _best_stretch(text, found, weights)
    weight = sum(weights[stem] for stem in {stem for stem, _, _ in found})
    return _marked(text, start, end, [(a, b) for _, a, b in found if start <= a and b <= end]), weight


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence starts and ends."""
    ends = [match.span() for match in _SENTENCE_END.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    return [(start, stop) for start, stop in zip(starts, stops, strict=True) if text[start:stop].strip()]


def stretch(text: str, start: int, end: int) -> tuple[int, int]:
    """At most LONGEST characters from a start, cut at a space."""
    if end - start <= LONGEST:
        return start, end
    cut = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
    return start, cut if cut > 0 else start + LONGEST


def _best_stretch(text: str, found: list[tuple[str, int, int]], weights: Mapping[str, float]) -> tuple[int, int]:
    best, best_weight = (0, len(text)), -1.0
    for start, end in sentences(text):
        inside = [place for place in found if start <= place[1] < end]
        first = max(start, inside[0][1] - 60) if inside and end - start > LONGEST else start
        if first > start:
            first = text.find(" ", first) + 1 or first
        stop = stretch(text, first, end)[1]
        weight = sum(weights[stem] for stem in {s for s, a, _ in inside if first <= a < stop})
        if weight > best_weight:
            best, best_weight = (first, end), weight
    return stretch(text, *best)


def _marked(text: str, start: int, end: int, marks: list[tuple[int, int]]) -> str:
    pieces, at = [], start
    for first, last in marks:
        pieces += [html.escape(text[at:first]), "<mark>", html.escape(text[first:last]), "</mark>"]
        at = last
    made = "".join([*pieces, html.escape(text[at:end])]).strip()
    return ("… " if start > 0 else "") + made + (" …" if end < len(text.rstrip()) else "")
