"""Made visitors: they look at the top first, and click what attracts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from monitoring.proposals.requests import AnsweredRequest, answered_requests
from release_format.questions import LoggedQuestion

UNTIL = date(2026, 11, 30)


@dataclass
class Visitors:
    """A log, as a server writes it of visitors whose ways are known.

    `looks`: how likely the rank (from one) is looked at. `likes`: how likely an item is clicked by
    those who look.
    """

    likes: Mapping[str, float]
    looks: Callable[[int], float] = lambda rank: 1 / rank
    random: Random = field(default_factory=lambda: Random(7))
    lines: list[LoggedQuestion] = field(default_factory=list)

    def ask(self, question: str, hits: Sequence[str], days_ago: int) -> str:
        """One visitor asks, and clicks what they will; returns the request's id."""
        id = self.line(question, days_ago, hits=tuple(hits))
        for rank, item in enumerate(hits, 1):
            if self.random.random() < self.looks(rank) * self.likes.get(item, 0):
                self.react(id, question, days_ago, "click", item)
        return id

    def line(self, question: str, days_ago: int, seconds: int = 0, **more: object) -> str:
        """A question in the log, without a reaction; one is asked a quarter of an hour after
        another, but for `seconds`."""
        number = len(self.lines)
        day = datetime.combine(UNTIL - timedelta(days=days_ago), datetime.min.time(), UTC)
        gap = timedelta(seconds=seconds or (900 * number) % 80_000)
        at = (day + gap).strftime("%Y-%m-%dT%H:%M:%SZ")
        id = f"request-{number}"
        self.lines.append(LoggedQuestion(question, "r", id, at, **more))  # type: ignore[arg-type]
        return id

    def react(self, id: str, question: str, days_ago: int, kind: str, item: str = "") -> None:
        """A click or a thumb, as a browser reports it."""
        at = f"{UNTIL - timedelta(days=days_ago)}T23:59:00Z"
        feedback = {"kind": kind, "id": item, "position": 1}
        self.lines.append(LoggedQuestion(question, "r", id, at, feedback=feedback))

    @property
    def requests(self) -> list[AnsweredRequest]:
        """What the log holds of the last ninety days."""
        return answered_requests(self.lines, UNTIL - timedelta(days=90), UNTIL)
