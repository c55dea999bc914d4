"""Merge a green branch of a plain git remote."""

from __future__ import annotations

from argparse import Namespace

from forge.branch_policy import STAGE
from forge.checkout import open_checkout
from forge.errors import ForgeError
from forge.git import check_branch_name
from forge.merge import merge
from release_format.cli import Parser
from release_format.config.forge import ForgeSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import USAGE, YES
from release_format.store.locate import open_store

EXAMPLE = "python -m forge merge change/better-titles"


def add_arguments(parser: Parser) -> None:
    parser.add_argument("branch")
    parser.add_argument("--into", default=STAGE)
    parser.add_argument(
        "--store", default="", help="where the gates' answers and prod's hotfix are written down"
    )


def run(options: Namespace) -> int:
    settings = read_settings(ForgeSettings)
    if settings.repository:
        raise ForgeError("this repository has a forge: merge the pull request there.", USAGE)
    store = open_store(options.store or None)
    branch = check_branch_name(options.branch)
    print(merge(open_checkout(settings), store, branch, options.into))
    return YES
