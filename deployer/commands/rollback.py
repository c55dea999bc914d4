"""One switch back to what was live before, and hold what is left."""

from __future__ import annotations

import argparse
from dataclasses import replace

from deployer.commands.options import add_place, add_rehearse
from deployer.errors import RolloutError
from deployer.fleet import Fleet, open_fleet
from deployer.hosts import Environment, read_hosts
from deployer.owed.record import OwedActs
from deployer.owed.settle import settle_and_go_on
from deployer.rollout.rollback import Rollback
from deployer.rollout.step_timer import REHEARSED, StepTimer
from release_format.config.refusal import nearest
from release_format.exit_codes import USAGE, YES
from release_format.store.locate import open_store

EXAMPLE = "python -m deployer rollback --environment stage"
NOT_ASKED = "not asked (--only)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    parser.add_argument(
        "--partial",
        action="store_true",
        help="go back on the hosts that answer; the others stay as they are, and are named until"
        " the next rollback or rollout reaches them",
    )
    parser.add_argument(
        "--only", nargs="+", metavar="HOST", help="go back on these hosts; no other is asked"
    )
    add_rehearse(parser)


def run(options: argparse.Namespace) -> int:
    environment = read_hosts(options.hosts, options.environment)
    store = open_store(options.store)
    chosen = _only(environment, options.only) if options.only else environment
    with open_fleet(chosen, rehearsing=options.rehearse, partial=True) as fleet:
        _check_answers(fleet, partial=options.partial)
        settle_and_go_on(fleet, OwedActs(store, environment.name))
        not_asked = {host.name: NOT_ASKED for host in environment.hosts if host not in chosen.hosts}
        timer = StepTimer(REHEARSED) if options.rehearse else StepTimer()
        certificate = Rollback(fleet, store, {**not_asked, **fleet.unreachable}, timer).go()
    if not options.rehearse:
        print(certificate)
    return YES


def _only(environment: Environment, names: list[str]) -> Environment:
    known = [host.name for host in environment.hosts]
    for name in names:
        if name not in known:
            raise RolloutError(
                f"{environment.name} has no host {name!r}.{nearest(name, known)} Name one of them.",
                USAGE,
            )
    return replace(
        environment, hosts=tuple(host for host in environment.hosts if host.name in names)
    )


def _check_answers(fleet: Fleet, *, partial: bool) -> None:
    """Check that every host answers, or with `partial` that one does."""
    silent = fleet.unreachable
    if silent and not (partial and fleet.sessions):
        others = [session.name for session in fleet.sessions]
        offer = f" To go back on {', '.join(others)} alone, add --partial." if others else ""
        raise RolloutError(
            f"{', '.join(silent)}: no answer, so nothing was done. {' '.join(silent.values())}"
            f"{offer}"
        )
