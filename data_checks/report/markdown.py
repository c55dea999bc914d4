"""Markdown comment on a pull request: the verdict of an admission, and what changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_checks.admission import Admission
from data_checks.comparison.changes import Changes, ItemChange, changed_fields
from data_checks.report.headline import headline, unasked
from release_format.report_page.markdown_text import plain, prose
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
    lines += ["", *(f"- {plain(sentence)}" for sentence in said)]
    if admission.changes and not admission.unchanged:
        lines += ["", *_changes(admission.changes)]
    lines += ["", "<details><summary>Every condition</summary>", "", *_conditions(verdict)]
    live = f" beside live `{verdict.live[:12]}`" if verdict.live else ""
    lines += ["", "</details>", "", f"Snapshot `{verdict.subject[:12]}`{live}", ""]
    return "\n".join(lines)


def _refusals_and_warnings(verdict: Verdict) -> list[str]:
    refusals = [f"- **{_found(verdict, c)} {prose(c.why)}" for c in verdict.refusals()]
    warnings = [
        f"- ⚠️ {c.word}: **{_found(verdict, c)} {_acceptance(c) or prose(c.why)}"
        for c in verdict.warnings()
    ]
    return refusals + warnings


def _found(verdict: Verdict, condition: Condition) -> str:
    """What was seen of what is allowed, with an example; it ends what `**` began."""
    limit = "allowed" if condition.stops else "expected"
    found = f"{condition.name}**: {plain(condition.seen)} – {limit} {plain(condition.allowed)}."
    example = verdict.example(condition.name)
    return f"{found} For example: {plain(example)}." if example else found


def _row_counts(facts: Mapping[str, Any]) -> str:
    counts = facts["quarantined_by_rule"].items()
    by_rule = ", ".join(f"{rule} {count:,}" for rule, count in counts)
    return (
        f"{facts['read']:,} rows read, {facts['accepted']:,} accepted, {facts['quarantined']:,} in"
        f" quarantine{by_rule and f' ({by_rule})'}."
    )


def _conditions(verdict: Verdict) -> list[str]:
    lines = ["| | condition | answer | seen | allowed |", "|-|-|-|-|-|"]
    warnings = verdict.warnings()
    for condition in verdict.conditions:
        mark = "⚠️" if condition in warnings else MARKS[condition.answer]
        cells = (condition.name, condition.word, condition.seen, condition.allowed)
        lines.append(f"| {mark} | {' | '.join(map(plain, cells))} |")
    return lines


def _acceptance(condition: Condition) -> str:
    if not condition.accepted_by:
        return ""
    return f"Accepted by {plain(condition.accepted_by)}: {prose(condition.accepted_because)}"


def _changes(changes: Changes) -> list[str]:
    lines = ["| | before | added | removed | changed | now |", "|-|-:|-:|-:|-:|-:|"]
    counts = changes.counts
    lines.append(
        f"| rows | {changes.before:,} | {counts['added']:,} | {counts['removed']:,} |"
        f" {counts['changed']:,} | {changes.after:,} |"
    )
    for kind in ("added", "removed", "changed"):
        if examples := changes.examples[kind].members()[:SHOWN]:
            named = [_named(change) for change in examples]
            if (more := counts[kind] - len(named)) > 0:
                named.append(f"{more:,} more")
            lines += ["", f"**{kind.capitalize()}**: {'; '.join(named)}"]
    return lines


def _named(change: ItemChange) -> str:
    title = plain(str(change.row.get("title") or change.row["id"]), 80)
    fields = changed_fields(change)
    return f"{title} ({plain(', '.join(fields))})" if fields else title
