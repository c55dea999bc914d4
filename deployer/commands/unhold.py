"""Free a release that a rollback held."""

from __future__ import annotations

import argparse

from deployer.commands.options import add_place
from deployer.errors import RolloutError
from deployer.hosts import read_hosts
from release_format.exit_codes import USAGE, YES
from release_format.store.locate import open_store

EXAMPLE = "python -m deployer unhold 1f0c2a --environment stage"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    parser.add_argument("release", help="the id that is held, or its beginning")


def run(options: argparse.Namespace) -> int:
    environment = read_hosts(options.hosts, options.environment)
    store = open_store(options.store)
    channel = store.channel(environment.name)
    held = channel.hold if channel else ()
    matches = [id for id in held if id.startswith(options.release)]
    if len(matches) != 1:
        known = ", ".join(id[:12] for id in held) or "none"
        raise RolloutError(
            f"{options.release!r} names no held release of {environment.name} (held: {known}). Look"
            " at its status.",
            USAGE,
        )
    store.hold(environment.name, matches[0], held=False)
    print(matches[0])
    return YES
