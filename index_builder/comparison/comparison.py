"""The search diff of two releases: which questions change their answers, and how."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from index_builder.comparison.semantic_drift import SemanticDrift
from index_builder.quality.metrics import Interval, MetricChange

# How many moved answers of a question a verdict names.
MOVED_SHOWN = 3
LEAST_CHANGE = 1e-9


@dataclass(frozen=True)
class ShownAnswer:
    """One hit as the search diff shows it; `snippet` is HTML.

    `other_rank` is its place in the other answer, or 0.
    """

    id: str
    title: str
    snippet: str
    grade: int
    other_rank: int


@dataclass(frozen=True)
class MovedAnswer:
    """A judged answer's rank in live and in the candidate; 0 is not among the first ten."""

    title: str
    before: int
    after: int

    @property
    def gain(self) -> float:
        """How much more its rank counts in nDCG than before; negative where it counts less."""
        before, after = (
            1 / math.log2(rank + 1) if rank else 0.0 for rank in (self.before, self.after)
        )
        return after - before


@dataclass(frozen=True)
class QuestionDiff:
    """One question in both releases.

    `before` and `after` are nDCG@10, None where nobody judged it.
    """

    question: str
    overlap: float
    before: float | None
    after: float | None
    live: Sequence[ShownAnswer] = ()
    candidate: Sequence[ShownAnswer] = ()

    @property
    def change(self) -> float:
        return (self.after or 0.0) - (self.before or 0.0)

    @property
    def moved(self) -> list[MovedAnswer]:
        """The judged answers that fell, of a question that loses, or else rose: most first."""
        kept = [
            MovedAnswer(hit.title or hit.id, rank, hit.other_rank)
            for rank, hit in enumerate(self.live, 1)
            if hit.grade
        ]
        found = [
            MovedAnswer(hit.title or hit.id, 0, rank)
            for rank, hit in enumerate(self.candidate, 1)
            if hit.grade and not hit.other_rank
        ]
        sign = -1 if self.change < 0 else 1
        moved = [answer for answer in (*kept, *found) if sign * answer.gain > 0]
        return sorted(moved, key=lambda answer: (-abs(answer.gain), answer.title))

    def to_fact(self) -> dict[str, Any]:
        """What a verdict tells of it."""
        return {
            "question": self.question,
            "before": self.before,
            "after": self.after,
            "moved": [asdict(answer) for answer in self.moved[:MOVED_SHOWN]],
        }


@dataclass(frozen=True)
class GroupDiff:
    """The judged questions of one topic, or of one language, in both releases."""

    name: str
    before: Interval
    after: Interval
    change: MetricChange


@dataclass(frozen=True)
class Comparison:
    """The search diff. Figures are over judged questions, and over items that both releases hold.

    `topic_accuracy` is how often neighbours predict an item's topic, before and after;
    `lost_question` is the first question of `judgments_lost`, which names questions by their ids;
    `newly_of_judged` are those questions newly called no good match that judges have an answer to;
    `texts` says what the candidate's texts are; `languages` are those of judged questions.
    """

    live: str
    candidate: str
    questions: int
    changed: int
    overlaps: Sequence[float]
    figures: Mapping[str, tuple[Interval, Interval, MetricChange]]
    topics: Sequence[GroupDiff]
    changes: Sequence[float]
    losers: Sequence[QuestionDiff]
    winners: Sequence[QuestionDiff]
    rearranged: Sequence[QuestionDiff]
    appeared: Sequence[str]
    vanished: Sequence[str]
    judgments_lost: Mapping[str, Sequence[str]]
    newly_no_good_match: Sequence[str]
    moved: SemanticDrift
    topic_accuracy: tuple[float, float] | None
    newly_of_judged: Sequence[str] = ()
    lost_question: str = ""
    languages: Sequence[GroupDiff] = ()
    texts: str = ""

    @property
    def judged(self) -> int:
        return len(self.changes)

    @property
    def losing(self) -> int:
        """How many judged questions are answered worse than by live."""
        return sum(change < -LEAST_CHANGE for change in self.changes)

    @property
    def winning(self) -> int:
        """How many judged questions are answered better than by live."""
        return sum(change > LEAST_CHANGE for change in self.changes)

    @property
    def mean_overlap(self) -> float:
        return float(np.mean(self.overlaps)) if self.overlaps else 1.0

    def to_json(self) -> dict[str, Any]:
        """The search diff for machines."""
        return {
            "live": self.live,
            "candidate": self.candidate,
            "questions": self.questions,
            "changed": self.changed,
            "judged": self.judged,
            "mean_overlap": self.mean_overlap,
            "figures": {
                name: {
                    "before": asdict(before),
                    "after": asdict(after),
                    "change": asdict(difference),
                }
                for name, (before, after, difference) in self.figures.items()
            },
            "topics": [asdict(topic) for topic in self.topics],
            "languages": [asdict(language) for language in self.languages],
            "losers": [asdict(row) for row in self.losers],
            "winners": [asdict(row) for row in self.winners],
            "rearranged": [asdict(row) for row in self.rearranged],
            "appeared": list(self.appeared),
            "vanished": list(self.vanished),
            "judgments_lost": {
                question: list(ids) for question, ids in self.judgments_lost.items()
            },
            "newly_no_good_match": list(self.newly_no_good_match),
            "changed_items": asdict(self.moved),
            "topics_foretold": self.topic_accuracy,
            "texts": self.texts,
        }
