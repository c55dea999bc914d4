"""List the releases of the store, the newest first: to serve or to ask an earlier one again."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict

from release_format.cli import Parser
from release_format.exit_codes import YES
from release_format.progress import say, show
from release_format.store.base import LATEST
from release_format.store.locate import open_store
from searchbar.opening import add_store_argument
from searchbar.stored_releases import StoredRelease, stored_releases

EXAMPLE = "python -m searchbar releases --json"
SHORT = 12
HEADINGS = ("RELEASE", "BUILT", "ITEMS", "SNAPSHOT", "IS")


def add_arguments(parser: Parser) -> None:
    """Add where releases are kept, and how they are printed."""
    add_store_argument(parser)
    parser.add_argument("--json", action="store_true", help="whole ids, as JSON")


def run(options: Namespace) -> int:
    """Print the releases and, where there is an earlier one, how to go back to it."""
    releases = stored_releases(open_store(options.store))
    if options.json:
        print(json.dumps([asdict(release) for release in releases], ensure_ascii=False))
        return YES
    if not releases:
        say("There is no release yet: `make up` builds one of the bundled catalogue.")
        return YES
    show(_table([HEADINGS, *map(_row, releases)]))
    if len(releases) > 1:
        say(f"Go back, without building: make up RELEASE={releases[1].release[:SHORT]}")
    return YES


def _row(release: StoredRelease) -> tuple[str, ...]:
    names = [*([LATEST] if release.latest else []), *release.channels]
    return (
        release.release[:SHORT],
        release.created_at,
        f"{release.items:,}",
        release.snapshot[:SHORT],
        ", ".join([*names, *(f"held in {name}" for name in release.held_in)]),
    )


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
