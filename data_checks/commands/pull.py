"""Bring a catalogue that lives elsewhere here, whole or not at all, and write its pin."""

from __future__ import annotations

import argparse
from pathlib import Path

from data_checks.commands.options import add_query
from data_checks.errors import CatalogueError
from data_checks.sources.pull import pull
from data_checks.sources.sql import read_query
from release_format.config.line import LineSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import USAGE, YES

EXAMPLE = "python -m data_checks pull s3://shop/products.parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `pull`."""
    parser.add_argument(
        "source",
        nargs="?",
        default="",
        help=(
            "a file's address, debian, or postgresql://… (default: SEARCHBAR_SOURCE, where an"
            " address with a secret belongs)"
        ),
    )
    add_query(parser)
    parser.add_argument(
        "--pin",
        type=Path,
        default=Path("catalogue/pin.toml"),
        metavar="FILE",
        help="default %(default)s",
    )


def run(options: argparse.Namespace) -> int:
    """Pull, pin, and print the digest of the pull."""
    if not (source := options.source or read_settings(LineSettings).source.reveal()):
        raise CatalogueError("pull what? Give an address, or put it into SEARCHBAR_SOURCE.", USAGE)
    print(pull(source, options.pin, read_query(options.query)))
    return YES
