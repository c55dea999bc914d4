"""Here is a question as it was typed: give me how it is read by both legs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from searchbar.adapter import Adapter
from searchbar.dense import Dense
from searchbar.encoder import Encoder
from searchbar.lexical import Lexical
from searchbar.rules import Rules
from searchbar.spelling import Spelling
from searchbar.words import Parts, loose, parts

SYNONYM_WEIGHT = 0.7
MOST_READINGS = 4
# A correction must bring the question nearer to something by this much; otherwise the word was meant as written.
NEARER = 0.03

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Reading:
    """What the legs look for: a vector; stems with their weights; phrases that must occur.

    A word that a long question says twice counts twice: there it tells what the question is about.
    `rarity` is the sum of the stems' idf as the question has them; `corrected` is empty unless a word was misspelt.
    """

    text: str
    bare: str
    phrases: tuple[str, ...]
    vector: Floats
    stems: Mapping[str, float]
    rarity: float
    corrected: str
    rules: Sequence[str]


class Reader:
    """Reads questions with a release's words, rules and encoder."""

    def __init__(
        self,
        lexical: Lexical,
        dense: Dense,
        encoder: Encoder,
        rules: Rules,
        adapter: Adapter,
        shown: Callable[[str], bool],
    ) -> None:
        """`shown` says whether an item that may be shown holds a word."""
        self._lexical, self._dense, self._encoder, self._rules = lexical, dense, encoder, rules
        self._adapter, self._shown = adapter, shown
        self.spelling = Spelling(lexical.vocabulary, encoder.knows, shown)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Read several questions; encoding them together costs less."""
        split = [parts(text) for text in texts]
        corrected = [self._corrected(one) for one in split]
        wanted = [one.bare for one in split] + [text for text in corrected if text]
        vectors = self._encode(wanted)
        others = iter(vectors[len(texts) :])
        readings = []
        for text, one, vector, other in zip(texts, split, vectors[: len(texts)], corrected, strict=True):
            better = next(others) if other else vector
            if other and self._nearness(better) >= self._nearness(vector) + NEARER:
                readings.append(self._reading(text, Parts(other, one.phrases), better, other))
            else:
                readings.append(self._reading(text, one, vector, ""))
        return readings

    def _reading(self, text: str, split: Parts, vector: Floats, corrected: str) -> Reading:
        own = self._lexical.counted(split.bare)
        stems = {stem: float(count) for stem, count in own.items()}
        meant = self._rules.meant(split.bare)
        for _, other in meant:
            for stem in self._lexical.stems(other):
                stems.setdefault(stem, SYNONYM_WEIGHT)
        rarity = sum(count * self._lexical.idf(stem) for stem, count in own.items())
        rules = [f"synonym: {word} → {other}" for word, other in meant]
        return Reading(text, split.bare, split.phrases, vector, stems, rarity, corrected, rules)

    def _corrected(self, split: Parts) -> str:
        """The question with its misspelt words put right; empty when there is none."""
        quoted = {word for phrase in split.phrases for word in self._lexical.plain_words(phrase)}
        made, at = "", 0
        for word, start, end in self._lexical.plain_places(split.bare):
            occurs = self._lexical.occurs(word) and self._shown(word)
            better = "" if occurs or word in quoted else self.spelling.correct(word)
            if better and self._lexical.stems(better) != self._lexical.stems(word):
                made, at = made + split.bare[at:start] + better, end
        return made + split.bare[at:] if made else ""

    def _nearness(self, vector: Floats) -> float:
        nearest = self._dense.nearest(vector, 1)
        return float((self._dense.best_passages(nearest, vector) @ vector).max(initial=-1.0))

    def _encode(self, texts: Sequence[str]) -> Floats:
        """One vector a question; that of a question with synonyms is the mean of its readings."""
        readings = [self._with_synonyms(text) for text in texts]
        vectors = self._adapter(self._encoder.encode([one for several in readings for one in several]))
        if len(vectors) == len(texts):
            return vectors
        ends = np.cumsum([len(several) for several in readings])[:-1]
        means = np.stack([block.mean(axis=0) for block in np.split(vectors, ends)])
        unit: Floats = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def _with_synonyms(self, text: str) -> list[str]:
        padded = f" {loose(text)} "
        others = [padded.replace(f" {word} ", f" {other} ").strip() for word, other in self._rules.meant(text)]
        return [text, *others][:MOST_READINGS]
