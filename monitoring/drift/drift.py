"""The drift verdict: is the last window unlike those before it, in what, and why perhaps?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from monitoring.drift.masking import masked
from monitoring.drift.measured import (
    DISLIKED,
    EMPTY,
    MEAN,
    MISSED,
    NOVEL,
    UNKNOWN,
    UNSURE,
    WHY,
    Encode,
    MeasuredWindows,
    measure,
)
from monitoring.drift.ranks import LEAST_WINDOWS, Ranked, Series, rank
from monitoring.drift.topics import TopicOf, TopicSuccess
from monitoring.drift.windows import Window, alike
from release_format.verdict import Condition, Outcome, Severity, Verdict

GATE, TOPICS = "drift", "topic-clicks"
HISTORY = "enough-history"
MOST_EARLIER = 60
SHOWN = 20
# With fewer questions than this share of what is usual nobody can tell what people ask.
OUTAGE_SHARE = 0.2


def drift_verdict(
    release: str,
    windows: Sequence[Window],
    encode: Encode,
    is_known: Callable[[str], bool],
    topic_of: TopicOf = lambda _: "",
) -> Verdict:
    """Judge the last window beside the earlier ones that it may be compared with.

    Where there are too few of these, or hardly anything was asked, it could not be told.

    Args:
        release: the live release's id.
        windows: oldest first, the one to judge last.
        encode: unit vectors of questions, (questions, d), by the release's own encoder.
        is_known: whether a question's words all stand in the catalogue.
        topic_of: the topic of an item's id in the live release; "" where it has none.
    """
    last, earlier = alike(windows)
    earlier = earlier[-MOST_EARLIER:]
    facts: dict[str, Any] = {
        "start": last.start.isoformat(),
        "days": last.days,
        "questions": last.asked,
        "different": len(last.questions),
        "windows": len(earlier),
    }
    if untold := _untold(last, earlier):
        facts["cause"] = "source outage" if len(earlier) >= LEAST_WINDOWS else ""
        return Verdict(GATE, release, "", [untold], facts)
    measured = measure([*earlier, last], encode, is_known, topic_of)
    ranked = rank([*measured.series, *(each.series for each in measured.topics)])
    starts = [window.start.isoformat() for window in (*earlier, last)]
    facts |= {
        "chance": ranked.chance,
        "series": {series.name: series.to_json() for series in measured.series},
        "starts": starts,
        "since": {_shown_name(name): starts[-run] for name, run in ranked.since.items()},
        "topics": [each.to_json(each.series.name in ranked.odd) for each in measured.topics],
        "novel": [masked(question) for question in measured.novel[:SHOWN]],
        "missed": _shown(last, last.missed),
        "disliked": _shown(last, last.disliked),
        "cause": _cause(ranked, last, earlier),
    }
    return Verdict(GATE, release, "", _conditions(measured, ranked), facts)


def _untold(last: Window, earlier: Sequence[Window]) -> Condition | None:
    if len(earlier) < LEAST_WINDOWS:
        return Condition(
            HISTORY,
            Outcome.COULD_NOT_TELL,
            f"{len(earlier)} earlier windows that can be compared",
            f"at least {LEAST_WINDOWS}",
            why="Let the log grow, or take shorter windows with --days.",
            measured=len(earlier),
            bound=LEAST_WINDOWS,
        )
    usual = median(window.asked for window in earlier)
    if last.asked < OUTAGE_SHARE * usual:
        return Condition(
            "enough-questions",
            Outcome.COULD_NOT_TELL,
            f"{last.asked} questions",
            f"at least a fifth of the usual {usual:g}",
            why="Look whether the page was there, and whether the log was written.",
            measured=last.asked,
            bound=OUTAGE_SHARE * usual,
        )
    return None


def _conditions(measured: MeasuredWindows, ranked: Ranked) -> list[Condition]:
    conditions = [_condition(series, ranked) for series in measured.series]
    return [*conditions, *_of_topics(measured.topics, ranked)]


def _of_topics(topics: Sequence[TopicSuccess], ranked: Ranked) -> list[Condition]:
    """One condition of the topic that stands out most; none where no topic is asked for enough."""
    if not topics:
        return []
    worst = max(topics, key=lambda each: ranked.deviations[each.series.name])
    below = [masked(each.topic) for each in topics if each.series.name in ranked.odd]
    why = f"Below their floor: {', '.join(below)}. Fewer of their answers are clicked than ever."
    return [
        Condition(
            TOPICS,
            Outcome.NO if below else Outcome.YES,
            f"{worst.sentence()} ({ranked.deviations[worst.series.name]:+.1f} usual deviations)",
            f"as before: at least {100 * worst.floor:.0f} % of {len(worst.asked) - 1} windows",
            why=why if below else "",
            measured=round(worst.share, 6),
            bound=round(worst.floor, 6),
        )
    ]


def _shown_name(series: str) -> str:
    """The condition that a series belongs to."""
    return TOPICS if series.startswith("topic ") else series


def _condition(series: Series, ranked: Ranked) -> Condition:
    *before, seen = [value for value in series.to_json() if value is not None]
    is_odd = series.name in ranked.odd
    deviations = ranked.deviations[series.name]
    many = f"of {len(before)} windows"
    return Condition(
        series.name,
        Outcome.NO if is_odd else Outcome.YES,
        f"{_written(series, seen)} ({deviations:+.1f} usual deviations)",
        f"as before: at most {_written(series, max(before))} {many}",
        Severity.BLOCK,
        WHY[series.name] if is_odd else "",
        measured=seen,
        bound=max(before),
    )


def _written(series: Series, value: float) -> str:
    return f"{100 * value:.1f} %" if series.counts else f"{value:.3f}"


def _shown(window: Window, keys: set[str]) -> list[str]:
    """Some of these questions as they were typed, without what they say of a person."""
    return [masked(window.questions.get(key, key)) for key in sorted(keys)[:SHOWN]]


def _cause(ranked: Ranked, last: Window, earlier: Sequence[Window]) -> str:
    """What it may be; a person finds out."""
    odd = {_shown_name(name) for name in ranked.odd}
    if not odd:
        return ""
    if last.releases - earlier[-1].releases and odd & {MISSED, EMPTY, UNSURE} and NOVEL not in odd:
        return "data change"
    if odd & {NOVEL, MEAN, UNKNOWN}:
        return "question drift"
    return "quality drop" if odd & {MISSED, EMPTY, DISLIKED, TOPICS, UNSURE} else ""
