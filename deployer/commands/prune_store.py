"""Tell what nothing keeps in the store, and with --remove remove it.

A release stays if a channel, a hold, a certificate or a host names it, if it is young, or the
newest; a snapshot if such a release was made from it. Every host of hosts.toml is asked.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from deployer.commands.options import add_json
from deployer.hosts import DEFAULT, Environment, read_hosts
from deployer.prune_store import look_at_store, prune_store
from deployer.retention import RetentionPolicy, as_table, freed
from release_format.config.table import read_toml
from release_format.exit_codes import YES
from release_format.progress import say, show
from release_format.store.locate import open_store

EXAMPLE = "python -m deployer prune-store --days 30"
MOST_DAYS = 36_500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--remove", action="store_true", help="remove it; else it is only told")
    parser.add_argument(
        "--days", type=_days, default=30.0, help="what is younger stays (default: %(default)g)"
    )
    parser.add_argument(
        "--certified-days",
        type=_days,
        help="a certificate keeps its releases for so many days (default: for ever)",
    )
    parser.add_argument(
        "--environment",
        action="append",
        default=[],
        help="ask the hosts of this environment only, several if it stands several times (default:"
        " of all)",
    )
    parser.add_argument(
        "--without-hosts", action="store_true", help="ask none: no host gets anything from it"
    )
    parser.add_argument(
        "--hosts",
        type=Path,
        default=DEFAULT,
        help="the machines (default: deployer/hosts.toml)",
    )
    parser.add_argument("--store", help="where releases and records are kept")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    environments = [] if options.without_hosts else _environments(options)
    store = open_store(options.store)
    policy = RetentionPolicy(options.days, options.certified_days)
    act = prune_store if options.remove else look_at_store
    directories = act(store, environments, policy)
    if options.json:
        print(json.dumps([asdict(one) for one in directories], indent=1))
    else:
        show("\n".join(as_table(directories, removed=options.remove)))
    count = sum(not one.stays for one in directories)
    size = f"{count} of {len(directories)}, {freed(directories) / 1e6:,.1f} MB"
    say(f"{size}: removed." if options.remove else f"{size} would go. Remove them with --remove.")
    return YES


def _environments(options: argparse.Namespace) -> list[Environment]:
    names = options.environment or list(read_toml(options.hosts))
    return [read_hosts(options.hosts, name) for name in names]


def _days(text: str) -> float:
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= MOST_DAYS):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days: give 0 to {MOST_DAYS}")
    return float(text)
