"""Here are questions and a catalogue: give me the pairs that an encoder learns from, none of them held out."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index_builder.asking import ask
from index_builder.holdouts import Parts, worded
from index_builder.judgments import Judged
from index_builder.passages import digest_of_text, text_of
from index_builder.recipe import BuildError, Recipe
from release_format.items import Item, Items
from release_format.program import USAGE
from release_format.questions import read as read_log
from release_format.seal import digest_of
from searchbar.engine import Engine

JUDGED, CLICKED, TITLES, TOPICS = "judged", "clicked", "titles", "topics"
LIKED = ("click", "good")
# Near the top of the answers stand good ones that nobody judged: what is told apart lies behind them.
MISTAKEN_FROM, MISTAKEN_TO = 10, 50
# So many tell when to stop; more would take longer than learning does.
MOST_STOP = 64


@dataclass(frozen=True)
class Pair:
    """A question, the text of an item that answers it, and (once it is mined) one that is mistaken for it."""

    question: str
    item: str
    text: str
    source: str
    negative: str = ""


@dataclass(frozen=True)
class Pairs:
    """What is learned from, what tells when to stop, and how many pairs were left out because they are held out."""

    learn: Sequence[Pair]
    stop: Sequence[Pair]
    leaks: int

    @property
    def digest(self) -> str:
        """What the trained encoder is named by."""
        return digest_of([[(p.question, p.text, p.source) for p in part] for part in (self.learn, self.stop)])

    @property
    def counts(self) -> dict[str, int]:
        """How many are learned from, by where they come from."""
        return dict(Counter(pair.source for pair in self.learn))

    def check(self, texts: Texts, parts: Parts) -> None:
        """Nothing is learned that is held out; every road that makes pairs ends here.

        Raises:
            BuildError: a pair shares a question or an item with what is held out.
        """
        wall = Wall.around(texts, parts.unseen)
        for pair in self.learn:
            if wall.holds(pair) or (pair.negative and texts.name(pair.negative) in wall.items):
                raise BuildError(
                    f"the pair of {pair.question!r} and {pair.item!r} is held out. Do not learn from it."
                )


class Texts:
    """What the encoder reads of an item; items of the same text share a name, whatever their ids."""

    def __init__(self, items: Items, recipe: Recipe) -> None:
        self._items, self._template = items, recipe.template

    def of(self, item: Item) -> str:
        return text_of(item, self._template)

    def item(self, id: str) -> Item | None:
        position = self._items.position(id)
        return None if position is None else self._items[position]

    def name(self, id: str) -> str:
        """The name that items of the same text share; the id itself where there is no such item."""
        item = self.item(id)
        return digest_of_text(self.of(item)).hex() if item else id

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)


@dataclass(frozen=True)
class Wall:
    """Questions and items that nothing may be learned from."""

    questions: frozenset[str]
    items: frozenset[str]
    texts: Texts

    @classmethod
    def around(cls, texts: Texts, unseen: Sequence[Judged]) -> Wall:
        ids = {id for one in unseen for id in one.relevant}
        return cls(frozenset(worded(one.question) for one in unseen), frozenset(map(texts.name, ids)), texts)

    def holds(self, pair: Pair) -> bool:
        return worded(pair.question) in self.questions or self.texts.name(pair.item) in self.items


def gather(texts: Texts, parts: Parts, log: Path | None, recipe: Recipe) -> Pairs:
    """Pairs of judged and clicked questions, and of the catalogue itself; what is held out is left out."""
    chosen = recipe.training
    wall = Wall.around(texts, parts.unseen)
    asked = [*pairs_of(texts, parts.learn), *(_clicked(texts, log) if log else ())]
    learn = list({(worded(pair.question), pair.item): pair for pair in asked if not wall.holds(pair)}.values())
    made = [pair for pair in _of_catalogue(texts) if not wall.holds(pair)] if chosen.catalogue_pairs else []
    draw = random.Random(chosen.seed)  # noqa: S311
    learn += draw.sample(made, min(chosen.catalogue_pairs, len(made)))
    stop = list(pairs_of(texts, parts.stop))
    pairs = Pairs(learn, draw.sample(stop, min(MOST_STOP, len(stop))), sum(map(wall.holds, asked)))
    pairs.check(texts, parts)
    return pairs


def with_negatives(pairs: Pairs, texts: Texts, parts: Parts, engine: Engine, seed: int) -> Pairs:
    """Each pair with an item that the engine answers too, and that is no answer; never one that is held out."""
    wall = Wall.around(texts, parts.unseen)
    good: dict[str, set[str]] = {}
    for pair in [*pairs.learn, *pairs.stop]:
        good.setdefault(worded(pair.question), set()).add(pair.item)
    mined = replace(
        pairs,
        learn=_mined(pairs.learn, texts, engine, good, wall.items, seed),
        stop=_mined(pairs.stop, texts, engine, good, frozenset(), seed),
    )
    mined.check(texts, parts)
    return mined


def pairs_of(texts: Texts, judged: Iterable[Judged]) -> Iterator[Pair]:
    """A pair for every item that a question judges and that is there."""
    for one in judged:
        for id in one.relevant:
            if item := texts.item(id):
                yield Pair(one.question, id, texts.of(item), JUDGED)


def _clicked(texts: Texts, log: Path) -> Iterator[Pair]:
    try:
        for logged in read_log(log):
            item = texts.item(str(logged.feedback.get("id", ""))) if logged.feedback.get("kind") in LIKED else None
            if item and logged.question.strip():
                yield Pair(logged.question, item.id, texts.of(item), CLICKED)
    except OSError as error:
        raise BuildError(f"{log} cannot be read ({error.strerror}). Name a log of questions.", USAGE) from error


def _of_catalogue(texts: Texts) -> Iterator[Pair]:
    for item in texts:
        if item.description and item.title:
            yield Pair(item.title, item.id, item.description, TITLES)
        if item.description and item.topics:
            yield Pair(", ".join(item.topics), item.id, item.description, TOPICS)


def _mined(
    pairs: Sequence[Pair],
    texts: Texts,
    engine: Engine,
    good: Mapping[str, set[str]],
    never: frozenset[str],
    seed: int,
) -> list[Pair]:
    questions = list(dict.fromkeys(pair.question for pair in pairs))
    answers = dict(zip(questions, ask(engine, questions, "mining mistakes"), strict=True)) if questions else {}
    return [
        replace(pair, negative=_mistaken(pair, answers[pair.question].ids, texts, good, never, seed))
        for pair in pairs
    ]


def _mistaken(
    pair: Pair, ids: Sequence[str], texts: Texts, good: Mapping[str, set[str]], never: frozenset[str], seed: int
) -> str:
    """The id of an item that is mistaken for the pair's; empty where there is none."""
    right = good[worded(pair.question)]
    wrong = [id for id in ids[:MISTAKEN_TO] if id not in right and texts.name(id) not in never]
    wrong = wrong[MISTAKEN_FROM:] or wrong[len(wrong) // 2 :]
    return random.Random(f"{seed} {pair.question} {pair.item}").choice(wrong) if wrong else ""  # noqa: S311
