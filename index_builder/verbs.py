"""Here is a command line: give me the verb that judges a release, alone or beside another."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from release_format.program import Parser, UsageError
from release_format.release import KIND, Release
from release_format.store import Store

# What a verb works with is imported when it runs: help and mistakes should take no time.


def add_evaluate(verbs: Any) -> None:
    """Add the verb `evaluate`."""
    parser: Parser = verbs.add_parser(
        "evaluate",
        help="judged questions → nDCG, recall, MRR with intervals",
        example="python -m index_builder evaluate prod --judgments catalogue/judgments.jsonl --json",
    )
    parser.set_defaults(run=_evaluate)
    parser.add_argument("release", metavar="RELEASE", help="an id in the store, a path, or a channel's name")
    parser.add_argument(
        "--judgments", type=Path, required=True, metavar="FILE", help="judged questions: a file or a BEIR folder"
    )
    parser.add_argument("--store", metavar="URL", help="a folder or s3://… (default: SEARCHBAR_STORE or var/store)")
    parser.add_argument("--json", action="store_true", help="print the figures for machines")


def _evaluate(options: Namespace) -> int:
    from index_builder.evaluate import evaluate, table
    from index_builder.judgments import read_judgments
    from searchbar.engine import Engine

    judged = read_judgments(options.judgments)
    release = Release.open(Store.at(options.store).path(KIND, options.release), sizes_only=True)
    evaluation = evaluate(Engine.open(release), judged)
    if not evaluation.judged:
        raise UsageError(
            f"{options.judgments} judges no item of release {release.id[:12]}. Take the judgments of its catalogue."
        )
    if options.json:
        print(json.dumps(evaluation.to_json(), ensure_ascii=False, indent=1))
        return 0
    print(table(evaluation))
    print(release.id)
    return 0
