"""Spelling: the word of the catalogue that a misspelt one was meant to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

from searchbar.query.scripts import is_word

SHORTEST, LONG = 5, 8


class Spelling:
    """The catalogue's own words; only they are offered: a correction always finds something."""

    def __init__(
        self,
        vocabulary: Callable[[], list[tuple[str, int]]],
        known: Callable[[str], bool],
        shown: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Take what is known of words.

        Args:
            vocabulary: gives every word with the number of items that hold it.
            known: whether a word that no item holds is one of the language all the same.
            shown: whether an item that may be shown holds a word.
        """
        self._vocabulary, self._known, self._shown = vocabulary, known, shown

    def correct(self, word: str) -> str:
        """What was meant by a word (in lower case); nothing for identifiers and right words."""
        if len(word) < SHORTEST or not is_word(word) or self._known(word):
            return ""
        most = 2 if len(word) >= LONG else 1
        near = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=most, limit=32)
        ranked = [
            (distance, candidate[0] != word[0], -self._counts[candidate], candidate)
            for candidate, distance, _ in near
        ]
        return next((candidate for *_, candidate in sorted(ranked) if self._shown(candidate)), "")

    @cached_property
    def _counts(self) -> Mapping[str, int]:
        return {
            word: count
            for word, count in self._vocabulary()
            if len(word) >= SHORTEST - 1 and is_word(word)
        }

    @cached_property
    def _words(self) -> list[str]:
        return list(self._counts)
