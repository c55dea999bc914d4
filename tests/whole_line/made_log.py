"""A query log of half a year whose answers are a real release's; in its last week people ask for
something new."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random

from release_format.questions import LoggedQuestion, append
from release_format.questions.parts import Part
from searchbar.engine import Engine
from searchbar.query.question import Question
from searchbar.replay.log_row import logged_answer

WEEKS, A_WEEK = 24, 40
# Asked once a week, and each time its first hit is opened.
OPENED = "play a film"
USUAL = [
    "edit a photo", "remove the background", "write text with modes", "extensible editor",
    "linear algebra in python", "plot a function", "convert video", "record the screen",
    "coffee near me", "keyboard driven editor", "cut a film", "matrix multiplication",
    "crop pictures", "play music", "text editor for programmers",
]  # fmt: skip
FOREIGN = [
    "mortgage rates this week", "compare mortgage lenders", "when to repay a house loan",
    "fixed or variable interest", "how much house can i afford", "refinance my mortgage",
    "notary fees for a flat", "loan with bad credit",
]  # fmt: skip


@dataclass(frozen=True)
class MadeLog:
    """What servers of a site would have logged until yesterday, as a finished part of its log.

    Each window of seven days has its questions on one day in the middle, so that it does not
    matter when in a day this is read.
    """

    engine: Engine
    until: date

    def write(self, log: Path) -> None:
        """Write the part beside a live file."""
        part = Part(self.until - timedelta(days=1), 1, log).jsonl
        random = Random(2)
        for week in range(WEEKS, 0, -1):
            asked = [f"{random.choice(USUAL)} {random.randrange(100)}" for _ in range(A_WEEK)]
            if week == 1:
                asked[: len(FOREIGN)] = FOREIGN
            for number, question in enumerate([*asked, OPENED]):
                at = datetime.combine(self.until - timedelta(days=7 * week - 3), time(5), UTC)
                row = replace(
                    self._answered(question),
                    request_id=f"made-{week}-{number}",
                    at=_written(at + timedelta(minutes=20 * number)),
                )
                append(part, row)
        for week in range(WEEKS, 0, -1):
            self._open(part, f"made-{week}-{A_WEEK}", week)

    def _open(self, part: Path, request_id: str, week: int) -> None:
        at = datetime.combine(self.until - timedelta(days=7 * week - 3), time(23), UTC)
        first = self._answered(OPENED).hits[0]
        click = {"kind": "click", "id": first, "position": 1}
        append(part, LoggedQuestion(OPENED, "", request_id, _written(at), feedback=click))

    @cache  # noqa: B019
    def _answered(self, question: str) -> LoggedQuestion:
        answer = self.engine.search(Question(question))
        return logged_answer(Question(question), answer, self.engine.level)


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
