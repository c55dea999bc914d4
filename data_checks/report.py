"""Here is an admission: give me the reports for machines, for Jenkins, and for people."""

from __future__ import annotations

import json
from pathlib import Path

from data_checks.admit import Admission
from data_checks.changes import Changes

VERDICT = "data-verdict.json"
QUARANTINE, REPAIRS = "data-quarantine.jsonl", "data-repairs.jsonl"


def write_reports(folder: Path, admission: Admission) -> list[Path]:
    """Write every report of an admission; returns where those for people are."""
    (folder / VERDICT).write_text(admission.verdict.to_json() + "\n", encoding="utf-8")
    for name, rows in ((QUARANTINE, admission.quarantine), (REPAIRS, admission.findings.repairs)):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return [folder / VERDICT]


def changes_as_text(changes: Changes) -> str:
    """What changed, for the console."""
    return "\n".join(f"{kind}: {changes.counts[kind]}" for kind in ("added", "removed", "changed", "kept"))
