"""The test of what was learned: kept only where held-out questions win and nothing loses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from index_builder.quality.judgments import JudgedQuestion
from index_builder.quality.known_items import known_items
from index_builder.quality.metrics import (
    MAIN,
    Interval,
    MetricChange,
    Values,
    change,
    interval,
    per_question,
)
from index_builder.quality.query_runner import ask_judged
from index_builder.training.split import Splits
from release_format.items import Items
from release_format.seal import digest_of
from searchbar.engine import Engine

HELD_OUT, SEEN, KNOWN, LIVE = "held out", "learned from", "known items", "live"
# Fewer questions than this say nothing by themselves.
FEWEST = 10


@dataclass(frozen=True)
class Figure:
    """nDCG@10 of one set of questions before and after, paired."""

    before: Interval
    after: Interval
    change: MetricChange

    @classmethod
    def of(cls, before: Values, after: Values) -> Figure:
        return cls(interval(before), interval(after), change(before, after))

    def __str__(self) -> str:
        return (
            f"{self.before.mean:.3f} → {self.after.mean:.3f}, {self.change},"
            f" {self.change.questions} questions"
        )


@dataclass(frozen=True)
class HoldoutResult:
    """What learning changed: on every set, on what was learned from (`seen`), and beside live."""

    sets: Mapping[str, Figure]
    seen: Figure
    live: Figure | None

    @property
    def decision(self) -> tuple[bool, str]:
        """Whether it is kept, and why: a certain gain on what was held out, no loss anywhere."""
        held_out = self.sets[HELD_OUT]
        if not held_out.change.better:
            return False, f"held-out questions do not gain for certain ({held_out})"
        for name, figure in self.sets.items():
            if figure.change.worse:
                return False, f"{name} lose for certain ({figure})"
        if self.live and self.live.change.worse:
            return False, f"live answers held-out questions better for certain ({self.live})"
        return True, f"held-out questions gain for certain ({held_out})"

    def to_json(self) -> dict[str, Any]:
        return {
            "sets": {name: asdict(figure) for name, figure in self.sets.items()},
            "seen": asdict(self.seen),
            "beside_live": asdict(self.live) if self.live else None,
        }


def run_holdout_test(
    before: Engine, after: Engine, splits: Splits, learned: frozenset[str], live: Engine | None
) -> HoldoutResult:
    """Ask all engines what was held out, what was learned, and for items nobody learned from."""
    sets = _sets(splits, before, learned)
    figures = {name: figure_of(before, after, judged) for name, judged in sets.items()}
    seen = figure_of(before, after, splits.train)
    if live is None:
        return HoldoutResult(figures, seen, None)
    held = _held_by(splits.test, live.release.items, after.release.items)
    return HoldoutResult(figures, seen, figure_of(live, after, held))


def figure_of(before: Engine, after: Engine, judged: Sequence[JudgedQuestion]) -> Figure:
    """One set of questions, asked of two engines."""
    return Figure.of(values_of(before, judged), values_of(after, judged))


def values_of(engine: Engine, judged: Sequence[JudgedQuestion]) -> Values:
    """nDCG@10 of each question."""
    answers = {id: result.ids for id, result in ask_judged(engine, judged).items()}
    return per_question(judged, answers)[MAIN]


def digest_of_judged(judged: Sequence[JudgedQuestion]) -> str:
    """A name for held-out questions: a test on the same ones need not be made again."""
    return digest_of(
        sorted((question.question, sorted(question.relevant.items())) for question in judged)
    )


def _sets(
    splits: Splits, engine: Engine, learned: frozenset[str]
) -> dict[str, Sequence[JudgedQuestion]]:
    """All that was held out, its kinds, and (what an encoder forgets) known items."""
    sets: dict[str, Sequence[JudgedQuestion]] = {HELD_OUT: splits.test}
    kinds = Counter(question.kind for question in splits.test if question.kind)
    for kind, count in kinds.items():
        if FEWEST <= count < len(splits.test):
            sets[f"{HELD_OUT}, {kind}"] = [q for q in splits.test if q.kind == kind]
    items = known_items(engine.release.items, engine.retriever.lexical)
    known = [item for item in items if not learned & item.relevant.keys()]
    return sets | ({KNOWN: known} if len(known) >= FEWEST else {})


def _held_by(judged: Sequence[JudgedQuestion], *releases: Items) -> list[JudgedQuestion]:
    """The questions with those of their items that all of these hold; no question without any."""
    held = []
    for question in judged:
        relevant = {
            id: grade
            for id, grade in question.relevant.items()
            if all(items.position(id) is not None for items in releases)
        }
        if relevant:
            held.append(replace(question, relevant=relevant))
    return held
