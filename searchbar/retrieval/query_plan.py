"""Query plans: how both legs read a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from release_format.items import Item
from searchbar.query.analyzers import PLAIN, WORDS
from searchbar.query.hyphens import Hyphens
from searchbar.query.normalize import fold
from searchbar.query.parser import ColumnOf, ParsedQuestion, parse
from searchbar.query.rule_matcher import RuleMatcher
from searchbar.query.spelling import Spelling
from searchbar.retrieval.adapter import Adapter
from searchbar.retrieval.encoder import Encoder
from searchbar.retrieval.words.lexical import NAMES, Lexical

SYNONYM_WEIGHT = 0.7
MOST_VARIANTS = 4
# A correction must bring the question nearer to something by this much; otherwise the word was
# meant as written.
NEARER = 0.03
# A question more of whose words the encoder does not know says nothing by its vector.
MOST_UNKNOWN = 0.5

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class QueryPlan:
    """What the legs look for: a vector, and stems with their weights.

    `bare` is the text that is looked for, its misspelt words put right; `parsed` is the question as
    it was read, with the phrases that must occur. A word that a long question says twice counts
    twice: there it tells what the question is about. `rarity` is the sum of the stems' idf as the
    question has them; `corrected` is the whole question, and empty unless a word was misspelt. Of
    most words of a question `by_words` the encoder does not know any: words decide what fits it.
    """

    parsed: ParsedQuestion
    bare: str
    vector: Floats
    stems: Mapping[str, float]
    rarity: float
    corrected: str
    rules: Sequence[str]
    by_words: bool = False

    @classmethod
    def of_nothing(cls, parsed: ParsedQuestion) -> QueryPlan:
        """The plan of a question that looks for nothing."""
        return cls(parsed, "", np.empty(0, np.float32), {}, 0.0, "", ())


@dataclass(frozen=True)
class Correction:
    """A question as it was probably meant; sure where only hyphens were missing."""

    question: ParsedQuestion
    is_sure: bool


class QueryPlanner:
    """Reads questions with a release's words, rules and encoder."""

    def __init__(
        self,
        lexical: Lexical,
        encoder: Encoder,
        rules: RuleMatcher,
        adapter: Adapter,
        holding: Callable[[str], Iterable[Item]],
        shown: Callable[[str, str], bool],
        nearness: Callable[[Floats], float],
    ) -> None:
        """Take what questions are read with.

        Args:
            lexical: the release's words.
            encoder: of texts.
            rules: the release's rules.
            adapter: what vectors of questions pass.
            holding: the items that may be shown and hold a phrase.
            shown: whether an item that may be shown holds a term of a field.
            nearness: the cosine of a vector and that of the nearest item that may be shown.
        """
        self._lexical, self._encoder, self._rules = lexical, encoder, rules
        self._adapter, self._shown, self._nearness = adapter, shown, nearness
        self._hyphens = Hyphens(lexical.plain_places, lexical.occurs, holding)
        self.spelling = Spelling(lexical.vocabulary, encoder.knows, partial(shown, PLAIN))

    def parse(self, text: str, column_of: ColumnOf) -> ParsedQuestion:
        """Read a question by the query language; what is the very name of an item is plain text."""
        parsed = parse(text, column_of)
        if parsed.is_plain or not self._is_name(parsed.text):
            return parsed
        return ParsedQuestion(parsed.text, parsed.text)

    def _is_name(self, text: str) -> bool:
        return bool(len(self._lexical.named(text)[0])) and self._shown(NAMES, fold(text))

    def plan_once(self, questions: Sequence[ParsedQuestion]) -> list[QueryPlan]:
        """Plan several questions; what is asked with filters and without them is planned once."""
        once = {id(question): question for question in questions}
        plans = dict(zip(once, self.plan(list(once.values())), strict=True))
        return [plans[id(question)] for question in questions]

    def plan(self, questions: Sequence[ParsedQuestion]) -> list[QueryPlan]:
        """Plan several questions; encoding them together costs less."""
        corrected = [self._corrected(question) for question in questions]
        texts = [question.bare for question in questions]
        readings = [better.question.bare for better in corrected if better]
        vectors = self._encode(texts + readings)
        corrected_vectors = iter(vectors[len(texts) :])
        plans = []
        for question, vector, better in zip(
            questions, vectors[: len(texts)], corrected, strict=True
        ):
            nearer = next(corrected_vectors) if better else vector
            if better and (better.is_sure or self._is_nearer(nearer, vector)):
                reading = better.question
                plans.append(self._plan(question, reading.bare, nearer, reading.text))
            else:
                plans.append(self._plan(question, question.bare, vector, ""))
        return plans

    def _is_nearer(self, corrected: Floats, vector: Floats) -> bool:
        return self._nearness(corrected) >= self._nearness(vector) + NEARER

    def _plan(
        self, question: ParsedQuestion, bare: str, vector: Floats, corrected: str
    ) -> QueryPlan:
        own = self._lexical.counted(bare)
        stems = {stem: float(count) for stem, count in own.items()}
        meant = self._rules.synonyms_in(bare)
        for each in meant:
            for stem in self._lexical.stems(each.synonym):
                stems.setdefault(stem, SYNONYM_WEIGHT)
        for word in self._hyphens.joined(bare):
            if self._lexical.occurs(word):
                for stem in self._lexical.stems(word):
                    stems.setdefault(stem, SYNONYM_WEIGHT)
        rarity = sum(count * self._rarity(stem) for stem, count in own.items())
        rules = [f"synonym: {each.word} → {each.synonym}" for each in meant]
        words = self._lexical.plain_words(bare)
        unknown = sum(not self._encoder.knows(word) for word in words)
        by_words = unknown > MOST_UNKNOWN * len(words)
        rules = list(dict.fromkeys(rules))
        return QueryPlan(question, bare, vector, stems, rarity, corrected, rules, by_words)

    def _rarity(self, stem: str) -> float:
        """A stem that no shown item holds weighs as one that nothing holds, or its weight would
        tell that something does."""
        return self._lexical.idf(stem if self._shown(WORDS, stem) else "")

    def _corrected(self, question: ParsedQuestion) -> Correction | None:
        """The question with its misspelt words put right; None when there is none."""
        quoted = {word for phrase in question.phrases for word in self._lexical.plain_words(phrase)}
        text, blank, at, is_sure = "", "", 0, True
        for word, start, end in self._lexical.plain_places(question.blank):
            occurs = self._lexical.occurs(word) and self._shown(PLAIN, word)
            if occurs or word in quoted:
                continue
            parted = self._hyphens.parted(word)
            better = parted or self.spelling.correct(word)
            if better and self._lexical.stems(better) != self._lexical.stems(word):
                text += question.text[at:start] + better
                blank += question.blank[at:start] + better
                at, is_sure = end, is_sure and bool(parted)
        if not at:
            return None
        text, blank = text + question.text[at:], blank + question.blank[at:]
        return Correction(replace(question, text=text, blank=blank), is_sure)

    def _encode(self, texts: Sequence[str]) -> Floats:
        """One vector a question; that of a question with synonyms is the mean of its variants."""
        variants = [[text, *self._rules.variants(text)][:MOST_VARIANTS] for text in texts]
        vectors = self._adapter(
            self._encoder.encode([variant for several in variants for variant in several])
        )
        if len(vectors) == len(texts):
            return vectors
        ends = np.cumsum([len(several) for several in variants])[:-1]
        means = np.stack([block.mean(axis=0) for block in np.split(vectors, ends)])
        unit: Floats = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        return unit
