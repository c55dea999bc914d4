"""Here is an admission: give me one page that a person reads in a minute, and that needs no network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from data_checks.admit import Admission
from data_checks.changes import Changes, Step, changed_fields
from data_checks.words import word_diff
from release_format.verdict import Answer

TEMPLATE = "report.html.jinja"
SHOWN, TOPICS = 6, 14
DRIFTS = {"length-drift": "lengths of the texts", "topic-drift": "topics", "drift-of-arrivals": "what comes in",
          "drift-of-removals": "what goes", "rewritten": "rewritten texts"}  # fmt: skip


def page(admission: Admission) -> str:
    """The report as HTML: the verdict, then what changed with examples, then plots, then every condition."""
    from data_checks.report import headline

    verdict, changes = admission.verdict, admission.changes
    return str(
        _template().render(
            headline=headline(admission),
            verdict=verdict,
            facts=verdict.facts,
            refusals=verdict.refusals(),
            warnings=verdict.warnings(),
            marks=_marks(admission),
            changes=None if admission.unchanged else changes,
            examples=_examples(changes) if changes and not admission.unchanged else {},
            topics=_topics(changes) if changes else [],
            lengths=_bars(verdict.facts["plots"].get("lengths")),
            drifts=_drifts(admission),
            findings=_findings(admission),
            quarantine=admission.quarantine[:SHOWN * 4],
            repairs=admission.findings.repairs[:SHOWN * 2],
            suite_page=admission.suite_page.name if admission.suite_page else "",
        )
    )  # fmt: skip


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = FileSystemLoader(Path(__file__).parent)
    made = Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return made.get_template(TEMPLATE)


def _marks(admission: Admission) -> list[dict[str, Any]]:
    """Every condition with the word and the class that it is shown with."""
    warned = admission.verdict.warnings()
    shown = []
    for condition in admission.verdict.conditions:
        word = "accepted" if condition.accepted_by else "warning" if condition in warned else str(condition.answer)
        kind = {"yes": "yes", "no": "no", "could not tell": "unknown", "not asked": "idle"}.get(word, "warn")
        room = 0.0
        if condition.measured is not None and condition.bound and condition.answer is not Answer.NOT_ASKED:
            room = min(1.0, condition.measured / condition.bound)
        shown.append({"condition": condition, "word": word, "kind": kind, "room": round(room * 100, 1)})
    return shown


def _examples(changes: Changes) -> dict[str, list[dict[str, Any]]]:
    """Examples of each kind; a changed row with the words that came and went, field by field."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for kind in ("lost text", "changed", "removed", "added"):
        if steps := changes.examples[kind].kept()[:SHOWN]:
            shown[kind] = [{"row": step.row, "fields": _fields(step)} for step in steps]
    return shown


def _fields(step: Step) -> list[dict[str, Any]]:
    return [
        {"name": name, "pieces": word_diff(_text(step.before, name), _text(step.after, name))}
        for name in changed_fields(step)
    ]


def _text(row: Mapping[str, Any] | None, field: str) -> str:
    value = (row or {}).get(field, (row or {}).get("extra", {}).get(field, ""))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _topics(changes: Changes) -> list[dict[str, Any]]:
    """The topics that moved most, largest first, with bars on one scale."""
    moved = [(topic, change) for topic, change in changes.topics.items() if change.before != change.after]
    moved.sort(key=lambda one: (-abs(one[1].after - one[1].before), one[0]))
    widest = max((max(c.before, c.after) for _, c in moved[:TOPICS]), default=1)
    return [
        {"name": topic, "before": c.before, "after": c.after, "by": c.after - c.before,
         "width_before": 100 * c.before / widest, "width_after": 100 * c.after / widest}
        for topic, c in moved[:TOPICS]
    ]  # fmt: skip


def _bars(lengths: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Two histograms as shares, as points of a drawing 400 × 120."""
    if not lengths or not sum(lengths["before"]) or not sum(lengths["after"]):
        return None
    shares = {side: [n / sum(lengths[side]) for n in lengths[side]] for side in ("before", "after")}
    top = max(*shares["before"], *shares["after"])
    count = len(shares["before"])
    lines = {
        side: " ".join(f"{place * 400 / (count - 1):.1f},{118 - 112 * share / top:.1f}"
                       for place, share in enumerate(values))
        for side, values in shares.items()
    }  # fmt: skip
    return {**lines, "widest": lengths["width"] * count}


def _drifts(admission: Admission) -> list[dict[str, Any]]:
    """What drift was measured, on a scale from 0 to 1, with its bound."""
    return [
        {"name": DRIFTS[c.name], "value": c.measured, "bound": c.bound or 1.0}
        for c in admission.verdict.conditions
        if c.name in DRIFTS and c.measured is not None
    ]


def _findings(admission: Admission) -> list[dict[str, Any]]:
    """What the rules warned of and repaired, with examples."""
    found = admission.findings
    examples = {rule: sample.kept()[:3] for rule, sample in found.examples.items()}
    return [
        {"rule": rule, "count": count, "what": what, "examples": examples.get(rule, [])}
        for what, counts in (("warned", found.warned), ("repaired", found.repaired))
        for rule, count in sorted(counts.items())
        if count
    ]
