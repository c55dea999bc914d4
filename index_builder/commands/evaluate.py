"""Judges a release alone: how well it answers judged questions, by topic and by kind."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from index_builder.commands.options import add_store
from index_builder.quality.evaluate import evaluate, table
from index_builder.quality.judgments import read_judgments
from release_format.cli import Parser
from release_format.exit_codes import YES, UsageError
from release_format.progress import show
from release_format.release import KIND, Release
from release_format.store.locate import open_store
from searchbar.engine import Engine

EXAMPLE = "python -m index_builder evaluate prod --judgments catalogue/judgments.jsonl --json"


def add_arguments(parser: Parser) -> None:
    """Add what `evaluate` is asked with."""
    parser.add_argument(
        "release", metavar="RELEASE", help="an id in the store, a path, or a channel's name"
    )
    parser.add_argument(
        "--judgments",
        type=Path,
        required=True,
        metavar="FILE",
        help="judged questions: a file or a BEIR folder",
    )
    add_store(parser)
    parser.add_argument("--json", action="store_true", help="print the figures for machines")


def run(options: Namespace) -> int:
    """Ask every judged question and print the figures."""
    judged = read_judgments(options.judgments)
    release = Release.open(open_store(options.store).path(KIND, options.release), sizes_only=True)
    evaluation = evaluate(Engine.open(release), judged)
    if not evaluation.judged:
        raise UsageError(
            f"{options.judgments} judges no item of release {release.id[:12]}. Take the judgments"
            " of its catalogue."
        )
    if options.json:
        print(json.dumps(evaluation.to_json(), ensure_ascii=False, indent=1))
        return YES
    show(table(evaluation))
    print(release.id)
    return YES
