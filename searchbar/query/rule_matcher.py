"""The rule matcher: which of a catalogue's rules a question touches, in any form of its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from searchbar.query.normalize import loose
from searchbar.query.rules import Rules
from searchbar.query.scripts import parted

Stems = tuple[str, ...]


@dataclass(frozen=True)
class SynonymMatch:
    """A word or phrase of a rule, what it means too, and the words of the question, from `start`
    to before `end`, that say it."""

    word: str
    synonym: str
    start: int
    end: int


class RuleMatcher:
    """A release's rules, compared by the stems of words: `laptop` in a rule is `laptops`, too."""

    def __init__(self, rules: Rules, stems_of: Callable[[str], Sequence[str]]) -> None:
        """`stems_of` gives the stems of a text as the release's index has them."""
        self._stems_of, self._pins = stems_of, rules.pins
        self._synonyms = self._by_first(rules.synonyms)
        self._contained = self._by_first(rules.contained)

    def stems(self, text: str) -> Stems:
        """One for each word; that of a word with a sign is itself: C++ is not C."""
        return tuple(self._stem(word) for word in _words(text))

    def pinned(self, *texts: str) -> list[str]:
        """The ids that come first for a question, in any of these spellings of it."""
        exact = [self._pins.get(loose(text), ()) for text in texts]
        held = [ids for text in texts for _, ids, *_ in self._matches(text, self._contained)]
        return list(dict.fromkeys(id for ids in (*exact, *held) for id in ids))

    def synonyms_in(self, text: str) -> list[SynonymMatch]:
        """What means something else, too, in a question; once for every place and synonym."""
        return [
            SynonymMatch(word, synonym, start, end)
            for word, synonyms, start, end in self._matches(text, self._synonyms)
            for synonym in dict.fromkeys(synonyms)
        ]

    def variants(self, text: str) -> list[str]:
        """The question with a synonym in place of what it stands for: one for each synonym."""
        words = _words(text) if self._synonyms else []
        variants: dict[tuple[str, str], list[str]] = {}
        # From the last place to the first, since what stands behind moves.
        for match in reversed(self.synonyms_in(text)):
            variant = variants.setdefault((match.word, match.synonym), list(words))
            variant[match.start : match.end] = [match.synonym]
        return [" ".join(variant) for variant in reversed(variants.values())]

    def _matches(
        self, text: str, rules: Mapping[str, Sequence[_Entry]]
    ) -> Iterator[tuple[str, Sequence[str], int, int]]:
        stems = self.stems(text) if rules else ()
        for start, first in enumerate(stems):
            for entry in rules.get(first, ()):
                end = start + len(entry.stems)
                if stems[start:end] == entry.stems:
                    yield entry.word, entry.means, start, end

    def _by_first(self, rules: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[_Entry]]:
        entries: dict[str, list[_Entry]] = {}
        for word, means in rules.items():
            if stems := self.stems(word):
                entries.setdefault(stems[0], []).append(_Entry(stems, word, means))
        return entries

    def _stem(self, word: str) -> str:
        stems = [] if "+" in word or "#" in word else self._stems_of(word)
        return " ".join(stems) or word


def _words(text: str) -> list[str]:
    """The words of a text; of a script without spaces, its characters."""
    return [part for word in loose(text).split() for part in parted(word)]


@dataclass(frozen=True)
class _Entry:
    """A word or phrase of a rule with its stems, and what follows from it."""

    stems: Stems
    word: str
    means: Sequence[str]
