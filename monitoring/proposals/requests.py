"""Answered requests of the query log, each with what its visitor then did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from release_format.questions import LoggedQuestion, day_of
from searchbar.query.normalize import fold

# So many hits of a request are looked at.
DEPTH = 20


@dataclass
class AnsweredRequest:
    """A question as it was asked once, its hits in their order, and the reactions to them.

    `key` is the question folded. `clicked`, `liked` and `disliked` are ids among the hits;
    `is_missed` says that nothing fitted, `is_missing` that the visitor said so.
    """

    key: str
    question: str
    at: datetime
    hits: tuple[str, ...]
    is_missed: bool
    clicked: set[str] = field(default_factory=set)
    liked: set[str] = field(default_factory=set)
    disliked: set[str] = field(default_factory=set)
    is_missing: bool = False

    @property
    def day(self) -> date:
        """The day that it was asked on, in UTC."""
        return self.at.date()

    @property
    def chosen(self) -> set[str]:
        """What was clicked or praised."""
        return self.clicked | self.liked

    def react(self, kind: object, id: object) -> None:
        """Take a reaction down, where it is about one of these hits: who reacts names what the
        log shows, or nothing."""
        if kind == "missing":
            self.is_missing = True
        kinds = {"click": self.clicked, "good": self.liked, "bad": self.disliked}
        if id in self.hits and (several := kinds.get(str(kind))) is not None:
            several.add(str(id))


def answered_requests(
    lines: Iterable[LoggedQuestion], since: date, until: date
) -> list[AnsweredRequest]:
    """The requests of these days by their time; `until` is the day after the last.

    Only such as asked for the ranking itself: a filter or a sort puts other hits first, for another
    reason than the words.
    """
    requests: dict[str, AnsweredRequest] = {}
    for line in lines:
        day, key = day_of(line.at), fold(line.question)
        if day is None or not since <= day < until or not key or not line.request_id:
            continue
        if line.feedback:
            request = requests.get(line.request_id)
            if request and request.key == key:
                request.react(line.feedback.get("kind"), line.feedback.get("id"))
        elif not line.filters and not line.sort and line.request_id not in requests:
            requests[line.request_id] = _request(line, key)
    return sorted(requests.values(), key=lambda request: request.at)


def _request(line: LoggedQuestion, key: str) -> AnsweredRequest:
    at = datetime.fromisoformat(line.at)
    hits = tuple(dict.fromkeys(map(str, line.hits)))[:DEPTH]
    at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    is_missed = bool(line.no_good_match) or not hits
    return AnsweredRequest(key, " ".join(line.question.split()), at, hits, is_missed)
