"""Here is the log of questions: give me what was asked most in the last days, and what was not answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from release_format.questions import LoggedQuestion, read

DAYS, SHOWN = 7, 20


@dataclass(frozen=True)
class Asked:
    """What visitors asked, most often first, with how often; and how they liked what they got."""

    top: list[tuple[str, int]]
    without: list[tuple[str, int]]
    missing: list[tuple[str, str]]
    reactions: dict[str, int]


def asked_lately(path: Path, now: datetime | None = None) -> Asked:
    """Read the last days of a log; one that is not there holds nothing."""
    since = ((now or datetime.now(UTC)) - timedelta(days=DAYS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    logged = [one for one in read(path) if one.at >= since] if path.exists() else []
    return summarise(logged)


def summarise(logged: Iterable[LoggedQuestion]) -> Asked:
    """Count questions and reactions; questions that differ in case and spaces only are one."""
    top: Counter[str] = Counter()
    without: Counter[str] = Counter()
    reactions: Counter[str] = Counter()
    missing: list[tuple[str, str]] = []
    for one in logged:
        question = " ".join(one.question.lower().split())
        if one.feedback:
            kind = str(one.feedback.get("kind", ""))
            reactions[kind] += 1
            if kind == "missing":
                missing.append((one.question, str(one.feedback.get("reason", ""))))
        elif question:
            top[question] += 1
            if one.no_good_match or not one.hits:
                without[question] += 1
    return Asked(top.most_common(SHOWN), without.most_common(SHOWN), missing[: -SHOWN - 1 : -1], dict(reactions))
