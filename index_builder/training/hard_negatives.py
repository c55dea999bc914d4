"""Hard negatives: items that the engine takes for an answer and that nobody judged to be one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index_builder.quality.query_runner import ask
from index_builder.training.pairs import ItemTexts, LeakageGuard, TrainingPair, TrainingPairs
from index_builder.training.split import Splits, canonical
from searchbar.engine import Engine

# Near the top of the answers stand good ones that nobody judged: what is told apart lies behind
# them.
FIRST_RANK, LAST_RANK = 10, 50


def with_negatives(
    pairs: TrainingPairs, texts: ItemTexts, splits: Splits, engine: Engine, seed: int
) -> TrainingPairs:
    """Each pair with an item that the engine answers too, and that is no answer.

    One that is held out is never learned from.
    """
    answers: dict[str, set[str]] = {}
    for pair in [*pairs.train, *pairs.validation]:
        answers.setdefault(canonical(pair.question), set()).add(pair.item)
    held_out = LeakageGuard.of(texts, splits).items
    train = _Miner(texts, engine, answers, held_out, seed).with_negatives(pairs.train)
    validation = _Miner(texts, engine, answers, frozenset(), seed).with_negatives(pairs.validation)
    mined = replace(pairs, train=train, validation=validation)
    mined.check(texts, splits)
    return mined


@dataclass(frozen=True)
class _Miner:
    texts: ItemTexts
    engine: Engine
    # By question, the ids that answer it.
    answers: dict[str, set[str]]
    # Names of items that may be no negative.
    held_out: frozenset[str]
    seed: int

    def with_negatives(self, pairs: Sequence[TrainingPair]) -> list[TrainingPair]:
        questions = list(dict.fromkeys(pair.question for pair in pairs))
        if not questions:
            return []
        results = ask(self.engine, questions, "mining mistakes")
        ids = {text: result.ids for text, result in zip(questions, results, strict=True)}
        return [replace(pair, negative=self._negative(pair, ids[pair.question])) for pair in pairs]

    def _negative(self, pair: TrainingPair, ids: Sequence[str]) -> str:
        """The id of an item that is mistaken for the pair's; empty where there is none."""
        right = self.answers[canonical(pair.question)]
        wrong = [
            id
            for id in ids[:LAST_RANK]
            if id not in right and self.texts.name(id) not in self.held_out
        ]
        wrong = wrong[FIRST_RANK:] or wrong[len(wrong) // 2 :]
        draw = random.Random(f"{self.seed} {pair.question} {pair.item}")  # noqa: S311
        return draw.choice(wrong) if wrong else ""
