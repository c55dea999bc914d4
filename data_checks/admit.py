"""Here is a catalogue, and what is live: give me a sealed snapshot, or the reasons why not."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_checks import CatalogueError
from data_checks.changes import Changes
from data_checks.gate import Acceptance, judge
from data_checks.measure import measure
from data_checks.reviewed import Repair, Repairs
from data_checks.rules import Action, Finding, judge_rows
from data_checks.samples import Sample
from data_checks.sources import Row
from data_checks.thresholds import Thresholds
from data_checks.workbench import Workbench
from release_format.items import Item
from release_format.program import say
from release_format.redaction import redacted
from release_format.snapshot import Snapshot, seal_snapshot, snapshot_id, write_content
from release_format.store import Store
from release_format.verdict import Verdict

EXAMPLES = 8


@dataclass(frozen=True)
class Question:
    """What is asked: these rows, beside this live snapshot, under these thresholds."""

    catalogue: str
    rows: Iterable[Row]
    thresholds: Thresholds
    live: Snapshot | None = None
    repairs: Iterable[Repair] = ()
    accepted: Iterable[Acceptance] = ()


@dataclass
class Findings:
    """What the rules said of all rows: counts, and some examples of each."""

    read: int = 0
    warned: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Sample[tuple[str, Finding]]] = field(default_factory=dict)
    repairs: list[dict[str, str]] = field(default_factory=list)

    def example(self, name: str, finding: Finding) -> None:
        """Keep an example of a finding."""
        self.examples.setdefault(finding.rule, Sample(EXAMPLES)).offer(name, (name, finding))


@dataclass(frozen=True)
class Admission:
    """The answer: the verdict, what the rules found, what changed; and the snapshot's id when it was sealed."""

    verdict: Verdict
    findings: Findings
    changes: Changes | None
    quarantine: list[dict[str, str]]
    sealed: str = ""
    unchanged: bool = False
    suite_page: Path | None = None


def admit(question: Question, store: Store, keep: Path) -> Admission:
    """Read, judge and sort the rows; compare with live; ask the gate; seal what it says yes to.

    Raises:
        CatalogueError: the catalogue cannot be read, or a row got lost on the way.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="admit.") as name:
        directory = Path(name)
        (content := directory / "snapshot").mkdir()
        bench = Workbench(directory)
        findings = lay_out(question, bench)
        made_from = write_content(content, bench.items(), bench.refused())
        _refuse_loss(findings.read, made_from)
        id = snapshot_id(made_from)
        unchanged = question.live is not None and question.live.id == id
        said = measure(content, bench, findings, question, made_from, keep)
        facts = {
            "catalogue": redacted(question.catalogue), "unchanged": unchanged, "read": findings.read,
            "accepted": made_from["accepted"], "quarantined": made_from["quarantined"],
            "quarantined_by_rule": bench.counts(), "warned_by_rule": dict(sorted(findings.warned.items())),
            "repaired_by_rule": dict(sorted(findings.repaired.items())), "shares": said.shares,
            "plots": said.plots, "changes": said.changes.to_json() if said.changes else None,
        }  # fmt: skip
        verdict = judge(
            said.measured, question.thresholds, list(question.accepted), subject=id,
            live=question.live.id if question.live else "", facts=facts,
        )  # fmt: skip
        quarantine = [dict(zip(("id", "rule", "reason", "place", "row"), row, strict=True))
                      for row in bench.refused_rows()]  # fmt: skip
        bench.close()
        sealed = ""
        if verdict.says_yes:
            seal_snapshot(content, made_from, _to_seal(verdict))
            sealed = store.put(content)
        say(f"Judged {findings.read:,} rows in {time.monotonic() - started:.1f} s.")
        return Admission(verdict, findings, said.changes, quarantine, sealed, unchanged, said.suite_page)


def lay_out(question: Question, bench: Workbench) -> Findings:
    """Put every row on the bench, accepted or refused, and tell the doubles apart."""
    findings, by_hand = Findings(), Repairs(list(question.repairs))

    def mend(item: Item) -> Item:
        mended, done = by_hand.apply(item)
        for repair in done:
            findings.repaired["by-hand"] += 1
            findings.repairs.append(
                {"id": item.id, "rule": "by-hand", "field": repair.field, "reason": repair.because}
            )
        return mended

    actions = question.thresholds.rules
    for judged in judge_rows(_counted(question.rows, findings), actions, mend):
        if judged.refused:
            bench.refuse(judged.name, judged.refused, as_text(judged.row.values))
            continue
        for finding in judged.warned:
            findings.warned[finding.rule] += 1
            findings.example(judged.name, finding)
        for finding in judged.repaired:
            findings.repaired[finding.rule] += 1
            findings.repairs.append(
                {"id": judged.name, "rule": finding.rule, "field": finding.field, "reason": finding.reason}
            )
        bench.accept(judged.item, judged.row.place)
    bench.settle(refuse_duplicates=actions["exact-duplicate"] is Action.REJECT)
    findings.warned["stale-repair"] = len(by_hand.unused)
    if actions["exact-duplicate"] is Action.WARN:
        findings.warned["exact-duplicate"] = bench.count_of_duplicates()
    return findings


def _counted(rows: Iterable[Row], findings: Findings) -> Iterator[Row]:
    told = time.monotonic()
    for row in rows:
        findings.read += 1
        if time.monotonic() - told >= 10:
            told = time.monotonic()
            say(f"Read {findings.read:,} rows …")
        yield row


def _refuse_loss(read: int, made_from: Mapping[str, Any]) -> None:
    """Accepted + quarantined = read, always."""
    kept = made_from["accepted"] + made_from["quarantined"]
    if kept != read:
        raise CatalogueError(f"{read:,} rows were read, but only {kept:,} are accounted for. Report this.")


def _to_seal(verdict: Verdict) -> Verdict:
    """What is sealed says nothing of examples: rows that left the catalogue must not stay in it."""
    from dataclasses import replace

    left_out = ("changes", "plots")
    return replace(verdict, facts={key: value for key, value in verdict.facts.items() if key not in left_out})


def as_text(values: Mapping[str, Any]) -> str:
    """A row as one line of ASCII JSON, cut where it is huge."""
    return json.dumps(values, default=str)[:4_000]
