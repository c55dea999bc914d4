"""Free what no slot uses and no policy keeps."""

from __future__ import annotations

import argparse
import json

from deployer.commands.options import add_json, add_place, add_rehearse
from deployer.errors import RolloutError
from deployer.fleet import open_fleet
from deployer.hosts import read_hosts
from deployer.owed.record import OwedActs
from deployer.owed.settle import settle_and_go_on
from deployer.prune import prune
from release_format.exit_codes import YES
from release_format.store.locate import open_store

EXAMPLE = "python -m deployer prune --environment stage"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    add_rehearse(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    environment = read_hosts(options.hosts, options.environment)
    owed = OwedActs(open_store(options.store), environment.name)
    with open_fleet(environment, rehearsing=options.rehearse, partial=True) as fleet:
        settle_and_go_on(fleet, owed)
        removed, failed = prune(fleet)
        if options.json and not options.rehearse:
            print(json.dumps(removed, indent=1))
        if failed:
            raise RolloutError(
                f"not pruned: {', '.join(failed)}. {' '.join(failed.values())} Run prune again"
                " then."
            )
    return YES
