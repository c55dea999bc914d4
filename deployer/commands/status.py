"""What is live where, and whether it is well."""

from __future__ import annotations

import argparse
import json

from deployer.commands.options import add_json, add_place
from deployer.fleet import open_fleet
from deployer.hosts import read_hosts
from deployer.status import as_lines, as_record, is_well
from release_format.exit_codes import NO, YES
from release_format.store.locate import open_store

EXAMPLE = "python -m deployer status --environment stage"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    environment = read_hosts(options.hosts, options.environment)
    channel = open_store(options.store).channel(environment.name)
    with open_fleet(environment) as fleet:
        states = fleet.states()
    if options.json:
        print(json.dumps(as_record(environment.name, states, channel), indent=1))
    else:
        print("\n".join(as_lines(environment.name, states, channel)))
    return YES if is_well(states) else NO
