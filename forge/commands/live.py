"""Print where the live release of an environment lies; nothing before the first."""

from __future__ import annotations

from argparse import Namespace

from release_format.cli import Parser
from release_format.config.forge import ForgeSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import YES
from release_format.progress import say
from release_format.store.locate import open_store

EXAMPLE = "python -m forge live stage"


def add_arguments(parser: Parser) -> None:
    parser.add_argument("environment")
    parser.add_argument(
        "--store",
        default="",
        help="the store that knows it (default: SEARCHBAR_STORE or var/store)",
    )


def run(options: Namespace) -> int:
    read_settings(ForgeSettings)  # none counts here, but every verb refuses a mistaken one
    store = open_store(options.store or None)
    if (channel := store.channel(options.environment)) is None:
        say(
            f"forge: nothing is live in {options.environment} yet, so there is nothing to compare"
            " with."
        )
        return YES
    print(store.path("release", channel.release))
    return YES
