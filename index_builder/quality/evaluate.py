"""The evaluation of a release by judged questions: over all, by topic and by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from index_builder.quality.judgments import JudgedQuestion, missing_items
from index_builder.quality.metrics import (
    MAIN,
    Interval,
    MetricChange,
    Values,
    change,
    interval,
    per_question,
)
from index_builder.quality.query_runner import MEANING, WORDS, QueryResult, ask_judged
from index_builder.quality.topic_accuracy import TopicAccuracy, measure_topic_accuracy
from release_format.progress import one_line
from searchbar.engine import Engine
from searchbar.query.analysis.languages import ENGLISH, language_of_item

FEWEST_A_TOPIC, WORST = 3, 10
# One language is that of all questions.
SEVERAL = 2


@dataclass(frozen=True)
class Evaluation:
    """What one release answers to judged questions.

    `judged` are the questions that have an answer in this release, `values` their measures in the
    same order, `gone` the judged items that it does not hold, by question. `asked` holds the
    answers of every question, `legs` the main measure of each leg by itself, in the order of
    `judged` too.
    """

    release: str
    judged: Sequence[JudgedQuestion]
    unanswerable: Sequence[JudgedQuestion]
    answers: Mapping[str, QueryResult]
    values: Mapping[str, Values]
    groups: Mapping[str, Mapping[str, Sequence[int]]]
    gone: Mapping[str, Sequence[str]]
    topic_accuracy: TopicAccuracy | None
    legs: Mapping[str, Values] = field(default_factory=dict)

    @property
    def figures(self) -> dict[str, Interval]:
        """Every measure over all questions."""
        return {name: interval(values) for name, values in self.values.items()}

    @property
    def better_leg(self) -> str:
        """The name of the leg that answers better by itself."""
        return max(self.legs, key=lambda name: float(self.legs[name].mean()))

    @property
    def over_better_leg(self) -> MetricChange:
        """What both legs together change beside the better one alone, paired."""
        return change(self.legs[self.better_leg], self.values[MAIN])

    def by(self, group: str, measure: str = MAIN) -> dict[str, Interval]:
        """One measure by "topic", "kind" or "language", groups of few questions left out; most
        questions first."""
        rows = {
            name: rows for name, rows in self.groups[group].items() if len(rows) >= FEWEST_A_TOPIC
        }
        return {name: interval(self.values[measure][list(places)]) for name, places in rows.items()}

    @property
    def worst(self) -> list[tuple[str, float]]:
        """The ten questions that are answered worst, with their nDCG@10."""
        rows = sorted(
            zip(self.values[MAIN].tolist(), self.judged, strict=True),
            key=lambda row: (row[0], row[1].id),
        )
        return [(question.question, round(value, 4)) for value, question in rows[:WORST]]

    def to_json(self) -> dict[str, Any]:
        """The figures for machines."""
        return {
            "release": self.release,
            "questions": len(self.judged),
            "unanswerable": len(self.unanswerable),
            "figures": {name: asdict(figure) for name, figure in self.figures.items()},
            "legs": {name: asdict(interval(values)) for name, values in self.legs.items()},
            "by_topic": {name: asdict(figure) for name, figure in self.by("topic").items()},
            "by_kind": {name: asdict(figure) for name, figure in self.by("kind").items()},
            "by_language": {name: asdict(figure) for name, figure in self.by("language").items()},
            "spread": np.histogram(self.values[MAIN], bins=10, range=(0, 1))[0].tolist(),
            "worst": self.worst,
            "gone": {question: list(ids) for question, ids in self.gone.items()},
            "topics_foretold": asdict(self.topic_accuracy) if self.topic_accuracy else None,
        }


def evaluate(engine: Engine, judged: Sequence[JudgedQuestion]) -> Evaluation:
    """Ask every judged question.

    One whose judged items are all gone is told, and left out of the figures.
    """
    items = engine.release.items
    relevant = {
        id: items[position]
        for id in {id for question in judged for id in question.relevant}
        if (position := items.position(id)) is not None
    }
    topics = {id: item.topics for id, item in relevant.items()}
    known = engine.retriever.lexical.languages
    usual = known.usual if known else ENGLISH
    languages = {id: (language_of_item(item, usual),) for id, item in relevant.items()}
    answerable = [question for question in judged if any(id in topics for id in question.relevant)]
    answers = ask_judged(engine, judged)
    return Evaluation(
        release=engine.release.id,
        judged=answerable,
        unanswerable=[question for question in judged if not question.relevant],
        answers=answers,
        values=per_question(answerable, {id: answer.ids for id, answer in answers.items()}),
        groups={
            "topic": _grouped(_shared(question, topics) for question in answerable),
            "language": _grouped(_shared(question, languages) for question in answerable),
            "kind": _grouped([question.kind] if question.kind else [] for question in answerable),
        },
        gone=missing_items(judged, topics),
        topic_accuracy=measure_topic_accuracy(engine.release),
        legs={leg: _leg(answerable, answers, leg) for leg in (MEANING, WORDS)},
    )


def _leg(judged: Sequence[JudgedQuestion], answers: Mapping[str, QueryResult], leg: str) -> Values:
    return per_question(judged, {id: answer.legs.get(leg, ()) for id, answer in answers.items()})[
        MAIN
    ]


def _shared(question: JudgedQuestion, topics: Mapping[str, Sequence[str]]) -> list[str]:
    """The topics (or languages) that at least half of what is relevant shares, by grade."""
    weights: Counter[str] = Counter()
    whole = 0
    for id, grade in question.relevant.items():
        whole += grade if id in topics else 0
        weights.update(dict.fromkeys(topics.get(id, ()), grade))
    return [topic for topic, weight in weights.items() if 2 * weight >= whole]


def _grouped(labels: Iterable[Sequence[str]]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for row, names in enumerate(labels):
        for name in names:
            rows.setdefault(name, []).append(row)
    return dict(sorted(rows.items(), key=lambda pair: (-len(pair[1]), pair[0])))


def table(evaluation: Evaluation) -> str:
    """The figures for people."""
    lines = [f"{len(evaluation.judged)} questions, mean and 95 % interval"]
    lines += [f"  {name:<12} {figure}" for name, figure in evaluation.figures.items()]
    lines += [f"  {leg:<12} {interval(values)} nDCG@10" for leg, values in evaluation.legs.items()]
    for group in ("kind", "topic", "language"):
        figures = evaluation.by(group)
        if group == "language" and len(figures) < SEVERAL:
            continue
        lines += [f"nDCG@10 by {group}"] if figures else []
        lines += [
            f"  {one_line(name):<24} {figure}  ({figure.questions})"
            for name, figure in figures.items()
        ]
    lines += [
        "worst questions",
        *(f"  {value:.3f}  {one_line(question)}" for question, value in evaluation.worst),
    ]
    if topics := evaluation.topic_accuracy:
        lines.append(
            f"topics foretold by ten neighbours: {topics.accuracy:.3f} of {topics.items} items in"
            f" {topics.topics} topics, macro F1 {topics.macro_f1:.3f},"
            f" log-loss {topics.log_loss:.2f}"
        )
    if evaluation.gone:
        lines.append(
            f"{len(evaluation.gone)} question(s) judge items that are gone:"
            f" {', '.join(map(one_line, evaluation.gone))}"
        )
    return "\n".join(lines)
