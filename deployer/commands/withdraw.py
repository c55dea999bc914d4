"""Take items out of the live answers at once, and keep them out."""

from __future__ import annotations

import argparse

from deployer.commands.options import add_place
from deployer.fleet import open_fleet
from deployer.hosts import read_hosts
from deployer.withdraw import withdraw
from release_format.exit_codes import YES

EXAMPLE = "python -m deployer withdraw id7 --environment prod"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    parser.add_argument("ids", nargs="+", metavar="ID", help="the items' ids")


def run(options: argparse.Namespace) -> int:
    environment = read_hosts(options.hosts, options.environment)
    with open_fleet(environment) as fleet:
        withdraw(fleet, options.ids)
    return YES
