"""Here are a live release and a candidate: give me which questions change their answers, and for better or worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from index_builder.asking import Asked, ask
from index_builder.evaluate import Evaluation, evaluate
from index_builder.judgments import Judged
from index_builder.meaning import Moved, moved
from index_builder.measures import MAIN, Change, Interval, change, interval, per_question
from index_builder.overlap import DEPTH, overlap
from release_format.release import VERDICT
from searchbar.engine import Engine
from searchbar.question import Question

SHOWN = 10
LEAST_CHANGE = 1e-9


@dataclass(frozen=True)
class Shown:
    """One hit as the search diff shows it; `snippet` is HTML. `other_rank` is its place in the other answer, or 0."""

    id: str
    title: str
    snippet: str
    grade: int
    other_rank: int


@dataclass(frozen=True)
class Row:
    """One question in both releases; `before` and `after` are nDCG@10, None where nobody judged it."""

    question: str
    overlap: float
    before: float | None
    after: float | None
    live: Sequence[Shown] = ()
    candidate: Sequence[Shown] = ()

    @property
    def change(self) -> float:
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True)
class Topic:
    """One topic's judged questions in both releases."""

    name: str
    before: Interval
    after: Interval
    change: Change


@dataclass(frozen=True)
class Comparison:
    """The search diff. Figures are over judged questions, and over items that both releases hold.

    `newly_of_judged` are those questions newly called no good match that judges have an answer to.
    `texts` says what the candidate's texts are.
    """

    live: str
    candidate: str
    questions: int
    changed: int
    overlaps: Sequence[float]
    figures: Mapping[str, tuple[Interval, Interval, Change]]
    topics: Sequence[Topic]
    changes: Sequence[float]
    losers: Sequence[Row]
    winners: Sequence[Row]
    rearranged: Sequence[Row]
    appeared: Sequence[str]
    vanished: Sequence[str]
    judgments_lost: Mapping[str, Sequence[str]]
    newly_no_good_match: Sequence[str]
    moved: Moved
    foretold: tuple[float, float] | None
    newly_of_judged: Sequence[str] = ()
    texts: str = ""

    @property
    def judged(self) -> int:
        return len(self.changes)

    @property
    def mean_overlap(self) -> float:
        return float(np.mean(self.overlaps)) if self.overlaps else 1.0

    def to_json(self) -> dict[str, Any]:
        """The search diff for machines."""
        made = {name: getattr(self, name) for name in ("live", "candidate", "questions", "changed", "judged")}
        return made | {
            "mean_overlap": self.mean_overlap,
            "figures": {
                name: {"before": asdict(before), "after": asdict(after), "change": asdict(difference)}
                for name, (before, after, difference) in self.figures.items()
            },
            "topics": [asdict(topic) for topic in self.topics],
            "losers": [asdict(row) for row in self.losers],
            "winners": [asdict(row) for row in self.winners],
            "rearranged": [asdict(row) for row in self.rearranged],
            "appeared": list(self.appeared),
            "vanished": list(self.vanished),
            "judgments_lost": {question: list(ids) for question, ids in self.judgments_lost.items()},
            "newly_no_good_match": list(self.newly_no_good_match),
            "changed_items": asdict(self.moved),
            "topics_foretold": self.foretold,
            "texts": self.texts,
        }


def compare(live: Engine, candidate: Engine, judged: Sequence[Judged], questions: Sequence[str] = ()) -> Comparison:
    """Ask both releases everything and set their answers side by side."""
    old, new = _ids(live), _ids(candidate)
    both = [_held(one, old & new) for one in judged]
    answered = [one for one in both if one.relevant]
    before, after = evaluate(live, judged), evaluate(candidate, judged)
    values = [per_question(answered, {id: a.ids for id, a in side.asked.items()}) for side in (before, after)]
    others = _both(live, candidate, [text for text in dict.fromkeys(questions) if text not in _texts(judged)])
    pairs = {one.question: (before.asked[one.id], after.asked[one.id]) for one in judged} | others
    rows = _rows(pairs, answered, values[0][MAIN], values[1][MAIN])
    show = _Showing(live, candidate, {one.question: one.relevant for one in judged}).row
    ranked = sorted((row for row in rows if row.before is not None), key=lambda row: (row.change, row.question))
    unjudged = sorted((row for row in rows if row.before is None), key=lambda row: (row.overlap, row.question))
    newly = [text for text, (a, b) in pairs.items() if not _no_good(live, a) and _no_good(candidate, b)]
    return Comparison(
        live=live.release.id,
        candidate=candidate.release.id,
        questions=len(pairs),
        changed=sum(a.ids[:DEPTH] != b.ids[:DEPTH] for a, b in pairs.values()),
        overlaps=[row.overlap for row in rows],
        figures={
            m: (interval(values[0][m]), interval(values[1][m]), change(values[0][m], values[1][m])) for m in values[0]
        },
        topics=_topics(after, answered, values[0][MAIN], values[1][MAIN]),
        changes=[row.change for row in ranked],
        losers=[show(row) for row in ranked[:SHOWN] if row.change < -LEAST_CHANGE],
        winners=[show(row) for row in ranked[::-1][:SHOWN] if row.change > LEAST_CHANGE],
        rearranged=[show(row) for row in unjudged[:SHOWN] if row.overlap < 1],
        appeared=sorted(new - old),
        vanished=sorted(old - new),
        judgments_lost={
            one.id: lost for one in judged if (lost := [id for id in one.relevant if id in old and id not in new])
        },
        newly_no_good_match=newly,
        newly_of_judged=sorted(_texts(answered).intersection(newly)),
        moved=moved(live.release.items, candidate.release.items, candidate.finder.encoder),
        foretold=(before.foretold.accuracy, after.foretold.accuracy) if before.foretold and after.foretold else None,
        texts=_counted(candidate),
    )


def _counted(engine: Engine) -> str:
    """What its build counted of the release's texts; nothing where it was not built, or not counted."""
    path = engine.release.path / VERDICT
    facts = engine.release.verdict.facts if path.is_file() else {}
    return str(facts.get("quality", {}).get("texts", {}).get("said", ""))


def _ids(engine: Engine) -> set[str]:
    return {item.id for item in engine.release.items}


def _texts(judged: Sequence[Judged]) -> set[str]:
    return {one.question for one in judged}


def _held(one: Judged, ids: set[str]) -> Judged:
    return Judged(one.id, one.question, {id: grade for id, grade in one.relevant.items() if id in ids}, one.kind)


def _both(live: Engine, candidate: Engine, questions: Sequence[str]) -> dict[str, tuple[Asked, Asked]]:
    asked = (ask(engine, questions, f"asking {engine.release.id[:12]}") for engine in (live, candidate))
    return dict(zip(questions, zip(*asked, strict=True), strict=True)) if questions else {}


def _no_good(engine: Engine, answer: Asked) -> bool:
    if answer.named or engine.level is None:
        return False
    return not answer.ids or answer.confidence[0] < engine.level


def _rows(pairs: Mapping[str, tuple[Asked, Asked]], answered: Sequence[Judged], before: Any, after: Any) -> list[Row]:
    figures = {one.question: (float(b), float(a)) for one, b, a in zip(answered, before, after, strict=True)}
    return [Row(text, overlap(a.ids, b.ids), *figures.get(text, (None, None))) for text, (a, b) in pairs.items()]


def _topics(evaluation: Evaluation, answered: Sequence[Judged], before: Any, after: Any) -> list[Topic]:
    """The topics of at least three judged questions, the one that loses most first."""
    place = {one.id: row for row, one in enumerate(answered)}
    topics = []
    for name in evaluation.by("topic"):
        ids = (evaluation.judged[row].id for row in evaluation.groups["topic"][name])
        rows = [place[id] for id in ids if id in place]
        topics.append(Topic(name, interval(before[rows]), interval(after[rows]), change(before[rows], after[rows])))
    return sorted(topics, key=lambda topic: (topic.change.mean, topic.name))


class _Showing:
    """Answers both engines' first ten with titles and snippets, for the few questions that are shown."""

    def __init__(self, live: Engine, candidate: Engine, grades: Mapping[str, Mapping[str, int]]) -> None:
        self._engines, self._grades = (live, candidate), grades

    def row(self, row: Row) -> Row:
        hits = [engine.search(Question(row.question, k=DEPTH)).hits for engine in self._engines]
        ranks = [{hit.id: rank for rank, hit in enumerate(side, 1)} for side in hits]
        grades = self._grades.get(row.question, {})
        live, candidate = (
            [
                Shown(hit.id, hit.title, hit.snippet, grades.get(hit.id, 0), ranks[1 - side].get(hit.id, 0))
                for hit in hits[side]
            ]
            for side in (0, 1)
        )
        return Row(row.question, row.overlap, row.before, row.after, live, candidate)
