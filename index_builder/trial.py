"""Here are answers before and after learning: is what was learned kept? Only asking runs anything here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from index_builder.asking import ask_judged
from index_builder.holdouts import Parts
from index_builder.judgments import Judged
from index_builder.known_items import known_items
from index_builder.measures import MAIN, Change, Interval, Values, change, interval, per_question
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
    change: Change

    @classmethod
    def of(cls, before: Values, after: Values) -> Figure:
        return cls(interval(before), interval(after), change(before, after))

    def __str__(self) -> str:
        return f"{self.before.mean:.3f} → {self.after.mean:.3f}, {self.change}, {self.change.questions} questions"


@dataclass(frozen=True)
class Trial:
    """What learning changed: on every set, on the very questions that were learned from, and beside live."""

    sets: Mapping[str, Figure]
    seen: Figure
    live: Figure | None

    @property
    def decision(self) -> tuple[bool, str]:
        """Whether it is kept, and why: it must win for certain where nothing was learned, and lose nowhere."""
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


def try_out(before: Engine, after: Engine, parts: Parts, learned: frozenset[str], live: Engine | None) -> Trial:
    """Ask both engines, and live, what was held out, what was learned, and for items that nobody learned from."""
    sets = {name: figure_of(before, after, judged) for name, judged in _sets(parts, before, learned).items()}
    held = [_held(one, live.release.items, after.release.items) for one in parts.held_out] if live else []
    return Trial(
        sets,
        figure_of(before, after, parts.learn),
        figure_of(live, after, [one for one in held if one.relevant]) if live else None,
    )


def figure_of(before: Engine, after: Engine, judged: Sequence[Judged]) -> Figure:
    """One set of questions, asked of both."""
    return Figure.of(values_of(before, judged), values_of(after, judged))


def values_of(engine: Engine, judged: Sequence[Judged]) -> Values:
    """nDCG@10 of each question."""
    return per_question(judged, {id: one.ids for id, one in ask_judged(engine, judged).items()})[MAIN]


def named(held_out: Sequence[Judged]) -> str:
    """A name for what was held out: a trial on the same questions need not be made again."""
    return digest_of(sorted((one.question, sorted(one.relevant.items())) for one in held_out))


def _sets(parts: Parts, engine: Engine, learned: frozenset[str]) -> dict[str, Sequence[Judged]]:
    """All that was held out, its kinds, and (what an encoder forgets) items asked for by a few of their own words."""
    sets: dict[str, Sequence[Judged]] = {HELD_OUT: parts.held_out}
    for kind, count in Counter(one.kind for one in parts.held_out if one.kind).items():
        if FEWEST <= count < len(parts.held_out):
            sets[f"{HELD_OUT}, {kind}"] = [one for one in parts.held_out if one.kind == kind]
    known = [
        one for one in known_items(engine.release.items, engine.finder.lexical) if not learned & one.relevant.keys()
    ]
    return sets | ({KNOWN: known} if len(known) >= FEWEST else {})


def _held(one: Judged, *both: Items) -> Judged:
    relevant = {id: grade for id, grade in one.relevant.items() if all(i.position(id) is not None for i in both)}
    return Judged(one.id, one.question, relevant, one.kind)
