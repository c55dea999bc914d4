"""Propose judgments from the query log: what visitors click and praise, where position is allowed
for (a position-based click model), and what nothing answers.

They are judgments once a person merged them. `python -m forge alarm` brings them to a pull request.
"""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from monitoring.commands.options import add_log, lines_of, log_of
from monitoring.errors import MonitoringError
from monitoring.proposals.proposals import CLICKED, LEAST_DAYS, REFORMULATED, proposals
from monitoring.proposals.proposed_file import JudgedFiles
from monitoring.proposals.requests import answered_requests
from release_format.cli import Parser
from release_format.exit_codes import USAGE, YES
from release_format.progress import say
from release_format.release import KIND, Release
from release_format.store.locate import open_store
from searchbar.opening import add_release_arguments

MOST_DAYS = 36_500
EXAMPLE = "python -m monitoring propose latest --log var/log/questions.jsonl"


def add_arguments(parser: Parser) -> None:
    """Add the release, the log, what is judged already, and where to write."""
    add_release_arguments(parser)
    add_log(parser)
    parser.add_argument("--days", type=int, default=90, help="so many days are read (%(default)s)")
    parser.add_argument(
        "--until", type=date.fromisoformat, help="the day after the last one (default: today)"
    )
    parser.add_argument(
        "--least-days",
        type=int,
        default=LEAST_DAYS,
        help="on so many different days it must have happened (%(default)s)",
    )
    parser.add_argument(
        "--judgments",
        type=Path,
        default=Path("catalogue/judgments.jsonl"),
        help="what is judged already, and beside it what was proposed (%(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("var/watch/judgments.proposed.jsonl"),
        help="default: %(default)s",
    )


def run(options: Namespace) -> int:
    """Write the file and print its path; neither where there is nothing new to propose."""
    if not (1 <= options.days <= MOST_DAYS and options.least_days >= 1):
        raise MonitoringError(
            f"days are 1 to {MOST_DAYS:,}. Give --days and --least-days so.", USAGE
        )
    log, until = log_of(options), options.until or datetime.now(UTC).date()
    judged = JudgedFiles.read(options.judgments)
    lines = lines_of(log)
    requests = answered_requests(lines, until - timedelta(days=options.days), until)
    release = Release.open(open_store(options.store).path(KIND, options.release), sizes_only=True)
    rows = proposals(
        requests,
        lambda item: release.items.position(item) is not None,
        judged.questions,
        options.least_days,
    )
    kinds = [row.kind for row in rows]
    say(
        f"{len(requests):,} questions of {options.days} days: {kinds.count(CLICKED)} proposed from"
        f" clicks, {kinds.count(REFORMULATED)} from other wordings,"
        f" {len(rows) - kinds.count(CLICKED) - kinds.count(REFORMULATED)} that nothing answers"
    )
    if not rows:
        options.out.unlink(missing_ok=True)
        return YES
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(judged.joined(rows), encoding="utf-8")
    print(options.out)
    return YES
