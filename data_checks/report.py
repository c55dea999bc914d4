"""Here is an admission: give me the reports for machines, for Jenkins, and for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from data_checks.admit import Admission
from data_checks.changes import Changes, Step, changed_fields
from data_checks.page import page
from release_format.seal import write_atomically
from release_format.verdict import Answer, Condition, Verdict

VERDICT, JUNIT, PAGE, COMMENT = "data-verdict.json", "data-junit.xml", "data-report.html", "data-report.md"
QUARANTINE, REPAIRS = "data-quarantine.jsonl", "data-repairs.jsonl"
MARKS = {Answer.YES: "✅", Answer.NO: "❌", Answer.COULD_NOT_TELL: "❓", Answer.NOT_ASKED: "·"}
SHOWN, NAMED = 5, 6


def write_reports(folder: Path, admission: Admission) -> list[Path]:
    """Write every report of an admission; returns the pages that people read."""
    for name, rows in ((QUARANTINE, admission.quarantine), (REPAIRS, admission.findings.repairs)):
        write_atomically(folder / name, "".join(json.dumps(row) + "\n" for row in rows))
    write_atomically(folder / VERDICT, admission.verdict.to_json() + "\n")
    write_atomically(folder / JUNIT, junit(admission.verdict.conditions))
    write_atomically(folder / COMMENT, comment(admission))
    write_atomically(folder / PAGE, page(admission))
    return [folder / PAGE]


def junit(conditions: Sequence[Condition]) -> str:
    """One test case a condition: a no is a failure, could-not-tell an error, a warning is passed with its text."""
    suite = ElementTree.Element("testsuite", name="data gate", tests=str(len(conditions)))
    counted = {"failure": 0, "error": 0, "skipped": 0}
    for condition in conditions:
        case = ElementTree.SubElement(suite, "testcase", classname="data-gate", name=condition.name)
        if kind := _junit_kind(condition):
            counted[kind] += 1
            ElementTree.SubElement(case, kind, message=_plain(condition.sentence()))
        elif condition.answer is not Answer.YES:
            ElementTree.SubElement(case, "system-out").text = _plain(condition.sentence())
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(counted[kind]))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _junit_kind(condition: Condition) -> str:
    if condition.stops:
        return "failure" if condition.answer is Answer.NO else "error"
    return "skipped" if condition.answer is Answer.NOT_ASKED else ""


def _plain(text: str) -> str:
    """XML 1.0 takes no control characters."""
    return "".join(letter if letter >= " " else " " for letter in text)


def comment(admission: Admission) -> str:
    """The verdict as Markdown for a pull request: the answer first, then what will change, then every condition."""
    verdict, facts = admission.verdict, admission.verdict.facts
    lines = [f"### {'✅' if verdict.says_yes else '❌'} {headline(admission)}", ""]
    lines += [f"- **{c.name}**: {_cell(c.seen)} – allowed {_cell(c.allowed)}. {c.why}" for c in verdict.refusals()]
    lines += [f"- ⚠️ {c.name}: {_cell(c.seen)}. {_accepted(c) or c.why}" for c in verdict.warnings()]
    read, refused = facts["read"], facts["quarantined"]
    lines += ["", f"{read:,} rows read, {facts['accepted']:,} accepted, {refused:,} in quarantine{_by_rule(facts)}."]
    lines += ["", *(f"- {_cell(sentence)}" for sentence in not_asked(verdict))]
    if admission.changes and not admission.unchanged:
        lines += ["", *_changes_in_markdown(admission.changes)]
    lines += ["", "<details><summary>Every condition</summary>", "", "| | condition | seen | allowed |", "|-|-|-|-|"]
    for condition in verdict.conditions:
        mark = "⚠️" if condition in verdict.warnings() else MARKS[condition.answer]
        lines.append(f"| {mark} | {condition.name} | {_cell(condition.seen)} | {_cell(condition.allowed)} |")
    lines += ["", "</details>", "", f"Snapshot `{verdict.subject[:12]}`" + (
        f" beside live `{verdict.live[:12]}`" if verdict.live else ""), ""]  # fmt: skip
    return "\n".join(lines)


def headline(admission: Admission) -> str:
    """The whole admission in one sentence."""
    verdict = admission.verdict
    if admission.unchanged and verdict.says_yes:
        return "Unchanged: live holds exactly these rows, so there is nothing to build."
    if not verdict.says_yes:
        names = ", ".join(condition.name for condition in verdict.refusals())
        said = "says no" if verdict.exit_code == 1 else "could not tell"
        return f"The data gate {said}: {names}."
    if admission.changes is None:
        return f"The data gate says yes to the first {verdict.facts['accepted']:,} rows."
    counts = admission.changes.counts
    return (
        f"The data gate says yes: {counts['added']:,} added, {counts['changed']:,} changed,"
        f" {counts['removed']:,} removed."
    )


def not_asked(verdict: Verdict) -> list[str]:
    """What nobody asked, and why: one sentence a reason. It stops nothing, and is no yes either."""
    names: dict[str, list[str]] = {}
    for condition in verdict.conditions:
        if condition.answer is Answer.NOT_ASKED:
            names.setdefault(condition.seen, []).append(condition.name)
    return [
        f"Not asked: {', '.join(several) if len(several) <= NAMED else f'{len(several)} conditions'} ({why})."
        for why, several in names.items()
    ]


def _accepted(condition: Condition) -> str:
    if not condition.accepted_by:
        return ""
    return f"Accepted by {condition.accepted_by}: {condition.accepted_because}"


def _by_rule(facts: Any) -> str:
    rules = facts["quarantined_by_rule"]
    return f" ({', '.join(f'{rule} {count:,}' for rule, count in rules.items())})" if rules else ""


def _changes_in_markdown(changes: Changes) -> list[str]:
    lines = ["| | before | added | removed | changed | now |", "|-|-:|-:|-:|-:|-:|"]
    counts = changes.counts
    lines.append(
        f"| rows | {changes.before:,} | {counts['added']:,} | {counts['removed']:,} | {counts['changed']:,}"
        f" | {changes.after:,} |"
    )
    for kind in ("added", "removed", "changed"):
        if examples := changes.examples[kind].kept()[:SHOWN]:
            named = "; ".join(_named(step) for step in examples)
            lines += ["", f"**{kind.capitalize()}**, for example: {named}"]
    return lines


def _named(step: Step) -> str:
    title = _cell(str(step.row.get("title") or step.row["id"]))[:80]
    fields = changed_fields(step)
    return f"{title} ({', '.join(fields)})" if fields else title


def _cell(text: str) -> str:
    """Text from a catalogue, harmless inside Markdown: no markup, no mentions, no links."""
    flat = " ".join(text.split())
    escaped = "".join(f"\\{letter}" if letter in "\\`*_[]<>|#~!" else letter for letter in flat)
    return escaped.replace("@", "@\u200b").replace("://", ":\u200b//")


def changes_as_text(changes: Changes) -> str:
    """What changed, for the console."""
    counts = changes.counts
    came = f"added {counts['added']:,} · removed {counts['removed']:,} · changed {counts['changed']:,}"
    lines = [f"before {changes.before:,} · {came} · now {changes.after:,}"]
    if changes.fields:
        lines.append("changed fields: " + ", ".join(f"{name} {n:,}" for name, n in changes.fields.most_common()))
    moved = [(topic, c) for topic, c in changes.topics.items() if c.before != c.after]
    for topic, change in sorted(moved, key=lambda one: -abs(one[1].after - one[1].before))[:SHOWN]:
        lines.append(f"topic {topic}: {change.before:,} → {change.after:,}")
    for kind, sign in (("added", "+"), ("removed", "-"), ("changed", "~")):
        lines += [f"{sign} {step.row['id']}  {step.row.get('title', '')}" for step in changes.examples[kind].kept()]
    return "\n".join(lines)
