"""Options that several verbs share."""

from __future__ import annotations

import argparse
from pathlib import Path

from deployer.hosts import DEFAULT

UNITS = {"s": 1, "m": 60, "h": 3600}


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


def add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wait",
        type=_seconds,
        default="30m",
        metavar="TIME",
        help="wait so long for another rollout that holds the hosts: 90s, 30m, 2h; 0: not at all"
        " (default: 30m)",
    )


def _seconds(text: str) -> float:
    number, unit = text[:-1], text[-1:]
    if text == "0":
        return 0.0
    if not (number.isascii() and number.isdigit() and unit in UNITS):
        raise argparse.ArgumentTypeError(f"{text!r} is no time: give 90s, 30m or 2h (0: none)")
    return float(int(number) * UNITS[unit])


def add_rehearse(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rehearse", action="store_true", help="print every command, change nothing"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for machines")
