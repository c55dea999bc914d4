"""The report of a week: its figures beside the week before, failed questions, topics, releases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from monitoring.week.clusters import MOST_QUESTIONS, Encode, QuestionCluster, clusters
from monitoring.week.figures import WeekFigure, figures
from monitoring.week.releases import AnsweringRelease, releases
from monitoring.week.span import DAYS, Week, WeekUsage
from monitoring.week.topics import TopicsOf, TopicTable, by_topic
from release_format.store.base import Store
from searchbar.feedback.query_log import SHOWN, AskedQuestion, Usage


@dataclass(frozen=True)
class ReleaseReading:
    """What reads questions and items: a release's encoder, and the topics of its items."""

    release: str
    encode: Encode
    topics_of: TopicsOf


@dataclass(frozen=True)
class WeekReport:
    """Everything that the page and the message say.

    `days` are what was asked on each day, and on the same day of the week before. `failed` are
    clusters of questions, the most asked first, of `failed_questions` different ones. `topics` is
    None where no release could be opened. `notes` are sentences about what could not be told.
    """

    week: Week
    asked: int
    figures: Sequence[WeekFigure]
    days: Sequence[tuple[date, int, int]]
    top: Sequence[AskedQuestion]
    failed: Sequence[QuestionCluster]
    failed_questions: int
    topics: TopicTable | None
    releases: Sequence[AnsweringRelease]
    reading: str
    notes: Sequence[str]


def week_report(
    counted: WeekUsage, today: date, reading: ReleaseReading | None, store: Store | None
) -> WeekReport:
    """Put a week's report together; nothing in it is masked or escaped yet."""
    week, now, before = counted.week, counted.now, counted.before
    failures = now.failures()
    return WeekReport(
        week,
        now.asked,
        figures(now, before),
        [_day(day, lag, now, before) for day, lag in zip(week.days, week.before.days, strict=True)],
        sorted(now.questions.values(), key=lambda asked: (-asked.times, asked.text))[:SHOWN],
        clusters(failures, reading.encode if reading else None),
        len(failures),
        by_topic(now.answers, reading.topics_of) if reading else None,
        releases(now.releases, counted.earlier_release, store),
        reading.release if reading else "",
        list(_notes(counted, today, len(failures), has_reading=reading is not None)),
    )


def _day(day: date, earlier: date, now: Usage, before: Usage) -> tuple[date, int, int]:
    return day, now.days[day], before.days[earlier]


def _notes(counted: WeekUsage, today: date, failures: int, *, has_reading: bool) -> Iterator[str]:
    week, now, before = counted.week, counted.now, counted.before
    if week.end > today:
        days = (today - week.start).days + 1
        yield f"This week is not over: {days} of {DAYS} days are counted, today so far."
    if not now.asked:
        yield "Nothing was asked. Look whether the page was there, and whether the log is written."
    elif not before.asked:
        yield "Nothing was asked in the week before, so nothing stands beside these figures."
    if now.asked and not now.reactions["click"]:
        yield (
            "No click was logged. Where SEARCHBAR_FEEDBACK is off, click-through says nothing, and"
            " a question that is never opened is no failure."
        )
    if now.asked and not has_reading:
        yield (
            "No release that answered is in the store any more, so failed questions are not put"
            " together, and topics are not told. Name a release to read them by."
        )
    if failures > MOST_QUESTIONS:
        yield (
            f"{failures:,} different questions failed; the {MOST_QUESTIONS:,} that were asked most"
            " are shown."
        )
