"""HTML report of an admission: one page that needs no network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from data_checks.admission import Admission, Findings
from data_checks.canonical_text import text as canonical
from data_checks.comparison.changes import Changes, ItemChange, TopicChange, changed_fields
from data_checks.report.fields_text import field_rows
from data_checks.report.headline import headline
from data_checks.report.word_diff import word_diff
from release_format.items import own_fields
from release_format.verdict import Verdict

TEMPLATE = "report.html.jinja"
SHOWN, TOPICS, QUARANTINED = 6, 14, 24
# The class of the word that a condition is shown with.
CLASSES = {"yes": "yes", "no": "no", "could not tell": "unknown", "not asked": "idle"}
DRIFTS = {
    "length-drift": "lengths of the texts",
    "topic-drift": "topics",
    "drift-of-arrivals": "what comes in",
    "drift-of-removals": "what goes",
    "rewritten": "rewritten texts",
}


def html_report(admission: Admission) -> str:
    """The verdict, then what changed with examples, then plots, then every condition."""
    verdict, changes, findings = admission.verdict, admission.changes, admission.findings
    shown = None if admission.unchanged else changes
    values: dict[str, Any] = {
        "headline": headline(admission),
        "verdict": verdict,
        "facts": verdict.facts,
        "refusals": verdict.refusals(),
        "warnings": verdict.warnings(),
        "conditions": _conditions(verdict),
        "changes": shown,
        "examples": _examples(shown) if shown else [],
        "topics": _topics(changes) if changes else [],
        "topics_left_out": max(0, len(_moved_topics(changes)) - TOPICS) if changes else 0,
        "lengths": _histograms(verdict.facts["plots"].get("lengths")),
        "drifts": _drifts(verdict),
        "findings": _findings(findings),
        "fields": field_rows(admission.columns),
        "quarantine": admission.quarantine[:QUARANTINED],
        "quarantine_left_out": max(0, len(admission.quarantine) - QUARANTINED),
        "suite_page": admission.suite_page.name if admission.suite_page else "",
    }
    return str(_template().render(values))


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE)


def _conditions(verdict: Verdict) -> list[dict[str, Any]]:
    """Every condition with the class that its word is shown with."""
    return [
        {"condition": condition, "kind": CLASSES.get(condition.word, "warn")}
        for condition in verdict.conditions
    ]


def _examples(changes: Changes) -> list[dict[str, Any]]:
    """Examples of each kind, and how many more there are; a changed row with the words that came
    and went, field by field."""
    shown = []
    for kind in ("lost text", "changed", "removed", "added"):
        if examples := changes.examples[kind].members()[:SHOWN]:
            rows = [{"row": change.row, "fields": _fields(change)} for change in examples]
            left_out = changes.examples[kind].seen - len(rows)
            shown.append({"kind": kind, "rows": rows, "left_out": left_out})
    return shown


def _fields(change: ItemChange) -> list[dict[str, Any]]:
    return [
        {"name": name, "pieces": word_diff(_text(change.before, name), _text(change.after, name))}
        for name in changed_fields(change)
    ]


def _text(row: Mapping[str, Any] | None, field: str) -> str:
    value = row.get(field, own_fields(row).get(field, "")) if row else ""
    return ", ".join(map(canonical, value)) if isinstance(value, list) else canonical(value)


def _moved_topics(changes: Changes) -> list[tuple[str, TopicChange]]:
    moved = [(topic, change) for topic, change in changes.topics.items() if change.moved]
    return sorted(moved, key=lambda entry: (-abs(entry[1].moved), entry[0]))


def _topics(changes: Changes) -> list[dict[str, Any]]:
    """The topics that moved most, largest first, with bars on one scale."""
    shown = _moved_topics(changes)[:TOPICS]
    widest = max((max(change.before, change.after) for _, change in shown), default=1)
    return [
        {
            "name": topic,
            "by": change.moved,
            "width_before": 100 * change.before / widest,
            "width_after": 100 * change.after / widest,
        }
        for topic, change in shown
    ]


def _histograms(lengths: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Two histograms as shares, as points of a drawing 400 × 120."""
    if not lengths or not sum(lengths["before"]) or not sum(lengths["after"]):
        return None
    shares = {side: [n / sum(lengths[side]) for n in lengths[side]] for side in ("before", "after")}
    top = max(*shares["before"], *shares["after"])
    bins = len(shares["before"])
    lines = {
        side: " ".join(
            f"{number * 400 / (bins - 1):.1f},{118 - 112 * share / top:.1f}"
            for number, share in enumerate(values)
        )
        for side, values in shares.items()
    }
    return {**lines, "widest": lengths["width"] * bins}


def _drifts(verdict: Verdict) -> list[dict[str, Any]]:
    """What drift was measured, on a scale from 0 to 1, with its bound."""
    return [
        {"name": DRIFTS[c.name], "value": c.measured, "bound": c.bound or 1.0}
        for c in verdict.conditions
        if c.name in DRIFTS and c.measured is not None
    ]


def _findings(findings: Findings) -> list[dict[str, Any]]:
    """What the rules warned of and repaired, with examples."""
    examples = {rule: sample.members()[:3] for rule, sample in findings.examples.items()}
    return [
        {
            "rule": rule,
            "count": count,
            "action": action,
            "examples": (shown := examples.get(rule, [])),
            "left_out": count - len(shown) if shown else 0,
        }
        for action, counts in (("warned", findings.warned), ("repaired", findings.repaired))
        for rule, count in sorted(counts.items())
        if count
    ]
