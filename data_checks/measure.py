"""Here is a candidate beside live: give me what the gate asks about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

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
DELTAS = ("drift-of-arrivals", "drift-of-removals")
ANY_TOPIC = "any topic at all"
COMPARED = ("removed", "topic-loss", "added", "changed", "emptied-or-cut", *SUITE)


class Count(NamedTuple):
    """How many of what a condition compares."""

    number: int
    of_what: str


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
    """What Deepchecks is asked: only what has enough to say something, so that a small change costs nothing."""
    if changes.unchanged:
        return {name: Measured(None, said="nothing changed") for name in SUITE}
    counts = _compared(changes, tables)
    bounds = question.thresholds.conditions
    asked = [name for name in SUITE if counts[name].number >= max(1, bounds[name].least)]
    page = keep / SUITE_PAGE
    page.unlink(missing_ok=True)
    found = run_suite(tables, asked, page) if asked else {}
    seen.suite_page = page if page.is_file() else None
    measured = {}
    for name in SUITE:
        count = counts[name]
        if name not in found:
            enough = f"{bounds[name].least:,} would say something"
            said = f"too few {count.of_what} to compare: {count.number:,}, and {enough}"
            measured[name] = Measured(None, of=count.number, said=said)
            continue
        one = found[name]
        concerned = one.get("rows") if name == "rewritten" else count.number if name in DELTAS else None
        of_live = 1.0 if concerned is None else concerned / max(changes.before, 1)
        measured[name] = Measured(
            one.get("value"), one.get("rows"), count.number, of_live, one.get("said", ""), one.get("broken", "")
        )
    return measured


def _compared(changes: Changes, tables: Tables) -> dict[str, Count]:
    """How much each condition of the suite has to compare: of rows, and of the values that it looks at in them."""
    rows, values = min(changes.before, changes.after), tables.compared()
    topics = Count(min(rows, values["topics"]), "topics")
    descriptions = Count(rows if values["descriptions"] else 0, "descriptions")
    return {
        "rewritten": Count(tables.pairs.seen, "changed texts"),
        "length-drift": descriptions,
        "topic-drift": topics,
        "new-topics": topics,
        "topic-variants": topics,
        "placeholders": descriptions,
        "duplicates": Count(rows, "rows"),
        "drift-of-arrivals": Count(changes.counts["added"] + changes.counts["changed"], "added and changed rows"),
        "drift-of-removals": Count(changes.counts["removed"], "removed rows"),
    }


def _topic_loss(changes: Changes, least: int) -> Measured:
    """The topic that lost most. Having any topic counts as one: small ones may all be lost together."""
    topics = {**changes.topics, ANY_TOPIC: changes.any_topic}
    big = [(topic, change) for topic, change in topics.items() if change.before >= least]
    if not big:
        return Measured(None, said=f"no topic has {least} rows")
    topic, worst = max(big, key=lambda one: (one[1].loss, one[0] != ANY_TOPIC, one[0]))
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
