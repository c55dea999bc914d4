"""A request in the query log: its question, and what the visitor did with the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from release_format.questions import LoggedQuestion, read

# Anybody may send a reaction to a request as often as they like.
MOST_REACTIONS = 50
# Ids of these stand in a log as they are; all that a server takes or makes up are of these.
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True)
class LoggedRequest:
    """The question that was asked last under a request id, and the first 50 reactions to it.

    A client may send the same id with several questions: `earlier` is how many came before this
    one. `further` reactions are counted, not kept.
    """

    asked: LoggedQuestion
    reactions: Sequence[LoggedQuestion] = ()
    earlier: int = 0
    further: int = 0

    @property
    def opened(self) -> set[str]:
        """The ids of the hits that were opened."""
        clicks = (row.feedback for row in self.reactions if row.feedback.get("kind") == "click")
        return {str(click["id"]) for click in clicks if "id" in click}


def logged_request(log: Path, id: str) -> LoggedRequest | None:
    """What a log holds of a request; None where nothing was asked under this id.

    A log of any length is passed through once, and only this request's rows are kept.
    """
    asked, questions, reactions = None, 0, 0
    kept: list[LoggedQuestion] = []
    for row in read(log, holding=id if _PLAIN.fullmatch(id) else ""):
        if row.request_id != id:
            continue
        if row.feedback:
            reactions += 1
            kept += [row] if len(kept) < MOST_REACTIONS else []
        else:
            asked, questions = row, questions + 1
    if not asked:
        return None
    return LoggedRequest(asked, kept, questions - 1, reactions - len(kept))


def reaction(row: LoggedQuestion) -> str:
    """What a visitor did, in words."""
    feedback = row.feedback
    kind, id, reason = (str(feedback.get(name, "")) for name in ("kind", "id", "reason"))
    where = f"number {feedback['position']}" if "position" in feedback else ""
    words = {"click": "opened", "good": "thumb up", "bad": "thumb down", "missing": "missing"}
    about = ", ".join(part for part in (id, where, reason) if part)
    return f"{words.get(kind, kind)}: {about}" if about else words.get(kind, kind)
