"""A summary of the query log: what was asked most lately, and what was not answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from release_format.questions import LoggedQuestion, read

DAYS, SHOWN = 7, 20


@dataclass(frozen=True)
class QueryLogSummary:
    """What visitors asked, most often first, with how often; and how they liked what they got.

    `requests` are the ids under which each of these was asked last, where the log has them.
    """

    top: list[tuple[str, int]]
    without: list[tuple[str, int]]
    missing: list[tuple[str, str]]
    reactions: dict[str, int]
    requests: dict[str, str]


def summarise_recent(path: Path, now: datetime | None = None) -> QueryLogSummary:
    """Read the last days of a log; one that is not there holds nothing."""
    first = (now or datetime.now(UTC)) - timedelta(days=DAYS)
    since = first.strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        return summarise(line for line in read(path, first.date()) if line.at >= since)
    except FileNotFoundError:
        return summarise(())


def summarise(lines: Iterable[LoggedQuestion]) -> QueryLogSummary:
    """Count questions and reactions; questions that differ in case and spaces only are one."""
    top: Counter[str] = Counter()
    without: Counter[str] = Counter()
    reactions: Counter[str] = Counter()
    missing: list[tuple[str, str]] = []
    requests: dict[str, str] = {}
    for line in lines:
        question = " ".join(line.question.lower().split())
        if line.feedback:
            kind = str(line.feedback.get("kind", ""))
            reactions[kind] += 1
            if kind == "missing":
                missing.append((line.question, str(line.feedback.get("reason", ""))))
        elif question:
            top[question] += 1
            requests[question] = line.request_id
            if line.no_good_match or not line.hits:
                without[question] += 1
    asked, failed = top.most_common(SHOWN), without.most_common(SHOWN)
    shown = {text: id for text, _ in (*asked, *failed) if (id := requests[text])}
    return QueryLogSummary(asked, failed, missing[: -SHOWN - 1 : -1], dict(reactions), shown)
