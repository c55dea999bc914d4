"""Forbid rollouts (not rollbacks) until --off."""

from __future__ import annotations

import argparse

from deployer.commands.options import add_place
from deployer.errors import RolloutError
from deployer.fleet import open_fleet, whoami
from deployer.hosts import read_hosts
from deployer.owed.record import FREEZE, THAW, OwedAct, OwedActs
from deployer.owed.settle import order
from release_format.exit_codes import USAGE, YES
from release_format.progress import say
from release_format.run_log import now
from release_format.store.locate import open_store

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
    act, by, since = THAW if options.off else FREEZE, whoami(), now()
    acts = [OwedAct(host.name, act, by, since, why=options.why) for host in environment.hosts]
    owed = OwedActs(open_store(options.store), environment.name)
    with open_fleet(environment, partial=True) as fleet:
        settled = order(fleet, owed, acts)
    outcome = "allowed again" if options.off else "frozen; rollbacks are not"
    if done := [result.act.host for result in settled.done(acts)]:
        where = "" if len(done) == len(acts) else f" on {', '.join(done)}"
        say(f"{environment.name}{where}: rollouts are {outcome}.")
    settled.check_done()
    return YES
