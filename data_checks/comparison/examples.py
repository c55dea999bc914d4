"""A row for each condition that rows can show: what a reader looks at first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from data_checks.comparison.changes import Changes, ItemValues
from data_checks.comparison.sample import Sample
from data_checks.rows.rules import Finding
from data_checks.rows.staging import Staging

LONGEST = 200
# Where a condition counts changed rows, the kind of change; where it counts what a rule warned of,
# the rule.
_CHANGES = {
    "removed": "removed",
    "drift-of-removals": "removed",
    "added": "added",
    "drift-of-arrivals": "added",
    "changed": "changed",
    "other-fields-changed": "changed",
    "rewritten": "changed",
    "emptied-or-cut": "lost text",
}
_RULES = {
    "html": "html-leftovers",
    "language": "language-mismatch",
    "email-addresses": "email-address",
    "duplicates": "exact-duplicate",
    "values-left-out": "type-misfit",
}


def example_rows(
    changes: Changes | None,
    findings: Mapping[str, Sample[tuple[str, Finding]]],
    staging: Staging,
) -> dict[str, str]:
    """A row by the name of each condition that one is known of: its title, its id, what it has."""
    return dict([*_refused(staging), *_found(findings), *_changed(changes)])


def _refused(staging: Staging) -> Iterator[tuple[str, str]]:
    for id, rule, reason, place, _ in staging.refused_rows():
        yield "quarantined", f"{id or place}: {reason} ({rule})"[:LONGEST]
        return


def _found(findings: Mapping[str, Sample[tuple[str, Finding]]]) -> Iterator[tuple[str, str]]:
    for condition, rule in _RULES.items():
        if rule in findings and (found := findings[rule].members()):
            name, finding = found[0]
            yield condition, f"{name}: {finding.reason}"[:LONGEST]


def _changed(changes: Changes | None) -> Iterator[tuple[str, str]]:
    for condition, kind in _CHANGES.items():
        if changes and (members := changes.examples[kind].members()):
            yield condition, _named(members[0].row)[:LONGEST]


def _named(row: ItemValues) -> str:
    title = str(row.get("title") or "")
    return f"{title} ({row['id']})" if title else str(row["id"])
