"""What to propose as judgments: items that visitors chose, and questions that nothing answers."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from monitoring.drift.masking import is_plain
from monitoring.proposals.click_model import ClickModel, fit_clicks
from monitoring.proposals.reformulations import reformulated
from monitoring.proposals.requests import AnsweredRequest
from searchbar.feedback.proportion import wilson

CLICKED, REFORMULATED, UNANSWERABLE = "clicked", "reformulated", "unanswerable"
# The log keeps nothing of who asks, so what must not be one visitor's must be several days'.
LEAST_DAYS = 5
MOST_ROWS = 100
# Of those who look at an item at least so many click it, for certain.
LEAST_ATTRACTIVE = 0.1
# From which share of those who look a choice is graded so.
GRADES = ((0.5, 3), (0.25, 2), (0.0, 1))
REFORMULATED_GRADE = 2


@dataclass(frozen=True)
class ProposedJudgment:
    """A question, the grades that are proposed for its items (none: nothing fits), and why."""

    question: str
    kind: str
    relevant: Mapping[str, int]
    evidence: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Named by its question, so that another run proposes it in the same place."""
        return f"asked-{hashlib.sha256(self.question.casefold().encode()).hexdigest()[:10]}"

    def to_json(self) -> str:
        """The line as it stands in judgments.proposed.jsonl."""
        row = {
            "id": self.id,
            "question": self.question,
            "kind": self.kind,
            "relevant": dict(self.relevant),
            "evidence": dict(self.evidence),
        }
        return json.dumps(row, ensure_ascii=False)


def proposals(
    requests: Sequence[AnsweredRequest],
    is_known: Callable[[str], bool],
    judged: Collection[str] = (),
    least_days: int = LEAST_DAYS,
) -> list[ProposedJudgment]:
    """What to propose for questions that nobody judged, at most 100, by their ids.

    A question that says something of a person is left out.

    Args:
        requests: by their time.
        is_known: whether an item is in the live release.
        judged: folded questions that are judged, or proposed, already.
        least_days: on so many different days somebody must have chosen an item, or missed one.
    """
    groups: dict[str, list[AnsweredRequest]] = defaultdict(list)
    for request in requests:
        groups[request.key].append(request)
    made = _Proposer(
        fit_clicks(requests), _other_wordings(requests, is_known), is_known, least_days
    )
    rows = [
        (len({request.day for request in group}), row)
        for key, group in groups.items()
        if key not in judged and (row := made.propose(key, group))
    ]
    rows.sort(key=lambda each: (-each[0], each[1].id))
    return sorted((row for _, row in rows[:MOST_ROWS]), key=lambda row: row.id)


@dataclass(frozen=True)
class _Proposer:
    """What was learned of the whole log, for one question after the other."""

    model: ClickModel
    other_wordings: Mapping[str, Mapping[str, set[date]]]
    is_known: Callable[[str], bool]
    least_days: int

    def propose(self, key: str, group: Sequence[AnsweredRequest]) -> ProposedJudgment | None:
        """The row of one question; None where there is nothing to say, or something to hide."""
        days = {request.day for request in group}
        question = _usual_wording(group)
        if len(days) < self.least_days or not is_plain(question):
            return None
        facts = {"asked": len(group), "days": len(days)}
        if items := self._chosen(key, group):
            relevant = {id: item.pop("grade") for id, item in items.items()}
            return ProposedJudgment(question, CLICKED, relevant, {**facts, "items": items})
        if items := self._chosen_in_other_words(key):
            relevant = dict.fromkeys(items, REFORMULATED_GRADE)
            return ProposedJudgment(question, REFORMULATED, relevant, {**facts, "items": items})
        if why := self._unanswered(group):
            return ProposedJudgment(question, UNANSWERABLE, {}, {**facts, **why})
        return None

    def _chosen(self, key: str, group: Sequence[AnsweredRequest]) -> dict[str, dict[str, Any]]:
        """The items that are clicked enough by those who look at them, and what says so."""
        chosen, disliked = _days(group, "chosen"), _days(group, "disliked")
        items = {}
        for id in sorted(chosen):
            days, against = len(chosen[id]), len(disliked.get(id, ()))
            attraction = self.model.attractions[key, id]
            low, _ = wilson(attraction.clicks, max(attraction.looks, attraction.clicks))
            is_enough = days >= self.least_days and low >= LEAST_ATTRACTIVE and against < days
            if is_enough and self.is_known(id):
                items[id] = {
                    "grade": next(
                        grade for share, grade in GRADES if attraction.attractive >= share
                    ),
                    "days": days,
                    "clicks": round(attraction.clicks, 1),
                    "rank": round(attraction.rank, 1),
                    "attractive": round(attraction.attractive, 2),
                    **({"days_disliked": against} if against else {}),
                }
        return items

    def _chosen_in_other_words(self, key: str) -> dict[str, dict[str, Any]]:
        several = self.other_wordings.get(key, {})
        return {
            id: {"days": len(days)}
            for id, days in sorted(several.items())
            if len(days) >= self.least_days
        }

    def _unanswered(self, group: Sequence[AnsweredRequest]) -> dict[str, int]:
        """On how many days nothing was found, or what was found was no good; nothing where it was
        ever clicked."""
        if any(request.chosen for request in group):
            return {}
        missed = {request.day for request in group if request.is_missed}
        found = {
            "days_missed": len(missed) if all(request.is_missed for request in group) else 0,
            "days_missing": len({request.day for request in group if request.is_missing}),
            "days_disliked": len({request.day for request in group if request.disliked}),
        }
        return {why: days for why, days in found.items() if days >= self.least_days}


def _other_wordings(
    requests: Sequence[AnsweredRequest], is_known: Callable[[str], bool]
) -> dict[str, dict[str, set[date]]]:
    several: dict[str, dict[str, set[date]]] = defaultdict(dict)
    for (key, id), days in reformulated(requests).items():
        if is_known(id):
            several[key][id] = days
    return several


def _days(group: Iterable[AnsweredRequest], reaction: str) -> dict[str, set[date]]:
    """For each item the days on which anybody reacted so."""
    days: dict[str, set[date]] = defaultdict(set)
    for request in group:
        for id in getattr(request, reaction):
            days[id].add(request.day)
    return days


def _usual_wording(group: Sequence[AnsweredRequest]) -> str:
    """The question as it is typed most often."""
    counts = Counter(request.question for request in group)
    return min(counts, key=lambda text: (-counts[text], text))
