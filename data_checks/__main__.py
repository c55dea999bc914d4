"""Here is a catalogue: admit it, compare two snapshots of it, or pull it here."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from data_checks import CatalogueError
from release_format.program import SOURCE, USAGE, YES, Parser, run_program, say


def main(arguments: Sequence[str]) -> int:
    """Understand the command line and do what it says."""
    asked = parser().parse_args(arguments)
    verbs = {"admit": _admit, "diff": _diff, "pull": _pull}
    return verbs[asked.verb](asked)


def parser() -> Parser:
    """The command line."""
    whole = Parser(prog="python -m data_checks", description=__doc__, example="python -m data_checks admit catalogue")
    verbs = whole.add_subparsers(dest="verb", required=True, metavar="admit | diff | pull")
    admit = verbs.add_parser(
        "admit", help="catalogue → sealed snapshot, if the data gate says yes",
        description="Judge a catalogue beside what is live; seal a snapshot when the data gate says yes.",
        example="python -m data_checks admit shop.csv --columns id=sku,title=name --live latest",
    )  # fmt: skip
    admit.add_argument("catalogue", help="a folder with the CSV pair, a .csv .jsonl .parquet file or address, debian, postgresql://…")  # fmt: skip  # noqa: E501
    admit.add_argument(
        "--live", default="", metavar="RELEASE", help="what is live: an id, a path, a channel, or latest"
    )
    admit.add_argument("--columns", default="", metavar="id=sku,title=name", help="what this catalogue calls things")
    admit.add_argument("--query", type=Path, metavar="FILE", help="the SQL query to read a database with")
    admit.add_argument("--thresholds", type=Path, metavar="FILE", help="bounds and rules over those of the package")
    admit.add_argument("--reviewed", type=Path, metavar="FOLDER", help="where repairs.toml and accepted.toml lie (default: the catalogue's folder, or catalogue/)")  # fmt: skip  # noqa: E501
    admit.add_argument("--report", type=Path, default=Path("var/reports"), metavar="DIR", help="default %(default)s")
    admit.add_argument("--json", action="store_true", help="print the verdict on standard output before the id")
    diff = verbs.add_parser(
        "diff", help="what came, went and changed between two snapshots",
        description="What came, went and changed between two snapshots (ids, paths, or channels).",
        example="python -m data_checks diff latest 3f2a9c --json",
    )  # fmt: skip
    diff.add_argument("before", metavar="SNAPSHOT")
    diff.add_argument("after", metavar="SNAPSHOT")
    diff.add_argument("--json", action="store_true", help="everything, for machines")
    pull = verbs.add_parser(
        "pull", help="bring a catalogue here, whole or not at all, and pin it",
        description="Bring a catalogue that lives elsewhere here, whole or not at all, and write its pin.",
        example="python -m data_checks pull s3://shop/products.parquet",
    )  # fmt: skip
    pull.add_argument("source", nargs="?", default="", help=f"a file's address, debian, or postgresql://… (default: {SOURCE}, where an address with a secret belongs)")  # fmt: skip  # noqa: E501
    pull.add_argument("--query", type=Path, metavar="FILE", help="the SQL query to read a database with")
    pull.add_argument("--pin", type=Path, default=Path("catalogue/pin.toml"), metavar="FILE", help="default %(default)s")  # fmt: skip  # noqa: E501
    for verb in (admit, diff):
        verb.add_argument("--store", default=None, help="a folder or s3://… (default: SEARCHBAR_STORE or var/store)")
    return whole


def _admit(asked: Namespace) -> int:
    from data_checks.live import live_snapshot
    from data_checks.remembered import key_of, remember, remembered
    from release_format.store import Store

    store = Store.at(asked.store)
    live = live_snapshot(store, asked.live) if asked.live else None
    folder = asked.reviewed or (Path(asked.catalogue) if Path(asked.catalogue).is_dir() else Path("catalogue"))
    key = key_of(asked, folder, live.id if live else "")
    if known := remembered(asked.report, key, store):
        say(
            f"Admitted before, and nothing has changed since: snapshot {known[:12]}. Its report is in {asked.report}."
        )
        if asked.json:
            print((asked.report / "data-verdict.json").read_text(encoding="utf-8"), end="")
        print(known)
        return YES
    # Imported late: what was admitted before should take no time.
    from data_checks.admit import Question, admit
    from data_checks.report import not_asked, write_reports
    from data_checks.reviewed import read_accepted, read_repairs
    from data_checks.sources import Reading, rows
    from data_checks.thresholds import read_thresholds

    thresholds = read_thresholds(asked.thresholds)
    reading = Reading(_columns(asked.columns), _query(asked.query))
    question = Question(
        asked.catalogue, rows(asked.catalogue, reading), thresholds,
        live,
        read_repairs(folder), read_accepted(folder, thresholds.conditions),
    )  # fmt: skip
    asked.report.mkdir(parents=True, exist_ok=True)
    admission = admit(question, store, asked.report)
    for path in write_reports(asked.report, admission):
        say(f"Report: {path}")
    for sentence in not_asked(admission.verdict):
        say(sentence)
    say(admission.verdict.sentence())
    if asked.json:
        print(admission.verdict.to_json())
    if admission.unchanged and admission.sealed:
        say("Unchanged: live holds exactly these rows, so there is nothing to build.")
    if admission.sealed:
        remember(asked.report, key, admission.sealed)
        print(admission.sealed)
    return admission.verdict.exit_code


def _query(path: Path | None) -> str:
    try:
        return path.read_text(encoding="utf-8") if path else ""
    except (OSError, ValueError) as error:
        raise CatalogueError(f"--query {path} cannot be read ({error}). Check the name.", USAGE) from error


def _columns(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    if any(not (word.strip() and name.strip()) for word, _, name in pairs):
        raise CatalogueError(f"--columns {text!r} should read like id=sku,title=name.", USAGE)
    return {word.strip(): name.strip() for word, _, name in pairs}


def _diff(asked: Namespace) -> int:
    from data_checks.changes import compare
    from data_checks.live import live_snapshot
    from data_checks.report import changes_as_text
    from release_format.store import Store

    store = Store.at(asked.store)
    changes = compare(live_snapshot(store, asked.before).path, live_snapshot(store, asked.after).path)
    print(json.dumps(changes.to_json(), ensure_ascii=False, indent=1) if asked.json else changes_as_text(changes))
    return YES


def _pull(asked: Namespace) -> int:
    from data_checks.pull import pull

    if not (source := asked.source or os.environ.get(SOURCE, "")):
        raise CatalogueError(f"pull what? Give an address, or put it into {SOURCE}.", USAGE)
    pinned = pull(source, asked.pin, _query(asked.query))
    print(pinned)
    return YES


if __name__ == "__main__":
    sys.exit(run_program("data_checks", main))
