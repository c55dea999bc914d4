"""Markdown comment on a pull request: the verdict of an admission, and what changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_checks.admission import Admission
from data_checks.comparison.changes import Changes, ItemChange, changed_fields
from data_checks.report.headline import headline, unasked
from release_format.verdict import Condition, Outcome, Verdict

MARKS = {Outcome.YES: "✅", Outcome.NO: "❌", Outcome.COULD_NOT_TELL: "❓", Outcome.NOT_ASKED: "·"}
SHOWN = 5


def comment(admission: Admission) -> str:
    """The answer first, then what will change, then every condition."""
    verdict = admission.verdict
    mark = "✅" if verdict.says_yes else "❌"
    lines = [f"### {mark} {headline(admission)}", "", *_refusals_and_warnings(verdict)]
    lines += ["", _row_counts(verdict.facts)]
    said = [*verdict.facts.get("reading", ()), *unasked(verdict)]
    lines += ["", *(f"- {_cell(sentence)}" for sentence in said)]
    if admission.changes and not admission.unchanged:
        lines += ["", *_changes(admission.changes)]
    lines += ["", "<details><summary>Every condition</summary>", "", *_conditions(verdict)]
    live = f" beside live `{verdict.live[:12]}`" if verdict.live else ""
    lines += ["", "</details>", "", f"Snapshot `{verdict.subject[:12]}`{live}", ""]
    return "\n".join(lines)


def _refusals_and_warnings(verdict: Verdict) -> list[str]:
    refusals = [
        f"- **{c.name}**: {_cell(c.seen)} – allowed {_cell(c.allowed)}. {c.why}"
        for c in verdict.refusals()
    ]
    warnings = [
        f"- ⚠️ {c.name}: {_cell(c.seen)}. {_acceptance(c) or c.why}" for c in verdict.warnings()
    ]
    return refusals + warnings


def _row_counts(facts: Mapping[str, Any]) -> str:
    counts = facts["quarantined_by_rule"].items()
    by_rule = ", ".join(f"{rule} {count:,}" for rule, count in counts)
    return (
        f"{facts['read']:,} rows read, {facts['accepted']:,} accepted, {facts['quarantined']:,} in"
        f" quarantine{by_rule and f' ({by_rule})'}."
    )


def _conditions(verdict: Verdict) -> list[str]:
    lines = ["| | condition | seen | allowed |", "|-|-|-|-|"]
    warnings = verdict.warnings()
    for condition in verdict.conditions:
        mark = "⚠️" if condition in warnings else MARKS[condition.answer]
        seen, allowed = _cell(condition.seen), _cell(condition.allowed)
        lines.append(f"| {mark} | {condition.name} | {seen} | {allowed} |")
    return lines


def _acceptance(condition: Condition) -> str:
    if not condition.accepted_by:
        return ""
    return f"Accepted by {condition.accepted_by}: {condition.accepted_because}"


def _changes(changes: Changes) -> list[str]:
    lines = ["| | before | added | removed | changed | now |", "|-|-:|-:|-:|-:|-:|"]
    counts = changes.counts
    lines.append(
        f"| rows | {changes.before:,} | {counts['added']:,} | {counts['removed']:,} |"
        f" {counts['changed']:,} | {changes.after:,} |"
    )
    for kind in ("added", "removed", "changed"):
        if examples := changes.examples[kind].members()[:SHOWN]:
            named = "; ".join(_named(change) for change in examples)
            lines += ["", f"**{kind.capitalize()}**, for example: {named}"]
    return lines


def _named(change: ItemChange) -> str:
    title = _cell(str(change.row.get("title") or change.row["id"]))[:80]
    fields = changed_fields(change)
    return f"{title} ({', '.join(fields)})" if fields else title


def _cell(text: str) -> str:
    """Text from a catalogue, harmless inside Markdown: no markup, no mentions, no links."""
    flat = " ".join(text.split())
    escaped = "".join(f"\\{letter}" if letter in "\\`*_[]<>|#~!" else letter for letter in flat)
    return escaped.replace("@", "@\u200b").replace("://", ":\u200b//")
