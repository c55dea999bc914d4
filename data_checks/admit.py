"""Admission of a catalogue: read, judge, stage, compare with live, ask the gate, seal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_checks.admission import Admission, AdmitRequest, Findings
from data_checks.comparison.examples import example_rows
from data_checks.comparison.mapping import FACT
from data_checks.comparison.measure import CandidateRows, Measurements, measure
from data_checks.errors import CatalogueError
from data_checks.gate.judge import judge
from data_checks.rows.column_values import CatalogueColumns
from data_checks.rows.declared import TypedColumns, typed_columns
from data_checks.rows.normalize import printable
from data_checks.rows.repairs import Repairs
from data_checks.rows.rules import Action, judge_rows
from data_checks.rows.staging import Staging
from data_checks.rows.typed_items import Misfits, typed_items
from data_checks.sources.row import Row
from release_format.fields import Schema
from release_format.items import Item
from release_format.progress import say
from release_format.secrets.redaction import redacted_address
from release_format.snapshot import seal_snapshot, snapshot_id, write_content
from release_format.store.base import Store
from release_format.system.temporary_folder import temporary_folder
from release_format.verdict import Verdict

QUARANTINE_COLUMNS = ("id", "rule", "reason", "place", "row")
# What is sealed shows no examples: rows that left the catalogue must not stay in it.
ALIKE = "row that is wholly like another one"
UNSEALED_FACTS = ("changes", "plots", "examples")


def admit(request: AdmitRequest, store: Store, reports: Path) -> Admission:
    """Read, judge and sort the rows; compare with live; ask the gate; seal what it says yes to.

    Raises:
        CatalogueError: the catalogue cannot be read, or a row got lost on the way.
    """
    started = time.monotonic()
    with temporary_folder("admit.") as folder:
        (content := folder / "snapshot").mkdir()
        staging = Staging(folder)
        findings, counted = stage_rows(request, staging)
        columns = typed_columns(counted.by_name(), request.declared)
        made_from, misfits = _write_typed(content, staging, columns)
        for field in misfits.left_out:
            findings.misfit(field, columns.readings[field].type, misfits)
        typed = columns, misfits, request.notes.mapping
        candidate = _candidate(content, staging, findings, made_from, *typed)
        _refuse_loss(candidate)
        subject = snapshot_id(made_from)
        measurements = measure(candidate, request.live, request.thresholds.conditions, reports)
        examples = example_rows(measurements.changes, findings.examples, staging)
        facts = {**_facts(candidate, findings), "examples": examples}
        verdict = _judge(request, subject, measurements, facts)
        quarantine = [
            dict(zip(QUARANTINE_COLUMNS, row, strict=True)) for row in staging.refused_rows()
        ]
        staging.close()
        sealed = ""
        if verdict.says_yes:
            seal_snapshot(content, made_from, _sealed_verdict(verdict))
            sealed = store.put(content)
    say(f"Judged {findings.read:,} rows in {time.monotonic() - started:.1f} s.")
    is_unchanged, changes = bool(verdict.facts["unchanged"]), measurements.changes
    page = measurements.suite_page
    return Admission(verdict, findings, changes, quarantine, columns, sealed, is_unchanged, page)


def _candidate(
    content: Path,
    staging: Staging,
    findings: Findings,
    made_from: Mapping[str, Any],
    columns: TypedColumns,
    misfits: Misfits,
    mapping: Mapping[str, Any],
) -> CandidateRows:
    return CandidateRows(
        content,
        staging,
        findings.read,
        made_from["accepted"],
        made_from["quarantined"],
        findings.warned,
        findings.repaired["date-shape"],
        findings.date_example,
        columns,
        misfits,
        mapping,
    )


def _write_typed(
    content: Path, staging: Staging, columns: TypedColumns
) -> tuple[dict[str, Any], Misfits]:
    """Write the items with their values typed; what did not fit its column is left out."""
    misfits = Misfits()
    items = typed_items(staging.items(), columns, misfits)
    schema = columns.schema if columns.schema != Schema() else None
    return write_content(content, items, staging.quarantine(), schema), misfits


def _refuse_loss(candidate: CandidateRows) -> None:
    """Accepted + quarantined = read, always."""
    staged = candidate.accepted + candidate.quarantined
    if staged != candidate.read:
        raise CatalogueError(
            f"{candidate.read:,} rows were read, but only {staged:,} are accounted for. Report"
            " this."
        )


def _facts(candidate: CandidateRows, findings: Findings) -> dict[str, Any]:
    return {
        "read": candidate.read,
        "accepted": candidate.accepted,
        "quarantined": candidate.quarantined,
        "quarantined_by_rule": candidate.staging.refusal_counts(),
        "warned_by_rule": dict(sorted(findings.warned.items())),
        "repaired_by_rule": dict(sorted(findings.repaired.items())),
    }


def _judge(
    request: AdmitRequest, subject: str, measurements: Measurements, facts: Mapping[str, Any]
) -> Verdict:
    live, changes = request.live.id if request.live else "", measurements.changes
    return judge(
        measurements.measured,
        request.thresholds,
        list(request.acceptances),
        subject=subject,
        live=live,
        facts={
            "catalogue": printable(redacted_address(request.catalogue)),
            "unchanged": live == subject,
            "reading": request.notes.sentences(),
            FACT: request.notes.mapping,
            **facts,
            "shares": measurements.shares,
            "plots": measurements.plots,
            "changes": changes.to_json() if changes else None,
        },
    )


def _sealed_verdict(verdict: Verdict) -> Verdict:
    facts = {name: fact for name, fact in verdict.facts.items() if name not in UNSEALED_FACTS}
    return replace(verdict, facts=facts)


def stage_rows(request: AdmitRequest, staging: Staging) -> tuple[Findings, CatalogueColumns]:
    """Stage every row, accepted or refused, tell the doubles apart, and count what columns hold."""
    findings, repairs = Findings(), Repairs(list(request.repairs))
    columns = CatalogueColumns()
    actions = request.thresholds.rules
    rows = _counted(request.rows, findings)
    for judged in judge_rows(rows, actions, _repair_by_hand(repairs, findings)):
        if judged.refused:
            staging.refuse(judged.name, judged.refused, as_text(judged.row.values))
            continue
        for finding in judged.warned:
            findings.warn(judged.name, finding)
        for finding in judged.repaired:
            findings.repair(judged.name, finding.rule, finding.field, finding.reason)
        staging.accept(judged.item, judged.row.place)
        columns.add(judged.item.extra)
    if request.notes.copies_count_once and (copies := staging.drop_copies()):
        findings.read -= copies
        request.notes.leave_out(ALIKE, copies)
    staging.refuse_doubles(with_equal_texts=actions["exact-duplicate"] is Action.REJECT)
    findings.warned["stale-repair"] = len(repairs.unused)
    if actions["exact-duplicate"] is Action.WARN:
        findings.warned["exact-duplicate"] = staging.duplicate_count()
    return findings, columns


def _repair_by_hand(repairs: Repairs, findings: Findings) -> Callable[[Item], Item]:
    def repair(item: Item) -> Item:
        repaired, applied = repairs.apply(item)
        for entry in applied:
            findings.repair(item.id, "by-hand", entry.field, entry.because)
        return repaired

    return repair


def _counted(rows: Iterable[Row], findings: Findings) -> Iterator[Row]:
    reported = time.monotonic()
    for row in rows:
        findings.read += 1
        if time.monotonic() - reported >= 10:
            reported = time.monotonic()
            say(f"Read {findings.read:,} rows …")
        yield row


def as_text(values: Mapping[str, Any]) -> str:
    """A row as one line of ASCII JSON, cut where it is huge."""
    return json.dumps(values, default=str)[:4_000]
