"""Options that several verbs take."""

from __future__ import annotations

import argparse
from pathlib import Path

JUDGMENTS = Path("catalogue/judgments.jsonl")


def add_store(parser: argparse.ArgumentParser) -> None:
    """`--store`: where snapshots and releases lie."""
    parser.add_argument(
        "--store", metavar="URL", help="a folder or s3://… (default: SEARCHBAR_STORE or var/store)"
    )


def add_report(parser: argparse.ArgumentParser) -> None:
    """`--report`: where verdict and report are written."""
    default = Path("var/reports")
    parser.add_argument(
        "--report", type=Path, default=default, metavar="DIR", help="default: %(default)s"
    )
