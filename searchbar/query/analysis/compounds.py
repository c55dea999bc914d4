"""Compounds: words that a language writes as one, split by the catalogue's own words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from itertools import islice, takewhile

from searchbar.query.analysis.word_forms import stem_forms
from searchbar.query.scripts import is_word

# A part has so many letters; one of this many needs no other part that stands alone somewhere.
SHORTEST, TELLING, LEAST_REST = 4, 5, 3
# What may stand between two parts, and what the first one may have lost.
_LINKS, _LOST = ("", "s", "n", "en", "es", "er", "e", "ens", "t"), ("", "e", "en")
# A part of a compound counts for this much of it, and a compound for this much of its last part,
# which it is a kind of, or of its first one.
PART, KIND_OF, BEGINNING = 0.5, 0.7, 0.5
MOST = 64


class Compounds:
    """The compounds of a catalogue in one language, and the parts of what is asked."""

    def __init__(self, vocabulary: Callable[[], Sequence[tuple[str, int]]], language: str) -> None:
        """`vocabulary` gives every plain word with the number of items that hold it."""
        self._vocabulary, self._language = vocabulary, language
        self.like = lru_cache(maxsize=4096)(self._like)

    def _like(self, word: str) -> Mapping[str, float]:
        """The stems of what a plain word is a part of, and of its own parts, and what share of the
        word each of them counts for."""
        if len(word) < SHORTEST or not is_word(word):
            return {}
        own, found = self._stem(word), dict[str, float]()
        found.update((stem, BEGINNING) for stem in self._beginning(word))
        found.update((stem, KIND_OF) for stem in self._ending(own, word))
        parts = next(self._split(word), ())
        found.update((stem, PART) for stem in parts if stem not in found)
        found.pop(own, None)
        return found

    def _ending(self, own: str, word: str) -> Iterator[str]:
        """The held stems that end with this one, after what is a word or most likely one."""
        if len(own) < LEAST_REST:
            return
        mirrored = own[::-1]
        ends = takewhile(partial(_begins, mirrored), self._from(self._mirrored, mirrored))
        rests = ((each[::-1], each[len(own) :][::-1]) for each in ends if len(each) > len(own))
        fitting = (
            stem
            for stem, rest in rests
            if len(rest) >= LEAST_REST and (len(word) >= TELLING or self._is_first_part(rest))
        )
        yield from self._frequent(fitting)

    def _beginning(self, word: str) -> Iterator[str]:
        """The stems of held words that begin with this one, before a word that stands alone."""
        first = [word.removesuffix(lost) for lost in _LOST if word.endswith(lost)]
        fitting = (
            self._stem(each)
            for start in first
            if len(start) >= SHORTEST
            for each in takewhile(partial(_begins, start), self._from(self._words, start))
            if self._goes_on(each[len(start) :])
        )
        yield from self._frequent(fitting)

    def _goes_on(self, rest: str) -> bool:
        """Whether a word that stands alone follows, perhaps after what links it."""
        return any(self._stands(rest[len(link) :]) for link in _LINKS if rest.startswith(link))

    def _split(self, word: str) -> Iterator[tuple[str, str]]:
        """The stems of both parts of a word where each stands alone; the longest last one first."""
        for cut in range(SHORTEST, len(word) - SHORTEST + 1):
            first, last = word[:cut], word[cut:]
            if self._stands(last) and (stem := self._first_part(first)):
                yield stem, self._stem(last)

    def _is_first_part(self, rest: str) -> bool:
        return bool(self._first_part(rest))

    def _first_part(self, rest: str) -> str:
        """The stem of the word that stands before another, without what links them."""
        bare = (rest.removesuffix(link) for link in _LINKS if rest.endswith(link))
        whole = (each + lost for each in bare for lost in _LOST)
        return next((self._stem(each) for each in whole if self._stands(each)), "")

    def _stands(self, word: str) -> bool:
        return len(word) >= SHORTEST and self._stem(word) in self._stems

    def _stem(self, word: str) -> str:
        return next(iter(stem_forms(word, self._language)), "")

    def _frequent(self, stems: Iterator[str]) -> Iterator[str]:
        known = self._stems
        yield from islice(sorted(dict.fromkeys(stems), key=lambda s: -known.get(s, 0)), MOST)

    @cached_property
    def _stems(self) -> Mapping[str, int]:
        stems: dict[str, int] = {}
        for word, count in self._vocabulary():
            if len(word) >= SHORTEST and is_word(word):
                stem = self._stem(word)
                stems[stem] = stems.get(stem, 0) + count
        return stems

    @cached_property
    def _mirrored(self) -> list[str]:
        return sorted(stem[::-1] for stem in self._stems)

    @cached_property
    def _words(self) -> list[str]:
        words = (word for word, _ in self._vocabulary())
        return sorted(word for word in words if len(word) >= 2 * SHORTEST and is_word(word))

    @staticmethod
    def _from(ordered: Sequence[str], start: str) -> Iterator[str]:
        return (ordered[place] for place in range(bisect_left(ordered, start), len(ordered)))


def _begins(start: str, word: str) -> bool:
    return word.startswith(start)
