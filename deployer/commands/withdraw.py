"""Take items out of the live answers at once, and keep them out."""

from __future__ import annotations

import argparse

from deployer.commands.options import add_place
from deployer.fleet import open_fleet
from deployer.hosts import read_hosts
from deployer.owed.record import OwedActs
from deployer.withdraw import withdraw
from release_format.exit_codes import YES
from release_format.store.locate import open_store

EXAMPLE = "python -m deployer withdraw id7 --environment prod"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    parser.add_argument("ids", nargs="+", metavar="ID", help="the items' ids")


def run(options: argparse.Namespace) -> int:
    environment = read_hosts(options.hosts, options.environment)
    owed = OwedActs(open_store(options.store), environment.name)
    with open_fleet(environment, partial=True) as fleet:
        withdraw(fleet, owed, options.ids)
    return YES
