"""Types of an admission: what it is asked for, and what comes out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from data_checks.comparison.changes import Changes
from data_checks.comparison.sample import Sample
from data_checks.gate.acceptances import Acceptance
from data_checks.gate.thresholds import Thresholds
from data_checks.rows.declared import NOTHING_DECLARED, TypedColumns
from data_checks.rows.repairs import Repair
from data_checks.rows.rules import Finding
from data_checks.rows.typed_items import Misfits
from data_checks.sources.fields_file import FieldsFile
from data_checks.sources.row import ReadingNotes, Row
from release_format.snapshot import Snapshot
from release_format.verdict import Verdict

EXAMPLES = 8


@dataclass(frozen=True)
class AdmitRequest:
    """Rows to admit, beside this live snapshot, under these thresholds."""

    catalogue: str
    rows: Iterable[Row]
    thresholds: Thresholds
    live: Snapshot | None = None
    declared: FieldsFile = NOTHING_DECLARED
    repairs: Iterable[Repair] = ()
    acceptances: Iterable[Acceptance] = ()
    notes: ReadingNotes = field(default_factory=ReadingNotes)


@dataclass
class Findings:
    """What the rules found in all rows: counts, and some examples of each."""

    read: int = 0
    warned: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Sample[tuple[str, Finding]]] = field(default_factory=dict)
    repairs: list[dict[str, str]] = field(default_factory=list)

    @property
    def date_example(self) -> str:
        """The first date that was left out, with the id of its row."""
        dates = (repair for repair in self.repairs if repair["rule"] == "date-shape")
        return next((f"as {repair['id']}: {repair['reason']}" for repair in dates), "")

    def warn(self, name: str, finding: Finding) -> None:
        """Count a warning about a row, and offer it as an example."""
        self.warned[finding.rule] += 1
        self.examples.setdefault(finding.rule, Sample(EXAMPLES)).offer(name, (name, finding))

    def misfit(self, name: str, type: str, misfits: Misfits) -> None:
        """Count the values of one field that did not fit its type."""
        id, value = misfits.examples[name]
        finding = Finding("type-misfit", f"{name} is {value!r}, which is no {type}", name)
        self.warn(id, finding)
        self.warned[finding.rule] += misfits.left_out[name] - 1

    def repair(self, name: str, rule: str, changed_field: str, reason: str) -> None:
        """Count a repair of a row, and write it down."""
        self.repaired[rule] += 1
        self.repairs.append({"id": name, "rule": rule, "field": changed_field, "reason": reason})


@dataclass(frozen=True)
class Admission:
    """The verdict, what the rules found, what changed; and the snapshot's id when it was sealed."""

    verdict: Verdict
    findings: Findings
    changes: Changes | None
    quarantine: list[dict[str, str]]
    columns: TypedColumns
    sealed: str = ""
    unchanged: bool = False
    suite_page: Path | None = None
