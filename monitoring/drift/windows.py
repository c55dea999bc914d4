"""Windows of the query log: equal stretches of days, each with what was asked in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import blake2b

from release_format.questions import LoggedQuestion, day_of
from searchbar.query.normalize import fold

# Of a window's different questions so many are looked at, chosen by their text alone.
MOST_QUESTIONS = 300
# Of more windows back nothing is told: a clock was years off.
MOST_BACK = 1_000
# No confidence lies farther from the level of a good match.
FARTHEST = 100.0


@dataclass
class Window:
    """What was asked from one day on, for `days` days.

    `questions` are folded and different: somebody's script that asks the same thing a thousand
    times has one vote. `missed` of them were told that nothing fits, at least once; `empty` had no
    hits. `clicked` of them were followed by a click, `disliked` by a thumb down. `firsts` are the
    first hits of those that had any. `margins` are how far the confidence of their first hit lay
    above the level of a good match, where that is logged.
    """

    start: date
    days: int
    questions: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    missed: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)
    clicked: set[str] = field(default_factory=set)
    disliked: set[str] = field(default_factory=set)
    margins: dict[str, float] = field(default_factory=dict)
    releases: set[str] = field(default_factory=set)
    firsts: dict[str, str] = field(default_factory=dict)

    @property
    def is_of_workdays(self) -> bool:
        """Whether it is one day of a week's first five; longer windows hold all kinds of days."""
        return self.days % 7 == 0 or self.start.weekday() < 5

    @property
    def sample(self) -> list[str]:
        """At most 300 of its questions as they were typed; the same ones each time."""
        chosen = sorted(self.questions, key=_by_chance)[:MOST_QUESTIONS]
        return [self.questions[key] for key in sorted(chosen)]

    def add(self, line: LoggedQuestion) -> None:
        """Count a line of the log."""
        key = fold(line.question)
        if not key:
            return
        if line.feedback:
            kind = line.feedback.get("kind")
            if kind in ("click", "good"):
                self.clicked.add(key)
            elif kind in ("bad", "missing"):
                self.disliked.add(key)
            return
        self.asked += 1
        self.questions.setdefault(key, " ".join(line.question.split()))
        self.releases.add(line.release)
        if line.no_good_match:
            self.missed.add(key)
        if line.hits:
            self.firsts.setdefault(key, str(line.hits[0]))
        else:
            self.empty.add(key)
        if line.confidence is not None and line.level is not None:
            # A log that no server wrote may say anything.
            self.margins.setdefault(
                key, max(-FARTHEST, min(FARTHEST, line.confidence - line.level))
            )


def windows(lines: Iterable[LoggedQuestion], days: int, end: date) -> list[Window]:
    """The windows before `end` in which anything was asked, oldest first, and the last one in any
    case; at most 1,000.

    Each is `days` days long and the last one ends the day before `end`; days are UTC's.
    """
    by_number: dict[int, Window] = {}
    for line in lines:
        day = day_of(line.at)
        if day is None or day >= end:
            continue
        number = (end - day - timedelta(days=1)).days // days
        if number >= MOST_BACK:
            continue
        if number not in by_number:
            by_number[number] = Window(end - timedelta(days=days * (number + 1)), days)
        by_number[number].add(line)
    held = {number: window for number, window in by_number.items() if window.asked}
    held.setdefault(0, by_number.get(0) or Window(end - timedelta(days=days), days))
    return [held[number] for number in sorted(held, reverse=True)]


def alike(several: Sequence[Window]) -> tuple[Window, list[Window]]:
    """The last window, and those before it that it may be compared with: workdays with
    workdays."""
    *earlier, last = several
    return last, [window for window in earlier if window.is_of_workdays == last.is_of_workdays]


def _by_chance(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
