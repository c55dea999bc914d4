"""Which week is told of: seven whole days of UTC, and what the log says of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from monitoring.errors import MonitoringError
from release_format.exit_codes import USAGE
from release_format.questions import LoggedQuestion, day_of
from searchbar.feedback.query_log import Usage

DAYS = 7
_ISO_WEEK = re.compile(r"(\d{4})-?[Ww](\d{2})")


@dataclass(frozen=True)
class Week:
    """Seven days from `start` on."""

    start: date

    @property
    def end(self) -> date:
        """The day after the last one."""
        return self.start + timedelta(days=DAYS)

    @property
    def days(self) -> list[date]:
        return [self.start + timedelta(days=day) for day in range(DAYS)]

    @property
    def before(self) -> Week:
        """The week before it."""
        return Week(self.start - timedelta(days=DAYS))

    def holds(self, day: date) -> bool:
        return self.start <= day < self.end


@dataclass
class WeekUsage:
    """What was asked in a week and in the one before it, and the release that answered last before
    both of the week's own; `lines` is how many lines the log has in all."""

    week: Week
    now: Usage = field(default_factory=Usage)
    before: Usage = field(default_factory=Usage)
    earlier_release: str = ""
    lines: int = 0


def week_of(name: str, today: date) -> Week:
    """The week that a person means: `2026-W48` (ISO, from Monday on), or without a name the last
    seven days that are over.

    Raises:
        MonitoringError: it is no week, or has not begun.
    """
    if not name:
        return Week(today - timedelta(days=DAYS))
    if not (parts := _ISO_WEEK.fullmatch(name)):
        raise MonitoringError(f"{name!r} is no week. Give one such as --week 2026-W48.", USAGE)
    try:
        start = date.fromisocalendar(int(parts[1]), int(parts[2]), 1)
    except ValueError as error:
        raise MonitoringError(
            f"{name!r} is no week of that year ({error}). Give one such as --week 2026-W48.", USAGE
        ) from error
    if start > today:
        raise MonitoringError(f"{name} has not begun. Give an earlier week.", USAGE)
    return Week(start)


def count(lines: Iterable[LoggedQuestion], week: Week) -> WeekUsage:
    """Count a week and the one before it, line by line: a log of years is read and not held.

    What visitors did of an answer belongs to the week in which it was given.
    """
    counted, newest = WeekUsage(week), ""
    for line in lines:
        counted.lines += 1
        if (day := day_of(line.at)) is None:
            continue
        if usage := _usage(counted, line, day):
            usage.add(line)
        elif not line.feedback and day < week.start and line.at >= newest:
            newest = line.at
            counted.earlier_release = line.release
    return _with_last_before(counted)


def _usage(counted: WeekUsage, line: LoggedQuestion, day: date) -> Usage | None:
    if line.feedback:
        for usage in (counted.now, counted.before):
            if usage.knows(line.request_id):
                return usage
    if counted.week.holds(day):
        return counted.now
    return counted.before if counted.week.before.holds(day) else None


def _with_last_before(counted: WeekUsage) -> WeekUsage:
    """The week before says best which release was live when the week began."""
    uses = counted.before.releases
    if uses:
        counted.earlier_release = max(uses, key=lambda release: uses[release].last)
    return counted
