"""Popular questions: what many visitors asked lately, for who begins to type the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from release_format.questions import LoggedQuestion, day_of, read
from searchbar.query.normalize import begins, forms

# A question of one person is nobody else's business: fewer askings than these, or all of them
# within fewer days, are not shown.
LEAST_TIMES, LEAST_DAYS = 5, 3
DAYS, LONGEST, MOST = 28, 80, 1000
# How long what was read of the log counts, in seconds.
LASTS = 6 * 3600.0


@dataclass(slots=True)
class _Asking:
    """How often and on which days one question was asked, and whether its last answer fitted."""

    times: int = 0
    days: set[str] = field(default_factory=set)
    is_answered: bool = False


class PopularQuestions:
    """The questions of a log that may be shown to others, those asked most first."""

    def __init__(self, path: Path | None, may_show: Callable[[str], bool]) -> None:
        """`path`: the query log, None for none; `may_show`: whether the catalogue knows all words
        of a question, so that no visitor writes on other visitors' pages."""
        self._path, self._may_show = path, may_show
        self._texts: list[str] = []
        self._read_at = -LASTS

    def first(self, k: int) -> list[str]:
        """The k of them that were asked most."""
        self._refresh()
        return list(islice(filter(self._may_show, self._texts), k))

    def beginning(self, typed: str, k: int) -> list[str]:
        """At most k of them that begin as typed, or have a word that does.

        The log is read beside, where that was long ago.
        """
        self._refresh()
        start = forms(typed)
        found = (text for text in self._texts if begins(forms(text), start, " "))
        return list(islice((t for t in found if t != start[0] and self._may_show(t)), k))

    def read(self) -> None:
        """Read the log, which may be long."""
        since = datetime.now(UTC) - timedelta(days=DAYS)
        try:
            lines: Iterable[LoggedQuestion] = read(self._path, since.date()) if self._path else ()
            self._texts = popular(lines, since.strftime("%Y-%m-%d"))
        except OSError:
            self._texts = []  # There is no log yet.

    def _refresh(self) -> None:
        if self._path and time.monotonic() - self._read_at >= LASTS:
            self._read_at = time.monotonic()
            # Nobody waits for it.
            threading.Thread(target=self.read, name="popular questions", daemon=True).start()


def popular(lines: Iterable[LoggedQuestion], since: str = "") -> list[str]:
    """Of logged questions those that were asked often enough, on days enough, and are answered."""
    askings: dict[str, _Asking] = {}
    for line in lines:
        text, day = " ".join(line.question.lower().split()), day_of(line.at)
        if line.feedback or not text or len(text) > LONGEST or day is None or line.at < since:
            continue
        asking = askings.setdefault(text, _Asking())
        asking.times += 1
        asking.days.add(day.isoformat())
        asking.is_answered = bool(line.hits) and not line.no_good_match
    shown = [
        (-asking.times, text)
        for text, asking in askings.items()
        if asking.is_answered and asking.times >= LEAST_TIMES and len(asking.days) >= LEAST_DAYS
    ]
    return [text for _, text in sorted(shown)[:MOST]]
