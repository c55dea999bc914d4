"""May this branch go where it wants? Prints which tests."""

from __future__ import annotations

from argparse import Namespace

from forge.branch_policy import reach, refusals, tests_for
from forge.checkout import change_of, open_checkout
from forge.commands.options import add_branch, requested_branch, requested_target
from forge.errors import refuse
from release_format.cli import Parser
from release_format.config.forge import ForgeSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import YES
from release_format.progress import say

EXAMPLE = "python -m forge check-branch --branch fix/umlauts --into stage"


def add_arguments(parser: Parser) -> None:
    add_branch(parser)


def run(options: Namespace) -> int:
    git = open_checkout(read_settings(ForgeSettings))
    git.fetch()
    branch = requested_branch(options)
    change = change_of(git, branch, requested_target(options, branch))
    if reasons := refusals(change):
        raise refuse(" ".join(reasons))
    target = f"to {change.base}" if change.base else "on"
    say(f"forge: {change.head} may go {target}. {reach(change.files)}")
    print(tests_for(change))
    return YES
