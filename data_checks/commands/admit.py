"""Judge a catalogue beside what is live; seal a snapshot when the data gate says yes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from data_checks.admission import Admission, AdmitRequest
from data_checks.admission_cache import admission_key, cached_snapshot, remember
from data_checks.admit import admit
from data_checks.baseline import named_snapshot
from data_checks.commands.options import add_query, add_store
from data_checks.comparison.mapping import live_mapping
from data_checks.errors import CatalogueError
from data_checks.gate.acceptances import ACCEPTED, read_acceptances
from data_checks.gate.thresholds import read_thresholds
from data_checks.report.fields_text import fields_table, fields_toml
from data_checks.report.headline import console, unasked
from data_checks.report.report_files import VERDICT, write_reports
from data_checks.rows.repairs import REPAIRS, read_repairs
from data_checks.sources.catalogue import rows
from data_checks.sources.fields_file import FIELDS_FILE, FieldsFile, read_fields
from data_checks.sources.mapping.columns import parse_columns
from data_checks.sources.row import ReadOptions
from data_checks.sources.side_files import side_file
from data_checks.sources.sql import read_query
from release_format.exit_codes import YES
from release_format.progress import console_width, cut_line, say
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
            "a folder with the CSV pair or one file, a .csv .tsv .json .jsonl .parquet .xlsx file"
            " or address, debian, postgresql://…"
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
        "where repairs.toml, accepted.toml and fields.toml lie (default: beside the catalogue, in"
        " its folder or as mine.repairs.toml beside mine.csv)"
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
    beside = _side_files(options)
    key = admission_key(
        Path(options.catalogue),
        [*beside.values(), options.thresholds, options.query],
        options.columns,
        live.id if live else "",
    )
    if not options.fields and (snapshot := cached_snapshot(options.report, key, store)):
        _print_cached(snapshot, options)
        return YES
    request = _request(options, live, beside)
    options.report.mkdir(parents=True, exist_ok=True)
    admission = admit(request, store, options.report)
    _print_admission(admission, options)
    _print_fields(admission, beside[FIELDS_FILE], is_wanted=options.fields)
    if admission.sealed:
        remember(options.report, key, admission.sealed)
        print(admission.sealed)
    return admission.verdict.exit_code


def _side_files(options: argparse.Namespace) -> dict[str, Path | None]:
    """Where each file lies that belongs to the catalogue, if there is one.

    What people review may lie in a folder that is named; columns are described beside the
    catalogue, where it lies on a disk.
    """
    names = (FIELDS_FILE, REPAIRS, ACCEPTED)
    beside = {name: side_file(options.catalogue, name) for name in names}
    if folder := options.reviewed:
        beside |= {name: folder / name for name in (REPAIRS, ACCEPTED)}
        described, reviewed = beside[FIELDS_FILE], folder / FIELDS_FILE
        if not described or (reviewed.exists() and not described.exists()):
            beside[FIELDS_FILE] = reviewed
    return beside


def _request(
    options: argparse.Namespace, live: Snapshot | None, beside: Mapping[str, Path | None]
) -> AdmitRequest:
    thresholds = read_thresholds(options.thresholds)
    declared = read_fields(beside[FIELDS_FILE])
    read_options = _read_options(options, declared, live)
    return AdmitRequest(
        options.catalogue,
        rows(options.catalogue, read_options),
        thresholds,
        live,
        declared,
        read_repairs(beside[REPAIRS]),
        read_acceptances(beside[ACCEPTED], thresholds.conditions),
        read_options.notes,
    )


def _read_options(
    options: argparse.Namespace, declared: FieldsFile, live: Snapshot | None
) -> ReadOptions:
    """How the catalogue is read: by its fields file, and what is typed goes before.

    Where both are silent, its columns are what they were in what is live.
    """
    return ReadOptions(
        {**declared.columns, **parse_columns(options.columns)},
        read_query(options.query),
        declared.read.encoding,
        declared.read.separator,
        declared.read.as_is,
        declared.read.list,
        live_mapping(live),
    )


def _print_fields(admission: Admission, path: Path | None, *, is_wanted: bool) -> None:
    """What was inferred of the columns, on one screen; and written out, where that is wanted."""
    lines = fields_table(admission.columns)
    if lines:
        say(f"Its own columns (say otherwise in {path or FIELDS_FILE}):")
    width = console_width(sys.stderr)
    for line in lines:
        say(f"  {cut_line(line, width - 2) if width else line}")
    if is_wanted:
        _write_fields(fields_toml(admission.columns), path)


def _write_fields(text: str, path: Path | None) -> None:
    """Write what was inferred where it is read from; print it where something is there already."""
    if path is None or os.path.lexists(path):
        print(text)
        kept = f"{path} is there already and stays as it is" if path else "No folder is given"
        say(f"{kept}; what was inferred is printed instead.")
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
    for sentence in admission.verdict.facts["reading"]:
        say(sentence)
    for path in write_reports(options.report, admission):
        say(f"Report: {path}")
    for sentence in unasked(admission.verdict):
        say(sentence)
    for warning in admission.verdict.warnings():
        say(warning.sentence())
    say("\n\n".join(console(admission)))
    if options.json:
        print(admission.verdict.to_json())
