"""Here is a snapshot: give me a release (verbs: build, evaluate, compare, tune, ledger)."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from index_builder.build_run import told
from index_builder.job import Job
from index_builder.ledger_verbs import add_ledger
from index_builder.tune_verb import add_tune
from index_builder.verbs import add_compare, add_evaluate
from release_format.program import Parser, run_program, say
from release_format.store import Store

PROGRAM = "index_builder"


def main(arguments: Sequence[str]) -> int:
    """Run one verb."""
    options = _parser().parse_args(arguments)
    code: int = options.run(options)
    return code


def _parser() -> Parser:
    parser = Parser(prog=f"python -m {PROGRAM}", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_build(verbs.add_parser(
        "build", help="snapshot, recipe → sealed release", example=f"python -m {PROGRAM} build 3f2a91 --live prod"
    ))  # fmt: skip
    add_evaluate(verbs)
    add_compare(verbs)
    add_tune(verbs)
    add_ledger(verbs)
    return parser


def _add_build(parser: Parser) -> None:
    parser.set_defaults(run=_build)
    parser.add_argument("snapshot", metavar="SNAPSHOT", help="an id in the store, a path, or a channel's name")
    parser.add_argument(
        "--live", metavar="RELEASE", help="what it is compared with; what did not change is taken from it"
    )
    parser.add_argument("--recipe", type=Path, metavar="FILE", help="what differs from index_builder/recipe.toml")
    parser.add_argument("--rules", type=Path, metavar="FILE", help="synonyms, pins and hides")
    parser.add_argument("--judgments", type=Path, metavar="FILE", help="judged questions: a file or a BEIR folder")
    parser.add_argument("--questions", type=Path, metavar="FILE", help="a log whose clicks the encoder learns from")
    parser.add_argument("--store", metavar="URL", help="a folder or s3://… (default: SEARCHBAR_STORE or var/store)")
    parser.add_argument(
        "--report", type=Path, default=Path("var/reports"), metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument(
        "--id-only", action="store_true", help="print the id that the release would have; build nothing"
    )


def _build(options: Namespace) -> int:
    store = Store.at(options.store)
    job = Job.of(options, store)
    id = job.origin.id
    if options.id_only:
        print(id)
        return 0
    if id in store.ids("release"):
        say(f"release {id[:12]} is there already: nothing that it is made from has changed")
        print(id)
        return 0
    # Imported late: a build that has nothing to do should take no time.
    from index_builder.build import build

    with told(job, store, options.report) as end:
        verdict = end.verdict = build(job, store, options.report)
    say(verdict.sentence())
    if verdict.says_yes:
        print(id)
    return verdict.exit_code


if __name__ == "__main__":
    sys.exit(run_program(PROGRAM, main))
