"""Here is a command line: give me the verb that judges a release, alone or beside another."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from release_format.program import Parser, UsageError, say
from release_format.questions import read as read_log
from release_format.release import KIND, Release
from release_format.seal import write_atomically
from release_format.store import Store

if TYPE_CHECKING:
    from index_builder.compare import Comparison
    from release_format.verdict import Verdict

JUDGMENTS = Path("catalogue/judgments.jsonl")
MOST_QUESTIONS = 500

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


def add_compare(verbs: Any) -> None:
    """Add the verb `compare`."""
    parser: Parser = verbs.add_parser(
        "compare",
        help="live, candidate → search diff and pair verdict",
        example="python -m index_builder compare prod latest --judgments catalogue/judgments.jsonl",
    )
    parser.set_defaults(run=_compare)
    for name, title in (("live", "LIVE"), ("candidate", "CANDIDATE")):
        parser.add_argument(name, metavar=title, help="an id in the store, a path, or a channel's name")
    parser.add_argument(
        "--judgments", type=Path, metavar="FILE",
        help=f"judged questions: a file or a BEIR folder (default: {JUDGMENTS}, where it is there)",
    )  # fmt: skip
    parser.add_argument("--questions", type=Path, metavar="FILE", help="more questions: a log, or one a line")
    parser.add_argument("--bounds", type=Path, metavar="FILE", help="what differs from index_builder/gate.toml")
    parser.add_argument(
        "--report", type=Path, default=Path("var/reports"), metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument("--store", metavar="URL", help="a folder or s3://… (default: SEARCHBAR_STORE or var/store)")
    parser.add_argument("--json", action="store_true", help="print the search diff for machines")


def _compare(options: Namespace) -> int:
    from index_builder.beside import verdict
    from index_builder.compare import compare
    from index_builder.gate import read_bounds
    from index_builder.judgments import read_judgments
    from searchbar.engine import Engine

    bounds, store = read_bounds(options.bounds), Store.at(options.store)
    judgments = options.judgments or (JUDGMENTS if JUDGMENTS.is_file() else None)
    judged = read_judgments(judgments) if judgments else []
    questions = _questions(options.questions) if options.questions else []
    paths = (store.path(KIND, name) for name in (options.live, options.candidate))
    live, candidate = (Engine.open(Release.open(path, sizes_only=True)) for path in paths)
    comparison = compare(live, candidate, judged, questions)
    training = candidate.release.verdict.facts.get("training")
    said = verdict(comparison, bounds, len(live.release.items), training)
    _write(options.report, comparison, said)
    store.put_record("pair", f"{comparison.live[:12]}-{comparison.candidate[:12]}", said.to_json() + "\n")
    say(said.sentence())
    say(f"Report: {options.report / 'compare.html'}")
    if options.json:
        print(json.dumps(comparison.to_json(), ensure_ascii=False, indent=1))
    else:
        print(comparison.candidate)
    return said.exit_code


def _questions(path: Path) -> list[str]:
    try:
        asked = [logged.question for logged in read_log(path) if not logged.feedback and logged.question.strip()]
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}). Name a log, or a file of questions.") from error
    return list(dict.fromkeys(asked))[:MOST_QUESTIONS]


def _write(folder: Path, comparison: Comparison, said: Verdict) -> None:
    from index_builder.diff_page import comment, page

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("compare-verdict.json", said.to_json() + "\n"),
        ("compare.json", json.dumps(comparison.to_json(), ensure_ascii=False, indent=1) + "\n"),
        ("compare.md", comment(comparison, said)),
        ("compare.html", page(comparison, said)),
    ):
        write_atomically(folder / name, text)
