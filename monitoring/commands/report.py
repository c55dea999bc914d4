"""Tell a week: what was asked, answered and opened, beside the week before; what failed, by topic,
and what the releases of the week changed.

Writes `week.html` and `week.md` into the folder of reports, and prints the message of the second
for a channel. Questions that failed are put together by the encoder of RELEASE, by default the
newest that answered in that week. Exit code 3: the log holds nothing at all.
"""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, date, datetime
from pathlib import Path

from monitoring.commands.options import add_log, lines_of, log_of
from monitoring.errors import MonitoringError
from monitoring.week.markdown import message
from monitoring.week.page import page
from monitoring.week.releases import is_id
from monitoring.week.report import ReleaseReading, week_report
from monitoring.week.span import WeekUsage, count, week_of
from release_format.cli import Parser
from release_format.exit_codes import YES, ProgramError
from release_format.progress import say
from release_format.release import ENCODER, KIND, Release
from release_format.seal import write_atomically
from release_format.store.base import Store
from release_format.store.locate import open_store
from searchbar.opening import add_store_argument
from searchbar.retrieval.encoder import Encoder

EXAMPLE = "python -m monitoring report --week --log var/log/questions.jsonl"
PAGE, MESSAGE = "week.html", "week.md"


def add_arguments(parser: Parser) -> None:
    """Add the week, the log and what reads it."""
    parser.add_argument(
        "release",
        metavar="RELEASE",
        nargs="?",
        default="",
        help="the release whose encoder and topics read the log (default: the newest that"
        " answered in the week and is in the store)",
    )
    add_store_argument(parser)
    add_log(parser)
    parser.add_argument(
        "--week",
        nargs="?",
        const="",
        default="",
        metavar="2026-W48",
        help="a week from Monday on (default: the last seven days that are over, in UTC)",
    )
    parser.add_argument(
        "--report",
        type=Path,
        default=Path("var/reports"),
        metavar="FOLDER",
        help="where the page and the message go (default: %(default)s)",
    )


def run(options: Namespace) -> int:
    """Count the week, write the page and the message, and print the message."""
    today = datetime.now(UTC).date()
    week = week_of(options.week, today)
    log = log_of(options)
    counted = count(lines_of(log), week)
    if not counted.lines:
        raise MonitoringError(
            f"{log} holds no question. Let a server log some (SEARCHBAR_QUESTIONS), or name"
            " another with --log."
        )
    _write(options, counted, today)
    return YES


def _write(options: Namespace, counted: WeekUsage, today: date) -> None:
    store = open_store(options.store)
    reading = (
        _reading(store, options.release) if options.release else _newest_reading(store, counted)
    )
    report = week_report(counted, today, reading, store)
    options.report.mkdir(parents=True, exist_ok=True)
    text = message(report)
    write_atomically(options.report / PAGE, page(report))
    write_atomically(options.report / MESSAGE, text)
    say(f"Report: {options.report / PAGE}")
    print(text, end="")


def _newest_reading(store: Store, counted: WeekUsage) -> ReleaseReading | None:
    """By the release of the week that answered last and that can still be opened."""
    uses = counted.now.releases
    named = filter(is_id, uses)
    for release in sorted(named, key=lambda release: uses[release].last, reverse=True):
        try:
            return _reading(store, release)
        except ProgramError:
            continue
    return None


def _reading(store: Store, name: str) -> ReleaseReading:
    release = Release.open(store.path(KIND, name), sizes_only=True)
    items = release.items

    def topics_of(id: str) -> tuple[str, ...] | None:
        place = items.position(id)
        return None if place is None else items[place].topics

    return ReleaseReading(release.id, Encoder.open(release.path / ENCODER).encode_query, topics_of)
