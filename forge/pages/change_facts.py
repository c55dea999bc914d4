"""What a change does to rows and answers, as the gates' verdicts tell it. (Pure.)

Builds of pull requests write verdicts: whatever has another shape than the gates give it is passed
over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forge.reports import Reports

KINDS = ("added", "removed", "changed")
SHOWN = 3
DATA = "data"
_MOST = 10**12


@dataclass(frozen=True)
class RowChanges:
    """The rows of a catalogue beside live's; `examples` names some of each kind.

    `counts` are empty where nothing is live to compare with.
    """

    rows: int
    quarantined: int
    counts: Mapping[str, int]
    examples: Mapping[str, Sequence[str]]

    @property
    def is_unchanged(self) -> bool:
        return bool(self.counts) and not any(self.counts.values())


@dataclass(frozen=True)
class AnswerMove:
    """A judged answer by its title, and its rank before and after; 0 is not among the first ten."""

    title: str
    before: int
    after: int


@dataclass(frozen=True)
class QuestionChange:
    """A judged question, its nDCG@10 before and after, and the answers that moved."""

    question: str
    before: float
    after: float
    moves: Sequence[AnswerMove] = ()


@dataclass(frozen=True)
class AnswerChanges:
    """How many questions answer otherwise than live, and those that lose and win most."""

    questions: int
    changed: int
    losers: Sequence[QuestionChange] = ()
    winners: Sequence[QuestionChange] = ()


def row_changes(reports: Reports) -> RowChanges | None:
    """What the data gate counted; None where it told nothing."""
    for verdict in reports.verdicts:
        if verdict.gate == DATA and "accepted" in verdict.facts:
            changes = _table(verdict.facts.get("changes"))
            counts = {kind: _count(changes.get(kind)) for kind in KINDS} if changes else {}
            examples = _table(changes.get("examples"))
            return RowChanges(
                _count(verdict.facts["accepted"]),
                _count(verdict.facts.get("quarantined")),
                counts,
                {kind: list(filter(None, map(_row, _list(examples.get(kind))))) for kind in KINDS},
            )
    return None


def answer_changes(reports: Reports) -> AnswerChanges | None:
    """What the search diff counted; None where no release was compared with live."""
    for facts in (verdict.facts for verdict in reports.verdicts):
        if "questions_changed" in facts:
            return AnswerChanges(
                _count(facts.get("questions")),
                _count(facts["questions_changed"]),
                *(_questions(facts.get(side)) for side in ("losers", "winners")),
            )
    return None


def _row(change: Any) -> str:
    """The title of a row, and which of its fields changed."""
    raw = _table(change)
    row = _table(raw.get("after")) or _table(raw.get("before"))
    title = str(row.get("title") or row.get("id") or "")
    fields = ", ".join(map(str, _list(raw.get("fields"))))
    return f"{title} ({fields})" if title and fields else title


def _questions(raw: Any) -> list[QuestionChange]:
    questions = (_table(each) for each in _list(raw)[:SHOWN])
    return [
        QuestionChange(
            str(each["question"]),
            _figure(each.get("before")),
            _figure(each.get("after")),
            [_move(move) for move in map(_table, _list(each.get("moved"))[:SHOWN]) if move],
        )
        for each in questions
        if each.get("question")
    ]


def _move(raw: Mapping[str, Any]) -> AnswerMove:
    return AnswerMove(str(raw.get("title")), _count(raw.get("before")), _count(raw.get("after")))


def _table(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _list(raw: Any) -> Sequence[Any]:
    return raw if isinstance(raw, list) else []


def _count(raw: Any) -> int:
    return min(max(raw, 0), _MOST) if type(raw) is int else 0


def _figure(raw: Any) -> float:
    return min(max(float(raw), 0.0), 1.0) if type(raw) in (int, float) else 0.0
