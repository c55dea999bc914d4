"""Compares a candidate with a live release: the search diff, and the pair verdict."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from index_builder.commands.options import JUDGMENTS, add_report, add_store
from index_builder.comparison import diff_report, pair_verdict
from index_builder.comparison.compare import compare
from index_builder.comparison.comparison import Comparison
from index_builder.comparison.logged_questions import newest_questions
from index_builder.quality.gate import read_bounds
from index_builder.quality.judgments import read_judgments
from release_format.cli import Parser
from release_format.exit_codes import UsageError
from release_format.progress import say
from release_format.release import KIND, Release
from release_format.seal import write_atomically
from release_format.store.locate import open_store
from release_format.verdict import Verdict
from searchbar.engine import Engine

EXAMPLE = "python -m index_builder compare prod latest --judgments catalogue/judgments.jsonl"
MOST_QUESTIONS = 500


def add_arguments(parser: Parser) -> None:
    """Add what `compare` is asked with."""
    for name, title in (("live", "LIVE"), ("candidate", "CANDIDATE")):
        parser.add_argument(
            name, metavar=title, help="an id in the store, a path, or a channel's name"
        )
    parser.add_argument(
        "--judgments",
        type=Path,
        metavar="FILE",
        help=f"judged questions: a file or a BEIR folder (default: {JUDGMENTS}, where it is there)",
    )
    parser.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help=f"more questions: a log, or one a line; the newest {MOST_QUESTIONS} different ones are"
        " asked",
    )
    parser.add_argument(
        "--bounds",
        type=Path,
        metavar="FILE",
        help="what differs from index_builder/quality/gate.toml",
    )
    add_report(parser)
    add_store(parser)
    parser.add_argument("--json", action="store_true", help="print the search diff for machines")


def run(options: Namespace) -> int:
    """Ask both releases, write the reports, and put the pair verdict into the store."""
    bounds, store = read_bounds(options.bounds), open_store(options.store)
    judgments = options.judgments or (JUDGMENTS if JUDGMENTS.is_file() else None)
    judged = read_judgments(judgments) if judgments else []
    questions = _questions(options.questions) if options.questions else []
    paths = (store.path(KIND, name) for name in (options.live, options.candidate))
    live, candidate = (Engine.open(Release.open(path, sizes_only=True)) for path in paths)
    comparison = compare(live, candidate, judged, questions)
    training = candidate.release.verdict.facts.get("training")
    verdict = pair_verdict.verdict(comparison, bounds, len(live.release.items), training)
    _write_reports(options.report, comparison, verdict)
    pair = f"{comparison.live[:12]}-{comparison.candidate[:12]}"
    store.put_record("pair", pair, verdict.to_json() + "\n")
    say("\n\n".join(verdict.paragraphs()))
    say(f"Report: {options.report / 'compare.html'}")
    print(_as_json(comparison) if options.json else comparison.candidate)
    return verdict.exit_code


def _questions(path: Path) -> list[str]:
    try:
        return newest_questions(path, MOST_QUESTIONS)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}). Name a log, or a file of questions."
        ) from error


def _write_reports(folder: Path, comparison: Comparison, verdict: Verdict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("compare-verdict.json", verdict.to_json() + "\n"),
        ("compare.json", _as_json(comparison) + "\n"),
        ("compare.md", diff_report.comment(comparison, verdict)),
        ("compare.html", diff_report.page(comparison, verdict)),
    ):
        write_atomically(folder / name, text)


def _as_json(comparison: Comparison) -> str:
    return json.dumps(comparison.to_json(), ensure_ascii=False, indent=1)
