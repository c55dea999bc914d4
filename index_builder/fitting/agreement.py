"""How well meaning finds what words find, in each language that the encoder does not know."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from searchbar.query.analysis.languages import Languages, declared, language_of_item
from searchbar.query.parser import ParsedQuestion
from searchbar.query.scripts import is_unspaced
from searchbar.retrieval.query_plan import QueryPlan
from searchbar.retrieval.retriever import Retriever
from searchbar.retrieval.word_search import WordSearch

# Of so many items, spread over the catalogue, so many of each language are asked for; fewer tell
# nothing.
READ, ASKED, FEWEST = 2_000, 40, 12
DEPTH = 10
SHORTEST, SHORTEST_UNSPACED, LONGEST = 20, 5, 200
# What a vector counts where meaning finds at least such a share of what words find.
STEPS = ((0.85, 1.0), (0.6, 0.5), (0.0, 0.25))
_HOW_MUCH = {0.5: "double", 0.25: "four times"}
_SENTENCE = re.compile(r"(?<=[.!?;:।。！？；])\s*")

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class LanguageAgreement:
    """How both legs find items of one language by a sentence of their own texts.

    `by_meaning` and `by_words` are mean reciprocal ranks among the first ten of `asked` questions.
    """

    items: int
    asked: int
    by_meaning: float
    by_words: float

    @property
    def share(self) -> float:
        """What meaning finds of what words find."""
        return min(1.0, self.by_meaning / max(self.by_words, 1e-9))

    @property
    def meaning(self) -> float:
        """What a vector counts in this language: 1, a half or a quarter."""
        if self.asked < FEWEST:
            return 1.0
        return next(counts for least, counts in STEPS if self.share >= least)

    def said(self, language: str) -> str:
        """What words count in this language, and why."""
        if self.asked < FEWEST:
            return f"{language}: {self.items:,} items, too few to measure"
        found = f"meaning finds {self.share:.0%} of what words find"
        if self.meaning == 1:
            return f"{language}: words count as ever, {found}"
        return f"{language}: words count {_HOW_MUCH[self.meaning]}, {found}"


@dataclass(frozen=True)
class Agreements:
    """The languages of a catalogue that its encoder does not know, most items first."""

    by_language: Mapping[str, LanguageAgreement]
    catalogue: int

    @property
    def meaning(self) -> dict[str, float]:
        """What a vector counts, in the languages where that is less than all."""
        every = {language: one.meaning for language, one in self.by_language.items()}
        return {language: meaning for language, meaning in every.items() if meaning < 1}

    @property
    def weighed(self) -> float:
        """The share of items that are in these languages."""
        several = (self.by_language[language].items for language in self.meaning)
        return sum(several) / max(1, self.catalogue)

    @property
    def said(self) -> str:
        """Each language in a few words, and what to do."""
        if not self.by_language:
            return ""
        each = "; ".join(one.said(language) for language, one in self.by_language.items())
        todo = " Choose a multilingual model to find them by what they mean (docs/models.md)."
        return f"Languages that the encoder does not know: {each}.{todo if self.meaning else ''}"

    def to_json(self) -> dict[str, Any]:
        """The figures for machines, and for people."""
        by = {
            language: {**asdict(one), "meaning": one.meaning}
            for language, one in self.by_language.items()
        }
        return {"by": by, "said": self.said}


def measure_agreement(retriever: Retriever, known: Collection[str]) -> Agreements:
    """Ask for items of each language by a sentence of their texts, by meaning and by words alone.

    Args:
        retriever: over the release.
        known: the languages that the encoder knows, as its recipe has them.
    """
    languages = retriever.lexical.languages or Languages({})
    items, codes = languages.items, {declared(language) for language in known}
    others = sorted(items.keys() - codes, key=lambda language: (-items[language], language))
    samples = _samples(retriever, others, languages.usual) if others else {}
    return Agreements(
        {each: _agreement(retriever, items[each], samples.get(each, {})) for each in others},
        sum(items.values()),
    )


def _samples(
    retriever: Retriever, languages: Collection[str], usual: str
) -> dict[str, dict[int, str]]:
    """A sentence of some items of each language, by their positions."""
    samples: dict[str, dict[int, str]] = defaultdict(dict)
    count = len(retriever.items)
    hidden = set(retriever.excluded().tolist())
    for position in range(0, count, count // READ + 1):
        item = retriever.items[position]
        language = language_of_item(item, usual)
        wanted = language in languages and len(samples[language]) < ASKED
        if wanted and position not in hidden:
            sentence = sentence_of(item.description or item.title)
            if _is_long(sentence):
                samples[language][position] = sentence
    return samples


def sentence_of(text: str) -> str:
    """The sentence in the middle of a text; of a text of one, its second half."""
    sentences = list(filter(_is_long, _SENTENCE.split(text)))
    if len(sentences) > 1:
        return sentences[len(sentences) // 2][:LONGEST].strip()
    start = len(text) // 2
    space = text.find(" ", start)
    return text[space if space >= 0 else start :][:LONGEST].strip()


def _is_long(sentence: str) -> bool:
    """Whether a sentence says enough; a character of some scripts is half a word."""
    return len(sentence) >= (SHORTEST_UNSPACED if is_unspaced(sentence) else SHORTEST)


def _agreement(retriever: Retriever, items: int, sample: Mapping[int, str]) -> LanguageAgreement:
    questions = [ParsedQuestion(text, text) for text in sample.values()]
    plans = retriever.planner.plan(questions) if questions else []
    by_meaning = [_by_meaning(retriever, plan) for plan in plans]
    by_words = [_by_words(retriever, plan) for plan in plans]
    return LanguageAgreement(
        items, len(sample), _mean_rank(sample, by_meaning), _mean_rank(sample, by_words)
    )


def _by_meaning(retriever: Retriever, plan: QueryPlan) -> Positions:
    near = retriever.dense.nearest(plan.vector, DEPTH)
    cosines = retriever.dense.best_passages(near, plan.vector) @ plan.vector
    return near[np.argsort(-cosines, kind="stable")]


def _by_words(retriever: Retriever, plan: QueryPlan) -> Positions:
    search = WordSearch(retriever.lexical, plan.stems, alike=plan.alike)
    return search.best(DEPTH, retriever.excluded()).positions


def _mean_rank(wanted: Collection[int], found: Sequence[Positions]) -> float:
    """The mean reciprocal rank of the items that are wanted, one a question."""
    ranks = [
        1 / (1 + positions.tolist().index(position)) if position in positions else 0.0
        for position, positions in zip(wanted, found, strict=True)
    ]
    return round(float(np.mean(ranks)), 4) if ranks else 0.0
