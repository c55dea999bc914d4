"""Delete questions from the query log, with the clicks and thumbs that they got.

Name them by the request id of the answer, or by the words as they were typed (case and spaces do
not count): every question that holds them goes. Exit code 3: a part cannot be read or written, and
may hold one still.
"""

from __future__ import annotations

from argparse import Namespace

from monitoring.commands.options import add_log, log_of, say_failed, written_to
from monitoring.query_log.upkeep import IsMeant, forget
from release_format.cli import Parser
from release_format.exit_codes import UsageError
from release_format.progress import say
from searchbar.query.normalize import fold

EXAMPLE = 'python -m monitoring forget --text "jane doe"'


def add_arguments(parser: Parser) -> None:
    """Add the log and which questions are meant."""
    add_log(parser)
    meant = parser.add_mutually_exclusive_group(required=True)
    meant.add_argument("--request-id", metavar="ID", help="the X-Request-Id of the answer")
    meant.add_argument("--text", metavar="WORDS", help="what stands in the questions")


def run(options: Namespace) -> int:
    """Forget, and say how many lines are gone."""
    log, is_meant = log_of(options), _is_meant(options.request_id, options.text)
    with written_to(log):
        done = forget(log, is_meant)
    say(f"forgotten: {done.forgotten:,} lines; parts written again: {done.written:,}")
    return say_failed(done)


def _is_meant(request_id: str | None, text: str | None) -> IsMeant:
    if request_id:
        return lambda logged: logged.request_id == request_id
    words = fold(text or "")
    if not words:
        raise UsageError("nothing would be named by that. Give --request-id or --text.")
    return lambda logged: any(
        words in fold(each)
        for each in (logged.question, logged.did_you_mean, str(logged.feedback.get("reason", "")))
    )
