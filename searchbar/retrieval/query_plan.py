"""Query plans: how both legs read a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from searchbar.query.analyzers import PLAIN, WORDS
from searchbar.query.normalize import QueryParts, loose, parts
from searchbar.query.rules import Rules
from searchbar.query.spelling import Spelling
from searchbar.retrieval.adapter import Adapter
from searchbar.retrieval.dense import Dense
from searchbar.retrieval.encoder import Encoder
from searchbar.retrieval.lexical import Lexical

SYNONYM_WEIGHT = 0.7
MOST_VARIANTS = 4
# A correction must bring the question nearer to something by this much; otherwise the word was
# meant as written.
NEARER = 0.03

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class QueryPlan:
    """What the legs look for: a vector, stems with their weights, phrases that must occur.

    A word that a long question says twice counts twice: there it tells what the question is about.
    `rarity` is the sum of the stems' idf as the question has them; `corrected` is empty unless a
    word was misspelt.
    """

    text: str
    bare: str
    phrases: tuple[str, ...]
    vector: Floats
    stems: Mapping[str, float]
    rarity: float
    corrected: str
    rules: Sequence[str]


class QueryPlanner:
    """Reads questions with a release's words, rules and encoder."""

    def __init__(
        self,
        lexical: Lexical,
        dense: Dense,
        encoder: Encoder,
        rules: Rules,
        adapter: Adapter,
        shown: Callable[[str, str], bool],
    ) -> None:
        """`shown` says whether an item that may be shown holds a term of a field."""
        self._lexical, self._dense, self._encoder, self._rules = lexical, dense, encoder, rules
        self._adapter, self._shown = adapter, shown
        self.spelling = Spelling(lexical.vocabulary, encoder.knows, partial(shown, PLAIN))

    def plan(self, texts: Sequence[str]) -> list[QueryPlan]:
        """Read several questions; encoding them together costs less."""
        questions = [parts(text) for text in texts]
        corrected = [self._corrected(question) for question in questions]
        bare = [question.bare for question in questions] + [text for text in corrected if text]
        vectors = self._encode(bare)
        corrected_vectors = iter(vectors[len(texts) :])
        plans = []
        for text, question, vector, correction in zip(
            texts, questions, vectors[: len(texts)], corrected, strict=True
        ):
            better = next(corrected_vectors) if correction else vector
            if correction and self._nearness(better) >= self._nearness(vector) + NEARER:
                replaced = QueryParts(correction, question.phrases)
                plans.append(self._plan(text, replaced, better, correction))
            else:
                plans.append(self._plan(text, question, vector, ""))
        return plans

    def _plan(self, text: str, question: QueryParts, vector: Floats, corrected: str) -> QueryPlan:
        own = self._lexical.counted(question.bare)
        stems = {stem: float(count) for stem, count in own.items()}
        meant = self._rules.synonyms_in(question.bare)
        for _, synonym in meant:
            for stem in self._lexical.stems(synonym):
                stems.setdefault(stem, SYNONYM_WEIGHT)
        rarity = sum(count * self._rarity(stem) for stem, count in own.items())
        rules = [f"synonym: {word} → {synonym}" for word, synonym in meant]
        return QueryPlan(
            text, question.bare, question.phrases, vector, stems, rarity, corrected, rules
        )

    def _rarity(self, stem: str) -> float:
        """A stem that no shown item holds weighs as one that nothing holds, or its weight would
        tell that something does."""
        return self._lexical.idf(stem if self._shown(WORDS, stem) else "")

    def _corrected(self, question: QueryParts) -> str:
        """The question with its misspelt words put right; empty when there is none."""
        quoted = {word for phrase in question.phrases for word in self._lexical.plain_words(phrase)}
        correction, at = "", 0
        for word, start, end in self._lexical.plain_places(question.bare):
            occurs = self._lexical.occurs(word) and self._shown(PLAIN, word)
            better = "" if occurs or word in quoted else self.spelling.correct(word)
            if better and self._lexical.stems(better) != self._lexical.stems(word):
                correction, at = correction + question.bare[at:start] + better, end
        return correction + question.bare[at:] if correction else ""

    def _nearness(self, vector: Floats) -> float:
        nearest = self._dense.nearest(vector, 1)
        return float((self._dense.best_passages(nearest, vector) @ vector).max(initial=-1.0))

    def _encode(self, texts: Sequence[str]) -> Floats:
        """One vector a question; that of a question with synonyms is the mean of its variants."""
        variants = [self._with_synonyms(text) for text in texts]
        vectors = self._adapter(
            self._encoder.encode([variant for several in variants for variant in several])
        )
        if len(vectors) == len(texts):
            return vectors
        ends = np.cumsum([len(several) for several in variants])[:-1]
        means = np.stack([block.mean(axis=0) for block in np.split(vectors, ends)])
        unit: Floats = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def _with_synonyms(self, text: str) -> list[str]:
        padded = f" {loose(text)} "
        variants = [
            padded.replace(f" {word} ", f" {synonym} ").strip()
            for word, synonym in self._rules.synonyms_in(text)
        ]
        return [text, *variants][:MOST_VARIANTS]
