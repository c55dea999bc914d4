"""Report files of an admission: for machines, for Jenkins, for pull requests, and for people."""

from __future__ import annotations

import json
from pathlib import Path

from data_checks.admission import Admission
from data_checks.report.html import html_report
from data_checks.report.junit import junit
from data_checks.report.markdown import comment
from release_format.seal import write_atomically

VERDICT, JUNIT = "data-verdict.json", "data-junit.xml"
HTML, COMMENT = "data-report.html", "data-report.md"
QUARANTINE, REPAIRS = "data-quarantine.jsonl", "data-repairs.jsonl"


def write_reports(folder: Path, admission: Admission) -> list[Path]:
    """Write every report of an admission; returns the pages that people read."""
    for name, rows in ((QUARANTINE, admission.quarantine), (REPAIRS, admission.findings.repairs)):
        write_atomically(folder / name, "".join(json.dumps(row) + "\n" for row in rows))
    write_atomically(folder / VERDICT, admission.verdict.to_json() + "\n")
    write_atomically(folder / JUNIT, junit(admission.verdict.conditions))
    write_atomically(folder / COMMENT, comment(admission))
    write_atomically(folder / HTML, html_report(admission))
    return [folder / HTML]
