"""What came, went and changed between two snapshots (ids, paths, or channels)."""

from __future__ import annotations

import argparse
import json

from data_checks.baseline import named_snapshot
from data_checks.commands.options import add_store
from data_checks.comparison.changes import compare
from data_checks.report.changes_text import changes_text
from release_format.exit_codes import YES
from release_format.progress import show
from release_format.store.locate import open_store

EXAMPLE = "python -m data_checks diff latest 3f2a9c --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `diff`."""
    parser.add_argument("before", metavar="SNAPSHOT")
    parser.add_argument("after", metavar="SNAPSHOT")
    parser.add_argument("--json", action="store_true", help="everything, for machines")
    add_store(parser)


def run(options: argparse.Namespace) -> int:
    """Compare both snapshots and print what changed."""
    store = open_store(options.store)
    before, after = (named_snapshot(store, name) for name in (options.before, options.after))
    changes = compare(before.path, after.path)
    if options.json:
        print(json.dumps(changes.to_json(), ensure_ascii=False, indent=1))
    else:
        show(changes_text(changes))
    return YES
