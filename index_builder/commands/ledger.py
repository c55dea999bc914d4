"""Sends what waits for the ledger (MLflow), or moves an alias of its registry."""

from __future__ import annotations

from argparse import Namespace

from index_builder.commands.options import add_store
from index_builder.errors import BuildError
from index_builder.tracking.delivery import deliver
from index_builder.tracking.run import OFF, Alias, enqueue, ledger_folder
from index_builder.tracking.sender import send_soon
from release_format.cli import Parser
from release_format.exit_codes import USAGE, YES
from release_format.release import KIND
from release_format.store.locate import open_store

EXAMPLE = "python -m index_builder ledger send"


def add_arguments(parser: Parser) -> None:
    """Add the acts of `ledger`: send, and alias."""
    acts = parser.add_subparsers(required=True, metavar="ACT")
    send = acts.add_parser(
        "send",
        help="send what waits, oldest first",
        example="python -m index_builder ledger send --seconds 60",
    )
    send.set_defaults(act=_send)
    send.add_argument(
        "--seconds", type=int, default=120, help="give up after (default: %(default)s)"
    )
    alias = acts.add_parser(
        "alias",
        help="let an alias of the registry stand for a release",
        example="python -m index_builder ledger alias stage",
    )
    alias.set_defaults(act=_alias)
    alias.add_argument(
        "alias", metavar="ALIAS", help="candidate, stage, prod, or another environment"
    )
    alias.add_argument(
        "release", nargs="?", metavar="RELEASE", help="default: what the channel of that name is at"
    )
    add_store(alias)


def run(options: Namespace) -> int:
    """Do the act that was typed."""
    code: int = options.act(options)
    return code


def _alias(options: Namespace) -> int:
    path = open_store(options.store).path(KIND, options.release or options.alias)
    enqueue(Alias(options.alias, path.absolute()))
    send_soon()
    return YES


def _send(options: Namespace) -> int:
    folder = ledger_folder()
    if folder is None:
        raise BuildError(f"the ledger is off (SEARCHBAR_LEDGER={OFF}). Unset that to send.", USAGE)
    if error := deliver(folder, options.seconds):
        raise BuildError(f"ledger: {error}")
    return YES
