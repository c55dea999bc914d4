"""The search diff of two releases: which questions change their answers, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from index_builder.comparison.semantic_drift import SemanticDrift
from index_builder.quality.metrics import Interval, MetricChange


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


@dataclass(frozen=True)
class TopicDiff:
    """One topic's judged questions in both releases."""

    name: str
    before: Interval
    after: Interval
    change: MetricChange


@dataclass(frozen=True)
class Comparison:
    """The search diff. Figures are over judged questions, and over items that both releases hold.

    `topic_accuracy` is how often neighbours predict an item's topic, before and after;
    `newly_of_judged` are those questions newly called no good match that judges have an answer to;
    `texts` says what the candidate's texts are.
    """

    live: str
    candidate: str
    questions: int
    changed: int
    overlaps: Sequence[float]
    figures: Mapping[str, tuple[Interval, Interval, MetricChange]]
    topics: Sequence[TopicDiff]
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
    texts: str = ""

    @property
    def judged(self) -> int:
        return len(self.changes)

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
