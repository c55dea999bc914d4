"""One switch back to what was live before, and hold what is left."""

from __future__ import annotations

import argparse

from deployer.commands.options import add_place, add_rehearse
from deployer.fleet import open_fleet
from deployer.hosts import read_hosts
from deployer.rollout.rollback import Rollback
from release_format.exit_codes import YES
from release_format.store.locate import open_store

EXAMPLE = "python -m deployer rollback --environment stage"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    add_rehearse(parser)


def run(options: argparse.Namespace) -> int:
    environment = read_hosts(options.hosts, options.environment)
    with open_fleet(environment, rehearsing=options.rehearse) as fleet:
        certificate = Rollback(fleet, open_store(options.store)).go()
    if not options.rehearse:
        print(certificate)
    return YES
