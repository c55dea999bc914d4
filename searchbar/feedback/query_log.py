"""What a stretch of the query log says of the search: what was asked, answered, opened and liked.

The page of what was asked lately and the week's report count by it, so that they agree.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from release_format.questions import REACTIONS, LoggedQuestion, day_of, read
from searchbar.feedback.feedback import FURTHEST
from searchbar.feedback.proportion import Proportion, ReciprocalMean

DAYS, SHOWN = 7, 20
# Asked so often and never opened, an answer does not seem to help.
REPEATED = 3


@dataclass(slots=True)
class AskedQuestion:
    """One of the different questions, in lower case: how often it was asked, and how that ended.

    `missed`: something was shown, of which nothing fits; `empty`: nothing was; `blocked`: nothing
    was, and only because of its filters, without which something fits. `opened`: answers
    of which something was opened. `disliked`: thumbs down, and said to miss something.
    `request_id`: of the last time that it was asked.
    """

    text: str
    times: int = 0
    missed: int = 0
    empty: int = 0
    blocked: int = 0
    opened: int = 0
    disliked: int = 0
    request_id: str = ""

    @property
    def failed(self) -> int:
        """How often nothing fitted or was found, whatever the filters."""
        return self.missed + self.empty


@dataclass(slots=True)
class GivenAnswer:
    """One answer: the id of its first hit, and the highest position that was opened (0: none,
    or nobody knows which)."""

    question: AskedQuestion
    first: str
    is_opened: bool = False
    position: int = 0


@dataclass(slots=True)
class ReleaseUse:
    """How long and how much one release answered."""

    first: str
    last: str
    asked: int = 0
    answered: int = 0


@dataclass
class Usage:
    """What was asked and how it went, counted line by line.

    A question that was asked again with another filter counts again; the further pages of an
    answer are no questions. Questions that differ in case and spaces only are one.
    """

    questions: dict[str, AskedQuestion] = field(default_factory=dict)
    answers: list[GivenAnswer] = field(default_factory=list)
    days: Counter[date] = field(default_factory=Counter)
    releases: dict[str, ReleaseUse] = field(default_factory=dict)
    reactions: Counter[str] = field(default_factory=Counter)
    missing: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=SHOWN))
    _by_request: dict[str, GivenAnswer] = field(default_factory=dict)
    _latest: dict[str, GivenAnswer] = field(default_factory=dict)

    def add(self, line: LoggedQuestion) -> None:
        """Count a line of the log."""
        text = " ".join(line.question.lower().split())
        if line.feedback:
            self._react(line, text)
        elif text:
            self._ask(line, text)

    def knows(self, request_id: str) -> bool:
        """Whether the question of that request was counted here."""
        return request_id in self._by_request

    def _ask(self, line: LoggedQuestion, text: str) -> None:
        asked = self.questions.setdefault(text, AskedQuestion(text))
        asked.times += 1
        asked.request_id = line.request_id
        asked.blocked += line.is_blocked
        asked.empty += not line.hits and not line.is_blocked
        asked.missed += bool(line.hits) and line.no_good_match
        answer = GivenAnswer(asked, line.hits[0] if line.hits else "")
        self.answers.append(answer)
        self._latest[text] = answer
        if line.request_id:
            self._by_request[line.request_id] = answer
        if day := day_of(line.at):
            self.days[day] += 1
        use = self.releases.setdefault(line.release, ReleaseUse(line.at, line.at))
        use.first, use.last = min(use.first, line.at), max(use.last, line.at)
        use.asked += 1
        use.answered += bool(line.hits) and not line.no_good_match

    def _react(self, line: LoggedQuestion, text: str) -> None:
        kind = line.feedback.get("kind")
        if kind not in REACTIONS:
            return
        self.reactions[kind] += 1
        if kind == "missing":
            self.missing.appendleft((line.question, str(line.feedback.get("reason", ""))))
        # A further page has a request of its own, which is not logged: its question is.
        answer = self._by_request.get(line.request_id) or self._latest.get(text)
        if answer is None:
            return
        if kind in ("bad", "missing"):
            answer.question.disliked += 1
        if kind == "click":
            self._open(answer, line.feedback.get("position"))

    @staticmethod
    def _open(answer: GivenAnswer, position: object) -> None:
        if not answer.is_opened:
            answer.is_opened = True
            answer.question.opened += 1
        if type(position) is int and 0 < position <= FURTHEST:
            answer.position = min(position, answer.position or position)

    @property
    def asked(self) -> int:
        return len(self.answers)

    @property
    def answered(self) -> Proportion:
        """Questions with something that fits: all but the three below."""
        others = (self.no_good_match, self.no_results, self.blocked)
        return Proportion(self.asked - sum(share.count for share in others), self.asked)

    @property
    def no_good_match(self) -> Proportion:
        return Proportion(sum(q.missed for q in self.questions.values()), self.asked)

    @property
    def no_results(self) -> Proportion:
        return Proportion(sum(q.empty for q in self.questions.values()), self.asked)

    @property
    def blocked(self) -> Proportion:
        """Questions of which the filters left nothing, and that something fits without them."""
        return Proportion(sum(q.blocked for q in self.questions.values()), self.asked)

    @property
    def click_through(self) -> Proportion:
        """Questions after which something was opened, however often."""
        return Proportion(sum(answer.is_opened for answer in self.answers), self.asked)

    @property
    def click_position(self) -> ReciprocalMean:
        """1 / the highest position that was opened, over the answers of which one was."""
        return positions_of(self.answers)

    @property
    def thumbs_down(self) -> Proportion:
        """Of all thumbs."""
        down = self.reactions["bad"]
        return Proportion(down, down + self.reactions["good"])

    @property
    def top(self) -> list[tuple[str, int]]:
        """What was asked most, with how often."""
        counts = Counter({text: question.times for text, question in self.questions.items()})
        return counts.most_common(SHOWN)

    @property
    def without(self) -> list[tuple[str, int]]:
        """What nothing fitted or was found for most, with how often."""
        counts = Counter({q.text: q.failed for q in self.questions.values() if q.failed})
        return counts.most_common(SHOWN)

    @property
    def without_by_filters(self) -> list[tuple[str, int]]:
        """What only its filters left nothing of most, with how often."""
        counts = Counter({q.text: q.blocked for q in self.questions.values() if q.blocked})
        return counts.most_common(SHOWN)

    @property
    def requests(self) -> dict[str, str]:
        """The ids under which these were asked last, where the log has them."""
        lists = (*self.top, *self.without, *self.without_by_filters)
        shown = (self.questions[text] for text, _ in lists)
        return {question.text: question.request_id for question in shown if question.request_id}

    def failures(self) -> list[AskedQuestion]:
        """The questions that failed, those asked most first: nothing fitted, nothing was found,
        somebody disliked it, or it was asked again and again and never opened (told only where
        anything was opened at all)."""
        is_told = self.reactions["click"] > 0
        failed = [
            question
            for question in self.questions.values()
            if question.failed
            or question.disliked
            or (is_told and question.times >= REPEATED and not question.opened)
        ]
        return sorted(failed, key=lambda question: (-question.times, question.text))


def positions_of(answers: Iterable[GivenAnswer]) -> ReciprocalMean:
    """The mean of 1 / the highest position that was opened of each answer."""
    mean = ReciprocalMean()
    for answer in answers:
        if answer.position:
            mean = mean.with_position(answer.position)
    return mean


def summarise_recent(path: Path, now: datetime | None = None) -> Usage:
    """Count the last days of a log; one that is not there holds nothing."""
    first = (now or datetime.now(UTC)) - timedelta(days=DAYS)
    since = first.strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        lines = read(path, first.date())
        return summarise(line for line in lines if line.at >= since and day_of(line.at))
    except FileNotFoundError:
        return summarise(())


def summarise(lines: Iterable[LoggedQuestion]) -> Usage:
    """Count questions and reactions."""
    usage = Usage()
    for line in lines:
        usage.add(line)
    return usage
