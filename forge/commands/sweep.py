"""Print what to tell if a build of prod was lost before it began; nothing otherwise."""

from __future__ import annotations

from argparse import Namespace

from forge.branch_policy import PROD
from forge.checkout import open_checkout
from forge.sweep import lost_commit, write_begun
from release_format.cli import Parser
from release_format.config.forge import ForgeSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import YES
from release_format.progress import say
from release_format.store.locate import open_store

EXAMPLE = "python -m forge sweep"


def add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--begun",
        action="store_true",
        help="instead, write down that a build of the commit that is checked out began",
    )


def run(options: Namespace) -> int:
    git, store = open_checkout(read_settings(ForgeSettings)), open_store()
    if options.begun:
        write_begun(store, git.commit())
        return YES
    git.fetch()
    if commit := lost_commit(store, git):
        moment = git.committed_at(commit).strftime("%Y-%m-%d %H:%M")
        print(
            f"{PROD} is built again: no build of its commit {commit[:12]} ({moment} UTC) ever"
            " began, as if git had been away."
        )
    else:
        say(f"forge: no build of {PROD} was lost.")
    return YES
