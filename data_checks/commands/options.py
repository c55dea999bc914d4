"""Options that several verbs take."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_store(parser: argparse.ArgumentParser) -> None:
    """`--store`: where snapshots and releases lie."""
    parser.add_argument(
        "--store", help="a folder or s3://… (default: SEARCHBAR_STORE or var/store)"
    )


def add_query(parser: argparse.ArgumentParser) -> None:
    """`--query`: what a database is asked."""
    parser.add_argument(
        "--query", type=Path, metavar="FILE", help="the SQL query to read a database with"
    )
