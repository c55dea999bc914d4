"""The pair verdict: a search diff judged by the bounds of the quality gate.

Nothing here runs anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from index_builder.comparison.comparison import Comparison
from index_builder.quality.gate import GATE, QualityBounds
from index_builder.quality.metrics import MAIN
from release_format.gate import Measured, judge
from release_format.listing import listed
from release_format.verdict import Verdict

NO_JUDGMENTS = "no question was judged over items that both hold"
FEWEST_IN_TOPIC = 5
FEWEST_JUDGED = 10
# Fewer changed items than this share of live's say nothing about the catalogue.
LEAST_CHANGED = 0.01
# How many questions that lose, and win, the verdict names.
SHOWN = 3


def verdict(
    comparison: Comparison,
    bounds: QualityBounds,
    items_live: int,
    training: Mapping[str, Any] | None = None,
) -> Verdict:
    """The pair verdict; `training` is what the candidate's build told of its learning."""
    conditions = judge(measure(comparison, items_live), bounds.beside_live)
    facts = {
        "questions": comparison.questions,
        "questions_changed": comparison.changed,
        "questions_judged": comparison.judged,
        "items_appeared": len(comparison.appeared),
        "items_vanished": len(comparison.vanished),
        "losers": [row.to_fact() for row in comparison.losers[:SHOWN]],
        "winners": [row.to_fact() for row in comparison.winners[:SHOWN]],
        "examples": _examples(comparison),
        **({"training": training} if training else {}),
    }
    return Verdict(GATE, comparison.candidate, comparison.live, conditions, facts)


def measure(comparison: Comparison, items_live: int) -> dict[str, Measured]:
    """Every condition beside live, as a number."""
    judged = comparison.judged
    return {
        "ndcg-change": _figure(comparison),
        "topic-change": _worst_topic(comparison),
        "meaning-kept": _meaning(comparison, items_live),
        "judgments-lost": _share(len(comparison.judgments_lost), judged),
        "newly-no-good-match": _newly(comparison),
        "topics-foretold": _topic_accuracy(comparison),
        "answers-kept": _answers_kept(comparison),
    }


def _examples(comparison: Comparison) -> dict[str, str]:
    """A question or an item that a condition is about, by the condition's name."""
    first = list(comparison.judgments_lost.values())[:1]
    lost = [f"{comparison.lost_question} ({', '.join(ids)})" for ids in first]
    examples = {
        "ndcg-change": [row.question for row in comparison.losers],
        "judgments-lost": lost,
        "newly-no-good-match": comparison.newly_of_judged,
    }
    return {name: found[0] for name, found in examples.items() if found}


def _figure(comparison: Comparison) -> Measured:
    if not comparison.judged:
        return Measured(None, detail=NO_JUDGMENTS)
    before, after, change = comparison.figures[MAIN]
    return Measured(
        change.high,
        detail=f"{before.mean:.3f} → {after.mean:.3f}, change {change}, {change.chance}",
    )


def _worst_topic(comparison: Comparison) -> Measured:
    if not comparison.judged:
        return Measured(None, detail=NO_JUDGMENTS)
    topics = [topic for topic in comparison.topics if topic.change.questions >= FEWEST_IN_TOPIC]
    certain = [topic for topic in topics if topic.change.worse]
    if not certain:
        detail = f"none of {len(topics)} topics with {FEWEST_IN_TOPIC} questions loses for certain"
        return Measured(0.0, detail=detail)
    worst = certain[0]
    return Measured(
        worst.change.mean,
        detail=f"{worst.name}, {worst.change.questions} questions, {worst.change}",
    )


def _meaning(comparison: Comparison, items_live: int) -> Measured:
    moved = comparison.moved
    if moved.changed < LEAST_CHANGED * items_live or not moved.asked:
        return Measured(
            None, detail=f"{moved.changed} items changed their text, too few to say something"
        )
    shown = listed(moved.otherwise, 5)
    return Measured(
        moved.share,
        detail=f"{len(moved.otherwise)} of {moved.asked} asked: {shown}" if shown else "",
    )


def _newly(comparison: Comparison) -> Measured:
    """Only judges know that an answer is good: of other questions a level may be right to call
    it a bad match."""
    if comparison.judged < FEWEST_JUDGED:
        return Measured(
            None, detail=f"{comparison.judged} questions were judged, too few to say something"
        )
    return _share(len(comparison.newly_of_judged), comparison.judged)


def _share(part: int, whole: int) -> Measured:
    return (
        Measured(part / whole, detail=f"{part} of {whole}")
        if whole
        else Measured(None, detail=NO_JUDGMENTS)
    )


def _topic_accuracy(comparison: Comparison) -> Measured:
    if comparison.topic_accuracy is None:
        return Measured(None, detail="there are no two topics of two items")
    before, after = comparison.topic_accuracy
    return Measured(after - before, detail=f"{before:.3f} → {after:.3f}")


def _answers_kept(comparison: Comparison) -> Measured:
    if not comparison.questions:
        return Measured(None, detail="there are no questions")
    return Measured(
        comparison.mean_overlap,
        detail=f"{comparison.changed} of {comparison.questions} questions changed",
    )
