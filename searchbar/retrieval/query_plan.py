"""Query plans: how both legs read a question."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from release_format.items import Item
from searchbar.query.analysis.compounds import Compounds
from searchbar.query.analysis.languages import ENGLISH
from searchbar.query.analyzers import PLAIN, WORDS
from searchbar.query.hyphens import READ, Hyphens, texts_of
from searchbar.query.normalize import lowered
from searchbar.query.parser import ColumnOf, ParsedQuestion, parse
from searchbar.query.rule_matcher import RuleMatcher
from searchbar.query.spelling import Spelling
from searchbar.retrieval.adapter import Adapter
from searchbar.retrieval.encoder import Encoder
from searchbar.retrieval.fusion import meaning_of
from searchbar.retrieval.words.asked_words import AskedWords
from searchbar.retrieval.words.lexical import NAMES, Lexical
from searchbar.retrieval.words.reader import Forms

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
    twice: there it tells what the question is about. Of stems that are `alike`, forms of one word,
    the best counts. `rarity` is the sum of the words' idf as the question has them; `corrected` is
    the whole question, and empty unless a word was misspelt. Of most words of a question `by_words`
    the encoder does not know any: words decide what fits it, and in a catalogue that
    holds other languages than the encoder's, its vector counts for `meaning`.
    """

    parsed: ParsedQuestion
    bare: str
    vector: Floats
    stems: Mapping[str, float]
    rarity: float
    corrected: str
    rules: Sequence[str]
    by_words: bool = False
    alike: Sequence[Forms] = ()
    meaning: float = 1.0

    @classmethod
    def of_nothing(cls, parsed: ParsedQuestion) -> QueryPlan:
        """The plan of a question that looks for nothing."""
        return cls(parsed, "", np.empty(0, np.float32), {}, 0.0, "", ())


@dataclass(frozen=True)
class Correction:
    """A question as it was probably meant; sure where only hyphens were missing, or where vectors
    cannot tell."""

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
        recipe: Mapping[str, Any],
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
            recipe: what the release says of its encoder; its `languages` with commas.
        """
        self._lexical, self._encoder, self._rules = lexical, encoder, rules
        self._adapter, self._shown, self._nearness = adapter, shown, nearness
        self._holding, self._reader = holding, lexical.reader
        # Whether the encoder knows all languages of the catalogue, and so can tell what is meant.
        self._tells_all = lexical.reader.is_within(str(recipe.get("languages", ENGLISH)).split(","))
        self._hyphens = Hyphens(self._reader.plain_places, self._occurs, holding)
        self._compounds = [Compounds(lexical.vocabulary, each) for each in self._reader.compounding]
        self.spelling = Spelling(lexical.vocabulary, encoder.knows, partial(shown, PLAIN))

    def parse(self, text: str, column_of: ColumnOf) -> ParsedQuestion:
        """Read a question by the query language; what is the very name of an item is plain text."""
        parsed = parse(text, column_of)
        if parsed.is_plain or not self._is_name(parsed.text):
            return parsed
        return ParsedQuestion(parsed.text, parsed.text)

    def _is_name(self, text: str) -> bool:
        key = self._lexical.name_key(text)
        return bool(len(self._lexical.named(text)[0])) and self._shown(NAMES, key)

    def plan_once(self, questions: Sequence[ParsedQuestion]) -> list[QueryPlan]:
        """Plan several questions; what is asked with filters and without them is planned once."""
        once = {_identity(question): question for question in questions}
        plans = dict(zip(once, self.plan(list(once.values())), strict=True))
        return [plans[_identity(question)] for question in questions]

    def plan(self, questions: Sequence[ParsedQuestion]) -> list[QueryPlan]:
        """Plan several questions; encoding them together costs less."""
        corrected = [self._corrected(question) for question in questions]
        texts = [question.bare for question in questions]
        readings = [better.question.bare for better in corrected if better]
        # What differs by its filters alone is one text.
        once = list(dict.fromkeys(texts + readings))
        vector_of = dict(zip(once, self._encode(once), strict=True))
        plans = []
        for question, better in zip(questions, corrected, strict=True):
            vector = vector_of[question.bare]
            nearer = vector_of[better.question.bare] if better else vector
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
        words = AskedWords()
        for forms, count in self._reader.asked(bare, question.languages).items():
            words.add(forms, count, self._lexical.idf, self._rarity)
        self._add_compounds(words, bare)
        meant = self._rules.synonyms_in(bare)
        for each in meant:
            self._add_meant(words, each.synonym)
        for word in self._hyphens.joined(bare):
            self._add_meant(words, word)
        rules = [f"synonym: {each.word} → {each.synonym}" for each in meant]
        tells_all = self._tells_all
        plain = self._reader.plain_words(bare) if tells_all else self._reader.telling(bare)
        unknown = sum(not self._encoder.reads(word) for word in plain)
        return QueryPlan(
            question,
            bare,
            vector,
            words.weights,
            words.rarity,
            corrected,
            list(dict.fromkeys(rules)),
            unknown > MOST_UNKNOWN * len(plain),
            words.alike,
            meaning_of(unknown / max(1, len(plain))) if not tells_all else 1.0,
        )

    def _add_meant(self, words: AskedWords, text: str) -> None:
        for forms in self._reader.asked(text):
            words.add_meant(forms, SYNONYM_WEIGHT, self._lexical.idf)

    def _add_compounds(self, words: AskedWords, bare: str) -> None:
        if not self._compounds:
            return
        for plain in self._reader.plain_words(bare):
            forms = self._reader.forms(plain)
            stem = next((form for form in forms if form in words.weights), "")
            for compounds in self._compounds:
                words.also(stem, compounds.like(plain), self._lexical.idf)

    def _rarity(self, stem: str) -> float:
        """A stem that no shown item holds weighs as one that nothing holds, or its weight would
        tell that something does."""
        return self._lexical.idf(stem if self._shown(WORDS, stem) else "")

    def _corrected(self, question: ParsedQuestion) -> Correction | None:
        """The question with its misspelt words put right; None when there is none."""
        quoted = {word for phrase in question.phrases for word in self._reader.plain_words(phrase)}
        text, blank, at, is_sure = "", "", 0, True
        joined = self._hyphens.joined_for(question.blank)
        for word, start, end in self._reader.plain_places(question.blank):
            if start < at:
                continue
            if start in joined:
                ends, better = joined[start]
                text += question.text[at:start] + better
                blank += question.blank[at:start] + better
                at = ends
                continue
            if self._occurs(word) or word in quoted:
                continue
            parted = self._hyphens.parted(word)
            better = parted or self.as_written(self.spelling.correct(word))
            if better and not self._are_one(better, word):
                text += question.text[at:start] + better
                blank += question.blank[at:start] + better
                at, is_sure = end, is_sure and (bool(parted) or self._is_beyond(better))
        if not at:
            return None
        text, blank = text + question.text[at:], blank + question.blank[at:]
        return Correction(replace(question, text=text, blank=blank), is_sure)

    def _occurs(self, word: str) -> bool:
        """Whether an item that may be shown holds a word."""
        return self._lexical.occurs(word) > 0 and self._shown(PLAIN, word)

    def _is_beyond(self, better: str) -> bool:
        """Whether a word is of a language that the encoder does not know: vectors cannot tell
        whether it was meant."""
        return not self._tells_all and not self._encoder.reads(lowered(better))

    def _are_one(self, better: str, word: str) -> bool:
        """Whether a word is the other one in another form."""
        shown = partial(self._shown, WORDS)
        if self._reader.is_foreign and self._reader.are_one(better, word, shown):
            return True
        return self._lexical.stems(better) == self._lexical.stems(word)

    def as_written(self, word: str) -> str:
        """A word of the index as the first items that hold it write it, with their accents."""
        if not word or not self._reader.has_accents:
            return word
        items = islice(self._holding(word), READ)
        written = (self._reader.written(text, word) for each in items for text in texts_of(each))
        return next(filter(None, written), word)

    def _encode(self, texts: Sequence[str]) -> Floats:
        """One vector a question; that of a question with synonyms is the mean of its variants."""
        variants = [[text, *self._rules.variants(text)][:MOST_VARIANTS] for text in texts]
        vectors = self._adapter(
            self._encoder.encode_query([variant for several in variants for variant in several])
        )
        if len(vectors) == len(texts):
            return vectors
        ends = np.cumsum([len(several) for several in variants])[:-1]
        means = np.stack([block.mean(axis=0) for block in np.split(vectors, ends)])
        unit: Floats = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        return unit


def _identity(question: ParsedQuestion) -> Hashable:
    """Equal for what was made of one question and asks for the same words."""
    return id(question.filters), question.phrases, question.dropped, question.languages
