"""Forbid rollouts (not rollbacks) until --off."""

from __future__ import annotations

import argparse

from deployer.commands.options import add_place
from deployer.errors import RolloutError
from deployer.fleet import open_fleet, whoami
from deployer.hosts import read_hosts
from release_format.exit_codes import USAGE, YES
from release_format.progress import say

EXAMPLE = 'python -m deployer freeze --environment prod --why "audit"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    parser.add_argument("--why", default="", help="what others are told")
    parser.add_argument("--off", action="store_true", help="allow rollouts again")


def run(options: argparse.Namespace) -> int:
    environment = read_hosts(options.hosts, options.environment)
    if not options.off and not options.why:
        raise RolloutError(
            "say why, so that others know: --why TEXT (or --off to allow rollouts again).", USAGE
        )
    with open_fleet(environment) as fleet:
        if options.off:
            fleet.each(lambda session: session.ask(session.commands.thaw()))
        else:
            by = whoami()
            fleet.each(lambda session: session.ask(session.commands.freeze(by, options.why)))
    outcome = "allowed again" if options.off else "frozen; rollbacks are not"
    say(f"{environment.name}: rollouts are {outcome}.")
    return YES
