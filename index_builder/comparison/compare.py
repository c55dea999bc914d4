"""Asks a live release and a candidate the same questions, and sets their answers side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from index_builder.comparison.comparison import (
    LEAST_CHANGE,
    Comparison,
    GroupDiff,
    QuestionDiff,
    ShownAnswer,
)
from index_builder.comparison.encoder_change import encoder_change
from index_builder.comparison.rank_overlap import DEPTH, overlap
from index_builder.comparison.semantic_drift import moved
from index_builder.quality.evaluate import Evaluation, evaluate
from index_builder.quality.judgments import JudgedQuestion
from index_builder.quality.metrics import (
    MAIN,
    Interval,
    MetricChange,
    Values,
    change,
    interval,
    per_question,
)
from index_builder.quality.query_runner import QueryResult, ask
from release_format.release import VERDICT
from searchbar.engine import Engine
from searchbar.query.question import Question

SHOWN = 10

# By question, its answer in live and in the candidate.
AnswerPairs = Mapping[str, tuple[QueryResult, QueryResult]]


def compare(
    live: Engine, candidate: Engine, judged: Sequence[JudgedQuestion], questions: Sequence[str] = ()
) -> Comparison:
    """Ask both releases everything and set their answers side by side."""
    old, new = _ids(live), _ids(candidate)
    figures = _JudgedFigures.of(live, candidate, judged, old & new)
    pairs = figures.pairs(judged) | _answer_pairs(live, candidate, judged, questions)
    rows = _rows(pairs, figures)
    newly = _newly_no_good_match(live, candidate, pairs)
    return Comparison(
        live=live.release.id,
        candidate=candidate.release.id,
        questions=len(pairs),
        changed=sum(a.ids[:DEPTH] != b.ids[:DEPTH] for a, b in pairs.values()),
        overlaps=[row.overlap for row in rows],
        figures=figures.by_measure(),
        topics=figures.groups("topic"),
        languages=figures.groups("language"),
        changes=[row.change for row in _by_change(rows)],
        **_shown(live, candidate, judged, rows),
        appeared=sorted(new - old),
        vanished=sorted(old - new),
        judgments_lost=(lost := _judgments_lost(judged, old - new)),
        lost_question=next((q.question for q in judged if q.id in lost), ""),
        newly_no_good_match=newly,
        newly_of_judged=sorted({q.question for q in figures.answerable}.intersection(newly)),
        moved=moved(live.release.items, candidate.release.items, candidate.retriever.encoder),
        topic_accuracy=figures.topic_accuracy(),
        texts=" ".join(filter(None, (encoder_change(live, candidate), _text_stats(candidate)))),
    )


@dataclass(frozen=True)
class _JudgedFigures:
    """The measures of judged questions in both releases, over items that both hold."""

    before: Evaluation
    after: Evaluation
    answerable: Sequence[JudgedQuestion]
    values_before: Mapping[str, Values]
    values_after: Mapping[str, Values]

    @classmethod
    def of(
        cls, live: Engine, candidate: Engine, judged: Sequence[JudgedQuestion], held: set[str]
    ) -> _JudgedFigures:
        held_by_both = [_only(question, held) for question in judged]
        answerable = [question for question in held_by_both if question.relevant]
        before, after = evaluate(live, judged), evaluate(candidate, judged)
        values = (_values(answerable, evaluation) for evaluation in (before, after))
        return cls(before, after, answerable, *values)

    def pairs(self, judged: Sequence[JudgedQuestion]) -> dict[str, tuple[QueryResult, QueryResult]]:
        before, after = self.before.answers, self.after.answers
        return {q.question: (before[q.id], after[q.id]) for q in judged}

    def by_measure(self) -> dict[str, tuple[Interval, Interval, MetricChange]]:
        pairs = {name: (old, self.values_after[name]) for name, old in self.values_before.items()}
        return {
            name: (interval(old), interval(new), change(old, new))
            for name, (old, new) in pairs.items()
        }

    def by_question(self) -> dict[str, tuple[float, float]]:
        """nDCG@10 before and after, by question."""
        values = zip(self.values_before[MAIN], self.values_after[MAIN], strict=True)
        return {
            question.question: (float(before), float(after))
            for question, (before, after) in zip(self.answerable, values, strict=True)
        }

    def groups(self, by: str) -> list[GroupDiff]:
        """The topics or languages of at least three judged questions, what loses most first."""
        place = {question.id: row for row, question in enumerate(self.answerable)}
        before, after = self.values_before[MAIN], self.values_after[MAIN]
        groups = []
        for name in self.after.by(by):
            ids = (self.after.judged[row].id for row in self.after.groups[by][name])
            rows = [place[id] for id in ids if id in place]
            old, new = before[rows], after[rows]
            groups.append(GroupDiff(name, interval(old), interval(new), change(old, new)))
        return sorted(groups, key=lambda group: (group.change.mean, group.name))

    def topic_accuracy(self) -> tuple[float, float] | None:
        before, after = self.before.topic_accuracy, self.after.topic_accuracy
        return (before.accuracy, after.accuracy) if before and after else None


class _Shower:
    """Asks both engines for the first ten with titles and snippets, for the few questions shown."""

    def __init__(
        self, live: Engine, candidate: Engine, grades: Mapping[str, Mapping[str, int]]
    ) -> None:
        self._engines, self._grades = (live, candidate), grades

    def show(self, row: QuestionDiff) -> QuestionDiff:
        hits = [engine.search(Question(row.question, k=DEPTH)).hits for engine in self._engines]
        ranks = [{hit.id: rank for rank, hit in enumerate(side, 1)} for side in hits]
        grades = self._grades.get(row.question, {})
        live, candidate = (
            [
                ShownAnswer(
                    hit.id, hit.title, hit.snippet, grades.get(hit.id, 0), others.get(hit.id, 0)
                )
                for hit in side
            ]
            for side, others in zip(hits, reversed(ranks), strict=True)
        )
        return replace(row, live=live, candidate=candidate)


def _shown(
    live: Engine, candidate: Engine, judged: Sequence[JudgedQuestion], rows: Sequence[QuestionDiff]
) -> dict[str, Any]:
    """The questions that are shown: those that lose and win most, and what is rearranged most."""
    show = _Shower(live, candidate, {q.question: q.relevant for q in judged}).show
    ranked = _by_change(rows)
    unjudged = sorted(
        (row for row in rows if row.before is None), key=lambda row: (row.overlap, row.question)
    )
    return {
        "losers": [show(row) for row in ranked[:SHOWN] if row.change < -LEAST_CHANGE],
        "winners": [show(row) for row in ranked[::-1][:SHOWN] if row.change > LEAST_CHANGE],
        "rearranged": [show(row) for row in unjudged[:SHOWN] if row.overlap < 1],
    }


def _by_change(rows: Sequence[QuestionDiff]) -> list[QuestionDiff]:
    judged = (row for row in rows if row.before is not None)
    return sorted(judged, key=lambda row: (row.change, row.question))


def _rows(pairs: AnswerPairs, figures: _JudgedFigures) -> list[QuestionDiff]:
    values = figures.by_question()
    return [
        QuestionDiff(text, overlap(a.ids, b.ids), *values.get(text, (None, None)))
        for text, (a, b) in pairs.items()
    ]


def _answer_pairs(
    live: Engine, candidate: Engine, judged: Sequence[JudgedQuestion], questions: Sequence[str]
) -> dict[str, tuple[QueryResult, QueryResult]]:
    """The answers of both to questions that nobody judged."""
    known = {question.question for question in judged}
    texts = [text for text in dict.fromkeys(questions) if text not in known]
    if not texts:
        return {}
    before, after = (
        ask(engine, texts, f"asking {engine.release.id[:12]}") for engine in (live, candidate)
    )
    return dict(zip(texts, zip(before, after, strict=True), strict=True))


def _judgments_lost(
    judged: Sequence[JudgedQuestion], vanished: set[str]
) -> dict[str, Sequence[str]]:
    lost = {question.id: [id for id in question.relevant if id in vanished] for question in judged}
    return {question: ids for question, ids in lost.items() if ids}


def _newly_no_good_match(live: Engine, candidate: Engine, pairs: AnswerPairs) -> list[str]:
    return [
        text
        for text, (before, after) in pairs.items()
        if not _is_no_good(live, before) and _is_no_good(candidate, after)
    ]


def _is_no_good(engine: Engine, answer: QueryResult) -> bool:
    if answer.named or engine.level is None:
        return False
    return not answer.ids or answer.confidence[0] < engine.level


def _text_stats(engine: Engine) -> str:
    """The sentences of its build about the release's texts, their languages and how much words
    count; nothing where there are none."""
    path = engine.release.path / VERDICT
    facts = engine.release.verdict.facts if path.is_file() else {}
    quality = facts.get("quality", {})
    said = (quality.get(of, {}).get("said") for of in ("texts", "languages", "words"))
    return " ".join(filter(None, said))


def _values(judged: Sequence[JudgedQuestion], evaluation: Evaluation) -> dict[str, Values]:
    return per_question(judged, {id: answer.ids for id, answer in evaluation.answers.items()})


def _ids(engine: Engine) -> set[str]:
    return {item.id for item in engine.release.items}


def _only(question: JudgedQuestion, ids: set[str]) -> JudgedQuestion:
    relevant = {id: grade for id, grade in question.relevant.items() if id in ids}
    return replace(question, relevant=relevant)
