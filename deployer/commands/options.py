"""Options that several verbs share."""

from __future__ import annotations

import argparse
from pathlib import Path

from deployer.hosts import DEFAULT


def add_place(parser: argparse.ArgumentParser) -> None:
    """Which hosts a verb is about, and which store."""
    parser.add_argument("--environment", required=True, help="a name in hosts.toml")
    parser.add_argument(
        "--hosts",
        type=Path,
        default=DEFAULT,
        help="the machines (default: deployer/hosts.toml)",
    )
    parser.add_argument("--store", help="where releases and records are kept")


def add_rehearse(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rehearse", action="store_true", help="print every command, change nothing"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for machines")
