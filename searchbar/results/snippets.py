"""Snippets: the stretch of a text that shows why it fits a question."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace

from searchbar.query.scripts import character_start, is_unspaced

LONGEST, BEFORE = 240, 60
# Chinese and Japanese write no space after a sentence.
_SENTENCE_END = re.compile(r"(?<=[.!?…।؟])\s+|(?<=[。！？])\s*|\n+")

Place = tuple[str, int, int]
Span = tuple[int, int]
Places = Callable[[str, Container[str]], list[Place]]


@dataclass(frozen=True)
class Snippet:
    """A stretch of a text, and the places of the question's stems in all of it."""

    text: str
    matches: tuple[Place, ...]
    start: int
    end: int

    @classmethod
    def of(cls, text: str, weights: Mapping[str, float], places: Places) -> Snippet:
        """The stretch whose words weigh most; `places` finds stems in a text."""
        matches = tuple(places(text, weights))
        return cls(text, matches, *_heaviest(text, matches, weights))

    @property
    def stems(self) -> set[str]:
        """The question's stems that the whole text holds."""
        return {stem for stem, _, _ in self.matches}

    def at(self, start: int, end: int) -> Snippet:
        """Another stretch of the same text."""
        return replace(self, start=start, end=end)

    def html(self) -> str:
        """The stretch as HTML: everything escaped, the question's words in <mark>."""
        pieces, at = [], self.start
        for first, last in _marked(self.matches):
            if at <= first and last <= self.end:
                marked = f"<mark>{html.escape(self.text[first:last])}</mark>"
                pieces += [html.escape(self.text[at:first]), marked]
                at = last
        marked_text = "".join([*pieces, html.escape(self.text[at : self.end])]).strip()
        before, after = self.text[: self.start].strip(), self.text[self.end :].strip()
        return ("… " if before else "") + marked_text + (" …" if after else "")


def _marked(matches: tuple[Place, ...]) -> Iterator[Span]:
    """Where marks start and end: pairs of characters that overlap are one."""
    start = end = 0
    for _, first, last in matches:
        if first < end:
            end = max(end, last)
            continue
        if end > start:
            yield start, end
        start, end = first, last
    if end > start:
        yield start, end


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence starts and ends."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if not _blank(text, start, match.start()):
            yield start, match.start()
        start = match.end()
    if not _blank(text, start, len(text)):
        yield start, len(text)


def _blank(text: str, start: int, end: int) -> bool:
    return start == end or text[start:end].isspace()


def stretch(text: str, start: int, end: int) -> tuple[int, int]:
    """At most LONGEST characters from a start, cut at a space, or at least between two characters
    of what a reader sees."""
    if end - start <= LONGEST:
        return start, end
    cut = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
    return start, cut if cut > 0 else character_start(text, start + LONGEST)


def _heaviest(
    text: str, matches: tuple[Place, ...], weights: Mapping[str, float]
) -> tuple[int, int]:
    if len(text) <= LONGEST:
        return 0, len(text)
    best, most = (0, character_start(text, LONGEST)), -1.0
    last_match = matches[-1][1] if matches else 0
    for start, end in sentences(text):
        if start > last_match and most >= 0:
            break  # What follows holds none of the question's words.
        inside = [place for place in matches if start <= place[1] < end]
        first, last = stretch(text, _first(text, start, end, inside), end)
        weight = sum(weights[stem] for stem in {stem for stem, a, _ in inside if first <= a < last})
        if weight > most:
            best, most = (first, last), weight
    return best


def _first(text: str, start: int, end: int, inside: list[Place]) -> int:
    """Where to begin: a long sentence begins a little before its first match."""
    if not inside or end - start <= LONGEST or inside[0][1] - BEFORE <= start:
        return start
    first = inside[0][1]
    if is_unspaced(text[first]):
        return character_start(text, first - BEFORE)
    return text.find(" ", first - BEFORE, first) + 1 or first
