"""Judge a catalogue beside what is live; seal a snapshot when the data gate says yes."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from data_checks.admission import Admission, AdmitRequest
from data_checks.admission_cache import admission_key, cached_snapshot, remember
from data_checks.admit import admit
from data_checks.baseline import named_snapshot
from data_checks.commands.options import add_query, add_store
from data_checks.errors import CatalogueError
from data_checks.gate.acceptances import read_acceptances
from data_checks.gate.thresholds import read_thresholds
from data_checks.report.fields_text import fields_table, fields_toml
from data_checks.report.headline import beside_live, unasked
from data_checks.report.report_files import VERDICT, write_reports
from data_checks.rows.repairs import read_repairs
from data_checks.sources.catalogue import rows
from data_checks.sources.fields_file import fields_path, read_fields_file
from data_checks.sources.mapping import parse_columns
from data_checks.sources.row import ReadOptions
from data_checks.sources.sql import read_query
from release_format.exit_codes import YES
from release_format.progress import say
from release_format.seal import write_atomically
from release_format.snapshot import Snapshot
from release_format.store.locate import open_store

EXAMPLE = "python -m data_checks admit shop.csv --columns id=sku,title=name --live latest"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `admit`."""
    add = parser.add_argument
    add(
        "catalogue",
        help=(
            "a folder with the CSV pair, a .csv .jsonl .parquet file or address, debian,"
            " postgresql://…"
        ),
    )
    live_help = "what is live: an id, a path, a channel, or latest"
    add("--live", default="", metavar="RELEASE", help=live_help)
    columns_help = "what this catalogue calls things"
    add("--columns", default="", metavar="id=sku,title=name", help=columns_help)
    add_query(parser)
    thresholds_help = "bounds and rules over those of the package"
    add("--thresholds", type=Path, metavar="FILE", help=thresholds_help)
    reviewed_help = (
        "where repairs.toml and accepted.toml lie (default: the catalogue's folder, or catalogue/)"
    )
    add("--reviewed", type=Path, metavar="FOLDER", help=reviewed_help)
    fields_help = "write out what was inferred of the columns, as a fields.toml to edit"
    add("--fields", action="store_true", help=fields_help)
    report_folder = Path("var/reports")
    add("--report", type=Path, default=report_folder, metavar="DIR", help="default %(default)s")
    json_help = "print the verdict on standard output before the id"
    add("--json", action="store_true", help=json_help)
    add_store(parser)


def run(options: argparse.Namespace) -> int:
    """Admit the catalogue, or repeat the answer where nothing has changed since."""
    store = open_store(options.store)
    live = named_snapshot(store, options.live) if options.live else None
    reviewed = options.reviewed or _reviewed_folder(options.catalogue)
    fields = fields_path(options.catalogue, reviewed)
    key = admission_key(
        Path(options.catalogue),
        [reviewed, options.thresholds, options.query, fields],
        options.columns,
        live.id if live else "",
    )
    if not options.fields and (snapshot := cached_snapshot(options.report, key, store)):
        _print_cached(snapshot, options)
        return YES
    request = _request(options, live, reviewed, fields)
    options.report.mkdir(parents=True, exist_ok=True)
    admission = admit(request, store, options.report)
    _print_admission(admission, options)
    _print_fields(admission, fields, is_wanted=options.fields)
    if admission.sealed:
        remember(options.report, key, admission.sealed)
        print(admission.sealed)
    return admission.verdict.exit_code


def _reviewed_folder(catalogue: str) -> Path:
    return Path(catalogue) if Path(catalogue).is_dir() else Path("catalogue")


def _request(
    options: argparse.Namespace, live: Snapshot | None, reviewed: Path, fields: Path
) -> AdmitRequest:
    thresholds = read_thresholds(options.thresholds)
    read_options = ReadOptions(parse_columns(options.columns), read_query(options.query))
    return AdmitRequest(
        options.catalogue,
        rows(options.catalogue, read_options),
        thresholds,
        live,
        read_fields_file(fields),
        read_repairs(reviewed),
        read_acceptances(reviewed, thresholds.conditions),
    )


def _print_fields(admission: Admission, path: Path, *, is_wanted: bool) -> None:
    """What was inferred of the columns, on one screen; and written out, where that is wanted."""
    lines = fields_table(admission.columns)
    if lines:
        say(f"Its own columns (say otherwise in {path}):")
    for line in lines:
        say(f"  {line}")
    if not is_wanted:
        return
    text = fields_toml(admission.columns)
    if os.path.lexists(path):
        print(text)
        say(f"{path} is there already and stays as it is; what was inferred is printed instead.")
        return
    try:
        write_atomically(path, text)
    except OSError as error:
        raise CatalogueError(
            f"{path} cannot be written ({error.strerror}). Let this folder be written to, or copy"
            " the catalogue elsewhere."
        ) from error
    say(f"Written: {path}. Edit it, and admit the catalogue again.")


def _print_cached(snapshot: str, options: argparse.Namespace) -> None:
    say(
        f"Admitted before, and nothing has changed since: snapshot {snapshot[:12]}. Its report is"
        f" in {options.report}."
    )
    if options.json:
        print((options.report / VERDICT).read_text(encoding="utf-8"), end="")
    print(snapshot)


def _print_admission(admission: Admission, options: argparse.Namespace) -> None:
    for path in write_reports(options.report, admission):
        say(f"Report: {path}")
    for sentence in [*beside_live(admission), *unasked(admission.verdict)]:
        say(sentence)
    say(admission.verdict.sentence())
    if options.json:
        print(admission.verdict.to_json())
    if admission.unchanged and admission.sealed:
        say("Unchanged: live holds exactly these rows, so there is nothing to build.")
