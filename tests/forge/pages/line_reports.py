"""Reports of a line as its gates leave them: of a change that is safe, and of worse ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forge.reports import Reports
from release_format.verdict import Condition, Outcome, Severity, Verdict

SNAPSHOT, LIVE, RELEASE = "5b0d" * 16, "7d9c" * 16, "09a0" * 16
MADE = "2026-11-30T12:00:00Z"


def warning(name: str, **fields: Any) -> Condition:
    shown = {"seen": "4 %: 6 of 144", "allowed": "at most 2 %", "why": "It went away.", **fields}
    return Condition(name, Outcome.NO, severity=Severity.WARN, **shown)


def met(name: str) -> Condition:
    return Condition(name, Outcome.YES, "1", "at least 1")


def refused(name: str = "removed", **fields: Any) -> Condition:
    shown = {
        "seen": "27 % (160 rows)",
        "allowed": "at most 10 % of live's rows",
        "why": "Visitors would miss them. Was the export cut, or is it meant?",
        **fields,
    }
    return Condition(name, Outcome.NO, **shown)


def unknown(name: str = "drift") -> Condition:
    return Condition(
        name, Outcome.COULD_NOT_TELL, "nothing: no memory", "at most 1", why="Run it again."
    )


def row(id: str, title: str, *fields: str) -> dict[str, Any]:
    kept = {"id": id, "title": title}
    return {"before": kept, "after": kept, "fields": list(fields)}


def changes(titles: Sequence[str] = ("Krita", "Anki", "GIMP")) -> dict[str, Any]:
    """Six rows came, six went and twenty changed; the first of each kind has such a title."""
    added, removed, changed = titles
    return {
        "added": 6,
        "removed": 6,
        "changed": 20,
        "examples": {
            "added": [{"before": None, "after": {"id": "a", "title": added}, "fields": []}],
            "removed": [{"before": {"id": "b", "title": removed}, "after": None, "fields": []}],
            "changed": [row("c", changed, "description", "url")],
        },
    }


def data(*conditions: Condition, **facts: Any) -> Verdict:
    told = {"accepted": 592, "quarantined": 0, "changes": changes(), **facts}
    return Verdict("data", SNAPSHOT, LIVE, conditions or (met("rows"),), told, MADE)


def built(*conditions: Condition) -> Verdict:
    return Verdict("quality", RELEASE, LIVE, conditions or (met("ndcg"),), {"quality": {}}, MADE)


LOSER = {
    "question": "remove the background from a photo",
    "before": 0.7312,
    "after": 0.0,
    "moved": [{"title": "GIMP", "before": 1, "after": 0}],
}
WINNER = {
    "question": "write music",
    "before": 0.4,
    "after": 1.0,
    "moved": [{"title": "Ardour", "before": 0, "after": 2}],
}


def pair(*conditions: Condition, **facts: Any) -> Verdict:
    told = {
        "questions": 165,
        "questions_changed": 89,
        "losers": [LOSER],
        "winners": [WINNER],
        **facts,
    }
    return Verdict("quality", RELEASE, LIVE, conditions or (met("answers-kept"),), told, MADE)


def safe(**texts: str) -> Reports:
    """Of a change that is safe, with three warnings."""
    accepted = Condition(
        "changed",
        Outcome.NO,
        "3 %",
        "at most 1 %",
        accepted_by="ada",
        accepted_because="meant",
    )
    return Reports(
        [data(met("rows"), warning("html"), accepted), built(), pair(warning("judgments-lost"))],
        texts,
    )
