"""Free what no slot uses and no policy keeps."""

from __future__ import annotations

import argparse
import json

from deployer.commands.options import add_json, add_place, add_rehearse
from deployer.fleet import open_fleet
from deployer.hosts import read_hosts
from deployer.prune import prune
from release_format.exit_codes import YES

EXAMPLE = "python -m deployer prune --environment stage"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    add_rehearse(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    environment = read_hosts(options.hosts, options.environment)
    with open_fleet(environment, rehearsing=options.rehearse) as fleet:
        removed = prune(fleet)
    if options.json and not options.rehearse:
        print(json.dumps(removed, indent=1))
    return YES
