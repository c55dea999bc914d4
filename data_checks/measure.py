"""Here is a candidate beside live: give me what the gate asks about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_checks.changes import Changes, walk
from data_checks.gate import ASK_NOTHING, Measured
from data_checks.isolation import run_suite
from data_checks.lengths import Lengths
from data_checks.tables import Tables
from data_checks.workbench import Workbench
from release_format.snapshot import VERDICT, Snapshot
from release_format.verdict import Verdict

if TYPE_CHECKING:
    from data_checks.admit import Findings, Question

OVER_LIVE = {"html": "html-leftovers", "language": "language-mismatch", "email-addresses": "email-address"}
SUITE = ("rewritten", "length-drift", "topic-drift", "new-topics", "topic-variants", "placeholders", "duplicates",
         "drift-of-arrivals", "drift-of-removals")  # fmt: skip
SUITE_PAGE = "data-deepchecks.html"
COMPARED = ("removed", "topic-loss", "added", "changed", "emptied-or-cut", *SUITE)


@dataclass
class Seen:
    """Everything that was measured, and what the report draws of it."""

    measured: dict[str, Measured]
    shares: dict[str, float]
    changes: Changes | None = None
    plots: dict[str, Any] = field(default_factory=dict)
    suite_page: Path | None = None


def measure(
    content: Path, bench: Workbench, findings: Findings, question: Question, made_from: Mapping[str, Any], keep: Path
) -> Seen:
    """Measure the candidate by itself, then beside live."""
    accepted = int(made_from["accepted"])
    most, where = bench.most_common_description()
    shares = {name: findings.warned[rule] / max(accepted, 1) for name, rule in OVER_LIVE.items()}
    shares["boilerplate"] = most / max(accepted, 1)
    baseline = _baseline(question.live)
    measured = {
        "rows": Measured(accepted),
        "quarantined": _share(made_from["quarantined"], findings.read),
        "boilerplate": Measured(
            max(0.0, shares["boilerplate"] - baseline.get("boilerplate", 0.0)), most, said=where and f"as {where}"
        ),
        "stale-repairs": Measured(findings.warned["stale-repair"]),
    }
    for name, rule in OVER_LIVE.items():
        over = shares[name] - baseline[name] if name in baseline else None
        measured[name] = Measured(None if over is None else max(0.0, over), findings.warned[rule], said="")
    seen = Seen(measured, shares)
    if question.live is None:
        measured |= {name: Measured(None, said=ASK_NOTHING) for name in COMPARED}
        return seen
    _measure_changes(content, question.live, question, seen, keep)
    return seen


def _measure_changes(content: Path, live: Snapshot, question: Question, seen: Seen, keep: Path) -> None:
    seen.changes = changes = Changes()
    tables, lengths = Tables(), Lengths()
    for step in walk(live.path, content):
        changes.add(step)
        tables.add(step)
        lengths.add(step)
    seen.plots["lengths"] = lengths.to_json()
    for name, rows in (
        ("removed", changes.counts["removed"]),
        ("added", changes.counts["added"]),
        ("changed", changes.counts["changed"]),
        ("emptied-or-cut", changes.emptied + changes.cut),
    ):
        seen.measured[name] = _share(rows, changes.before)
    seen.measured["topic-loss"] = _topic_loss(changes, question.thresholds.conditions["topic-loss"].least)
    seen.measured |= _ask_suite(changes, tables, question, seen, keep)


def _ask_suite(changes: Changes, tables: Tables, question: Question, seen: Seen, keep: Path) -> dict[str, Measured]:
    """What Deepchecks is asked: only what has enough rows to say something, so that a small change costs nothing."""
    arrivals, removed = changes.counts["added"] + changes.counts["changed"], changes.counts["removed"]
    whole = min(changes.before, changes.after)
    rows = dict.fromkeys(SUITE, whole) | {
        "rewritten": tables.pairs.seen, "drift-of-arrivals": arrivals, "drift-of-removals": removed,
    }  # fmt: skip
    if changes.unchanged:
        return {name: Measured(None, said="nothing changed") for name in SUITE}
    asked = [name for name in SUITE if rows[name] >= max(1, question.thresholds.conditions[name].least)]
    page = keep / SUITE_PAGE
    page.unlink(missing_ok=True)
    found = run_suite(tables, asked, page) if asked else {}
    seen.suite_page = page if page.is_file() else None
    share = {"drift-of-arrivals": arrivals, "drift-of-removals": removed}
    measured = {}
    for name in SUITE:
        if name not in found:
            measured[name] = Measured(None, of=rows[name], said=f"too few rows: {rows[name]}")
            continue
        one = found[name]
        concerned = one.get("rows") if name == "rewritten" else share.get(name)
        of_live = 1.0 if concerned is None else concerned / max(changes.before, 1)
        measured[name] = Measured(
            one.get("value"), one.get("rows"), rows[name], of_live, one.get("said", ""), one.get("broken", "")
        )
    return measured


def _topic_loss(changes: Changes, least: int) -> Measured:
    big = [(topic, change) for topic, change in changes.topics.items() if change.before >= least]
    if not big:
        return Measured(None, said=f"no topic has {least} rows")
    topic, worst = max(big, key=lambda one: (one[1].loss, one[0]))
    return Measured(worst.loss, max(0, worst.before - worst.after), worst.before, said=topic)


def _share(rows: int, of: int) -> Measured:
    return Measured(rows / max(of, 1), rows)


def _baseline(live: Snapshot | None) -> Mapping[str, float]:
    """The same shares of live, as its own verdict wrote them down."""
    if live is None or not (live.path / VERDICT).is_file():
        return {}
    facts = Verdict.from_json((live.path / VERDICT).read_bytes(), live.path / VERDICT).facts
    shares: Mapping[str, float] = facts.get("shares", {})
    return shares
