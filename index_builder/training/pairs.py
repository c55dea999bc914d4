"""The pairs of question and text that an encoder learns from, none of them held out."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index_builder.encoding.passages import digest_of_text, text_of
from index_builder.errors import BuildError
from index_builder.quality.judgments import JudgedQuestion
from index_builder.recipe import Recipe
from index_builder.training.split import Splits, canonical
from release_format.exit_codes import USAGE
from release_format.fields import Schema
from release_format.items import Item, Items
from release_format.questions import LoggedQuestion
from release_format.questions import read as read_log
from release_format.seal import digest_of

JUDGED, CLICKED, TITLES, TOPICS = "judged", "clicked", "titles", "topics"
LIKED = ("click", "good")
# So many tell when to stop; more would take longer than learning does.
MOST_VALIDATION = 64


@dataclass(frozen=True)
class TrainingPair:
    """A question, the text of an item that answers it, and (once mined) a hard negative."""

    question: str
    item: str
    text: str
    source: str
    negative: str = ""


@dataclass(frozen=True)
class TrainingPairs:
    """Pairs to learn from and pairs that tell when to stop.

    `leaks` counts those that were left out because they are held out.
    """

    train: Sequence[TrainingPair]
    validation: Sequence[TrainingPair]
    leaks: int

    @property
    def digest(self) -> str:
        """What the trained encoder is named by."""
        parts = (self.train, self.validation)
        return digest_of([[(p.question, p.text, p.source) for p in part] for part in parts])

    @property
    def counts(self) -> dict[str, int]:
        """How many are learned from, by where they come from."""
        return dict(Counter(pair.source for pair in self.train))

    def check(self, texts: ItemTexts, splits: Splits) -> None:
        """Nothing is learned that is held out; every road that makes pairs ends here.

        Raises:
            BuildError: a pair shares a question or an item with what is held out.
        """
        guard = LeakageGuard.of(texts, splits)
        for pair in self.train:
            if guard.holds(pair) or (pair.negative and texts.name(pair.negative) in guard.items):
                raise BuildError(
                    f"the pair of {pair.question!r} and {pair.item!r} is held out. Do not learn"
                    " from it."
                )


class ItemTexts:
    """The texts that the encoder reads of items; items of the same text share a name."""

    def __init__(self, items: Items, recipe: Recipe, schema: Schema | None = None) -> None:
        self._items, self._template, self._schema = items, recipe.template, schema

    def of(self, item: Item) -> str:
        return text_of(item, self._template, self._schema)

    def item(self, id: str) -> Item | None:
        position = self._items.position(id)
        return None if position is None else self._items[position]

    def name(self, id: str) -> str:
        """The name that items of the same text share; the id itself where there is no such item."""
        item = self.item(id)
        return digest_of_text(self.of(item)).hex() if item else id

    def __contains__(self, id: str) -> bool:
        return self._items.position(id) is not None

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)


@dataclass(frozen=True)
class LeakageGuard:
    """Questions and items that nothing may be learned from."""

    questions: frozenset[str]
    items: frozenset[str]
    texts: ItemTexts

    @classmethod
    def of(cls, texts: ItemTexts, splits: Splits) -> LeakageGuard:
        questions = frozenset(canonical(question.question) for question in splits.unseen)
        ids = {id for question in splits.unseen for id in question.relevant}
        return cls(questions, frozenset(map(texts.name, ids)), texts)

    def holds(self, pair: TrainingPair) -> bool:
        is_question = canonical(pair.question) in self.questions
        return is_question or self.texts.name(pair.item) in self.items


def gather(texts: ItemTexts, splits: Splits, log: Path | None, recipe: Recipe) -> TrainingPairs:
    """Pairs of judged and clicked questions, and of the catalogue itself, but none held out."""
    chosen = recipe.training
    guard = LeakageGuard.of(texts, splits)
    candidates = [*pairs_of(texts, splits.train), *(_clicked(texts, log) if log else ())]
    unique = {(canonical(p.question), p.item): p for p in candidates if not guard.holds(p)}
    from_catalogue = [p for p in _of_catalogue(texts, chosen.catalogue_pairs) if not guard.holds(p)]
    draw = random.Random(chosen.seed)  # noqa: S311
    count = min(chosen.catalogue_pairs, len(from_catalogue))
    train = [*unique.values(), *draw.sample(from_catalogue, count)]
    validation = list(pairs_of(texts, splits.validation))
    validation = draw.sample(validation, min(MOST_VALIDATION, len(validation)))
    pairs = TrainingPairs(train, validation, sum(map(guard.holds, candidates)))
    pairs.check(texts, splits)
    return pairs


def pairs_of(texts: ItemTexts, judged: Iterable[JudgedQuestion]) -> Iterator[TrainingPair]:
    """A pair for every known item that a question judges."""
    for question in judged:
        for id in question.relevant:
            if item := texts.item(id):
                yield TrainingPair(question.question, id, texts.of(item), JUDGED)


def _clicked(texts: ItemTexts, log: Path) -> Iterator[TrainingPair]:
    try:
        for logged in read_log(log):
            item = _liked(texts, logged)
            if item and logged.question.strip():
                yield TrainingPair(logged.question, item.id, texts.of(item), CLICKED)
    except OSError as error:
        raise BuildError(
            f"{log} cannot be read ({error.strerror}). Name a log of questions.", USAGE
        ) from error


def _liked(texts: ItemTexts, logged: LoggedQuestion) -> Item | None:
    is_liked = logged.feedback.get("kind") in LIKED
    return texts.item(str(logged.feedback.get("id", ""))) if is_liked else None


def _of_catalogue(texts: ItemTexts, wanted: int) -> Iterator[TrainingPair]:
    for item in texts if wanted else ():
        if item.description and item.title:
            yield TrainingPair(item.title, item.id, item.description, TITLES)
        if item.description and item.topics:
            yield TrainingPair(", ".join(item.topics), item.id, item.description, TOPICS)
