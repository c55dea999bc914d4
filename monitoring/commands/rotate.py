"""Write the query log's parts of more than a week ago as Parquet, and delete the expired ones.

Servers make the parts and delete the expired ones, too, whenever a day begins; this is for a log
that is read by other programs, or that no server writes to any more. Exit code 3: a part cannot be
read or written.
"""

from __future__ import annotations

from argparse import Namespace

from monitoring.commands.options import add_log, log_of, say_failed, written_to
from monitoring.query_log.upkeep import rotate
from release_format.cli import Parser
from release_format.config.registry import read_settings
from release_format.config.server import ServerSettings
from release_format.progress import say

EXAMPLE = "python -m monitoring rotate --log var/log/questions.jsonl"


def add_arguments(parser: Parser) -> None:
    """Add the log and how long it is kept."""
    add_log(parser)
    parser.add_argument(
        "--keep", type=int, metavar="DAYS", help="0: for ever (default: SEARCHBAR_QUESTIONS_DAYS)"
    )


def run(options: Namespace) -> int:
    """Rotate, and say what was done."""
    settings = read_settings(ServerSettings)
    log, days = log_of(options), options.keep
    with written_to(log):
        done = rotate(log, settings.questions_days if days is None else days)
    say(
        f"parts written as Parquet: {done.written:,} ({done.kept:,} lines); deleted, since they"
        f" are older than they may be: {done.deleted:,}"
    )
    return say_failed(done)
