"""The report of a week as a message for a channel: short, and nothing in it can address anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitoring.drift.masking import masked, shown_line
from monitoring.week.figures import WeekFigure, percent
from monitoring.week.report import WeekReport

MOST_LINES = 25
SHOWN, LONGEST, LONGEST_CHANGE = 5, 60, 400
# What chats and forges read as marks, mentions and links, in signs that look alike: entities would
# be shown as they are where a channel takes plain text.
_SIGNS = str.maketrans("<>[]`*_|~\\", "‹›()'∗‗¦∼∖")
_ADDRESSING = re.compile(r"[@#!&%$](?=\S)|\.(?=[^\W\d])")


def message(report: WeekReport) -> str:
    """At most 25 lines of Markdown."""
    lines = list(_lines(report))
    return "\n".join(lines[:MOST_LINES]) + "\n"


def _lines(report: WeekReport) -> Iterator[str]:
    week = report.week
    yield f"**Search, {week.days[0]} to {week.days[-1]}** (before: the seven days before)"
    yield from (f"- {note}" for note in report.notes)
    if not report.asked:
        return
    yield from (f"- {_figure(figure)}" for figure in report.figures)
    top = [f"{plain(masked(asked.text))} ({asked.times:,})" for asked in report.top[:SHOWN]]
    yield f"- Asked most: {', '.join(top)}"
    for cluster in report.failed[:SHOWN]:
        yield f"- Failed {cluster.times:,}×: {plain(masked(cluster.name))} ({cluster.why})"
    if report.topics and report.topics.topics:
        topics = [f"{plain(t.name)} {percent(t.opened)}" for t in report.topics.topics[:3]]
        yield f"- Click-through by topic: {', '.join(topics)}"
    for release in [release for release in report.releases if release.is_new][:SHOWN]:
        since = f"{plain(release.id[:12])} since {plain(release.first[:10])}"
        yield f"- Release {since}: {plain(release.changed, LONGEST_CHANGE)}"


def _figure(figure: WeekFigure) -> str:
    changed = f", {figure.change}" if figure.change else ""
    return f"{figure.name}: {figure.now} (before: {figure.before}{changed})"


def plain(text: str, longest: int = LONGEST) -> str:
    """A foreign text that no channel reads as a mention, mark, picture or link; one line, cut."""
    shown = _ADDRESSING.sub(lambda found: f"{found[0]}\u200b", shown_line(text)).translate(_SIGNS)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
