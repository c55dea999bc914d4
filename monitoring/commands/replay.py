"""Answer a logged request again: on the release that answered it, and on what is live.

Exit code 0: its own release gives the same answer. 1: it does not, and what differs is said. 2:
there is no such request in the log. 3: its own release is not in the store any more, so that only
live answers; or what differs may come of what an older program did not log.
"""

from __future__ import annotations

import json
from argparse import Namespace

from monitoring.commands.options import add_log, log_of, read_from
from monitoring.errors import MonitoringError
from monitoring.replay.console import Replayed
from release_format.cli import Parser
from release_format.config.registry import read_settings
from release_format.config.server import ServerSettings
from release_format.exit_codes import USAGE, ProgramError
from release_format.progress import show
from release_format.questions import LoggedQuestion
from release_format.release import KIND
from release_format.store.locate import open_store
from searchbar.engine import Engine
from searchbar.opening import add_store_argument, open_engine
from searchbar.replay.logged_request import logged_request

EXAMPLE = "python -m monitoring replay 3f9c0e5d7a1b2c48 --log var/log/questions.jsonl --live prod"


def add_arguments(parser: Parser) -> None:
    """Add the request, the log, and what is live."""
    parser.add_argument(
        "request_id", metavar="REQUEST_ID", help="as the answer had it, and its X-Request-Id"
    )
    add_log(parser)
    parser.add_argument(
        "--live",
        metavar="RELEASE",
        default="latest",
        help="what is live: an id in the store, a path, or a channel's name (latest)",
    )
    add_store_argument(parser)
    parser.add_argument("--json", action="store_true", help="what was found as JSON")


def run(options: Namespace) -> int:
    """Answer again, and print both answers beside the one in the log."""
    settings = read_settings(ServerSettings)
    log = log_of(options)
    with read_from(log):
        request = logged_request(log, options.request_id) if options.request_id else None
    if request is None:
        raise MonitoringError(
            f"nothing was asked as request {options.request_id!r} in {log}. Give the id of an"
            " answer (`request_id`, X-Request-Id), and the log of that day.",
            USAGE,
        )
    live = open_engine(options.live, options.store, settings)
    own, lost = _own_release(request.asked, live, options.store, settings)
    replayed = Replayed.of(request, own, lost, live, options.live)
    if options.json:
        print(json.dumps(replayed.to_json()))
    else:
        show("\n".join(replayed.lines()))
    return replayed.exit_code


def _own_release(
    asked: LoggedQuestion, live: Engine, store: str | None, settings: ServerSettings
) -> tuple[Engine | None, str]:
    """The release that answered, or why it cannot be asked again.

    A log's word is taken for a whole id only, never for a path or a channel.
    """
    id = asked.release
    if id == live.release.id:
        return live, ""
    if id not in open_store(store).ids(KIND):
        known = f"Release {id[:64]} is" if id else "The release, which the log does not name, is"
        return None, f"{known} not in the store any more. Build it again from its commit."
    try:
        return open_engine(id, store, settings), ""
    except ProgramError as error:
        return None, str(error)
