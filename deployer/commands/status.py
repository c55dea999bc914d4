"""What is live where, and whether it is well."""

from __future__ import annotations

import argparse
import json

from deployer.commands.options import add_json, add_place
from deployer.fleet import open_fleet
from deployer.hosts import read_hosts
from deployer.owed.record import OwedActs
from deployer.rollout.certificate import last_change, left_out
from deployer.status import EnvironmentStatus, LastChange
from release_format.progress import show
from release_format.store.locate import open_store

EXAMPLE = "python -m deployer status --environment stage"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    environment = read_hosts(options.hosts, options.environment)
    store = open_store(options.store)
    channel, owed = store.channel(environment.name), OwedActs(store, environment.name).read()
    with open_fleet(environment, partial=True) as fleet:
        states, failed = fleet.attempt(lambda session: session.state())
        unreachable = {**fleet.unreachable, **failed}
    left, last = left_out(store, channel), LastChange.of(last_change(store, channel))
    status = EnvironmentStatus(environment.name, states, channel, unreachable, owed, left, last)
    if options.json:
        print(json.dumps(status.as_record(), indent=1))
    else:
        show("\n".join(status.as_lines()))
    return status.exit_code
