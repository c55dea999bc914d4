"""Measurements of a candidate, by itself and compared with live, for the data gate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from data_checks.comparison.changes import Changes, walk
from data_checks.comparison.faults import FAULTS
from data_checks.comparison.fields import field_measurements, types_changed
from data_checks.comparison.histogram import LengthHistogram
from data_checks.comparison.mapping import mapping_changed
from data_checks.comparison.suite_runner import run_suite
from data_checks.comparison.tables import Tables
from data_checks.rows.declared import NO_COLUMNS, TypedColumns
from data_checks.rows.staging import Staging
from data_checks.rows.typed_items import Misfits
from release_format.gate import NOTHING_TO_COMPARE, Bound, Measured
from release_format.snapshot import VERDICT, Snapshot
from release_format.verdict import Verdict

OVER_LIVE = {
    "html": "html-leftovers",
    "language": "language-mismatch",
    "email-addresses": "email-address",
}
SUITE = (
    "rewritten",
    "length-drift",
    "topic-drift",
    "new-topics",
    "topic-variants",
    "placeholders",
    "duplicates",
    "drift-of-arrivals",
    "drift-of-removals",
)
# A first catalogue may say one thing of a few items: nobody knows better yet.
MUCH_BOILERPLATE = 50
SUITE_PAGE = "data-deepchecks.html"
DELTAS = ("drift-of-arrivals", "drift-of-removals")
ANY_TOPIC = "any topic at all"
COMPARED = (
    "removed",
    "topic-loss",
    "small-topic-loss",
    "added",
    "changed",
    "other-fields-changed",
    "field-types-changed",
    "emptied-or-cut",
    *FAULTS,
    *SUITE,
)


@dataclass(frozen=True)
class CandidateRows:
    """What is to become a snapshot: its content, its staged rows, and how many a rule warned of."""

    content: Path
    staging: Staging
    read: int
    accepted: int
    quarantined: int
    warned: Counter[str]
    dates_left_out: int = 0
    date_example: str = ""
    columns: TypedColumns = NO_COLUMNS
    misfits: Misfits = field(default_factory=Misfits)
    mapping: Mapping[str, Any] = field(default_factory=dict)


class ComparedCount(NamedTuple):
    """How many of what a condition compares."""

    number: int
    of_what: str


@dataclass(frozen=True)
class Measurements:
    """Everything that was measured, and what the report draws of it."""

    measured: Mapping[str, Measured]
    shares: Mapping[str, float]
    changes: Changes | None = None
    plots: Mapping[str, Any] = field(default_factory=dict)
    suite_page: Path | None = None


def measure(
    candidate: CandidateRows,
    live: Snapshot | None,
    bounds: Mapping[str, Bound],
    reports: Path,
) -> Measurements:
    """Measure the candidate by itself, then compared with live.

    The suite's own report goes into the folder `reports`.
    """
    frequency, example = candidate.staging.most_common_description()
    counts, live_shares = _over_live(candidate), _live_shares(live)
    rows = max(candidate.accepted, 1)
    shares = {name: count / rows for name, count in {**counts, "boilerplate": frequency}.items()}
    measured = _measure_alone(candidate, counts, shares, live_shares)
    boilerplate = max(0.0, shares["boilerplate"] - live_shares.get("boilerplate", 0.0))
    is_much = live is not None or frequency >= MUCH_BOILERPLATE
    measured["boilerplate"] = Measured(
        boilerplate, frequency, share_of_live=float(is_much), detail=example and f"as {example}"
    )
    measured["mapping-changed"] = mapping_changed(live, candidate.mapping)
    if live is None:
        not_compared = {name: Measured(None, detail=NOTHING_TO_COMPARE) for name in COMPARED}
        return Measurements(measured | not_compared, shares)
    changes, tables, lengths = Changes(), Tables(), LengthHistogram()
    for change in walk(live.path, candidate.content):
        changes.add(change)
        tables.add(change)
        lengths.add(change)
    measured |= _measure_changes(changes, bounds)
    measured["field-types-changed"] = types_changed(live, candidate.columns.schema)
    plots = {"lengths": lengths.to_json()}
    if changes.unchanged:
        measured |= {name: Measured(None, detail="nothing changed") for name in SUITE}
        return Measurements(measured, shares, changes, plots)
    page = reports / SUITE_PAGE
    measured |= _measure_suite(changes, tables, bounds, page)
    return Measurements(measured, shares, changes, plots, page if page.is_file() else None)


def _over_live(candidate: CandidateRows) -> dict[str, int]:
    """How many rows have what is compared with live's share of it."""
    warned = {name: candidate.warned[rule] for name, rule in OVER_LIVE.items()}
    return {**warned, "near-doubles": candidate.staging.repeated_description_count()}


def _live_shares(live: Snapshot | None) -> Mapping[str, float]:
    """The shares that live has of the same, as its own verdict wrote them down."""
    if live is None or not (live.path / VERDICT).is_file():
        return {}
    facts = Verdict.from_json((live.path / VERDICT).read_bytes(), live.path / VERDICT).facts
    shares: Mapping[str, float] = facts.get("shares", {})
    return shares


def _measure_alone(
    candidate: CandidateRows,
    counts: Mapping[str, int],
    shares: Mapping[str, float],
    live_shares: Mapping[str, float],
) -> dict[str, Measured]:
    measured = {
        "rows": Measured(candidate.accepted),
        "quarantined": _share(candidate.quarantined, candidate.read, _rules(candidate)),
        "dates-left-out": _share(
            candidate.dates_left_out, candidate.accepted, candidate.date_example
        ),
        "stale-repairs": Measured(candidate.warned["stale-repair"]),
    }
    measured |= field_measurements(candidate.columns, candidate.misfits)
    untitled, undescribed = candidate.staging.empty_counts()
    measured["titles-empty"] = _share(untitled, candidate.accepted)
    measured["descriptions-empty"] = _share(undescribed, candidate.accepted)
    for name, rows in counts.items():
        over = max(0.0, shares[name] - live_shares[name]) if name in live_shares else None
        measured[name] = Measured(over, rows)
    return measured


def _rules(candidate: CandidateRows) -> str:
    """What refused most rows: what to mend at the source."""
    counts = candidate.staging.refusal_counts()
    worst = sorted(counts, key=lambda rule: (-counts[rule], rule))[:3]
    return ", ".join(f"{rule} {counts[rule]:,}" for rule in worst)


def _measure_changes(changes: Changes, bounds: Mapping[str, Bound]) -> dict[str, Measured]:
    rows = {name: changes.counts[name] for name in ("removed", "added")}
    rows["emptied-or-cut"] = changes.emptied + changes.cut
    measured = {name: _share(number, changes.before) for name, number in rows.items()}
    for name, number, searched in (
        ("changed", changes.searched, True),
        ("other-fields-changed", changes.others, False),
    ):
        fields = changes.fields_text(searched=searched)
        measured[name] = _share(number, changes.before, fields)
    for name in FAULTS:
        example = changes.first_fault.get(name, "")
        measured[name] = _share(changes.faults[name], changes.before, example and f"as {example}")
    large, small = bounds["topic-loss"].least, bounds["small-topic-loss"].least
    measured["topic-loss"] = _topic_loss(changes, large)
    measured["small-topic-loss"] = _topic_loss(changes, small, large)
    return measured


def _measure_suite(
    changes: Changes, tables: Tables, bounds: Mapping[str, Bound], page: Path
) -> dict[str, Measured]:
    """What Deepchecks measures; it is asked only what has enough to compare."""
    counts = _compared_counts(changes, tables)
    checks = [name for name in SUITE if counts[name].number >= max(1, bounds[name].least)]
    page.unlink(missing_ok=True)
    results = run_suite(tables, checks, page) if checks else {}
    return {
        name: (
            _suite_measured(name, results[name], counts[name].number, changes.before)
            if name in results
            else _too_few(counts[name], bounds[name].least)
        )
        for name in SUITE
    }


def _suite_measured(
    name: str, result: Mapping[str, Any], compared: int, live_rows: int
) -> Measured:
    """The result of one check, with the share of live's rows that it concerns."""
    rows = result.get("rows")
    concerned = rows if name == "rewritten" else compared if name in DELTAS else None
    share_of_live = 1.0 if concerned is None else concerned / max(live_rows, 1)
    detail, broken = result.get("said", ""), result.get("broken", "")
    return Measured(result.get("value"), rows, compared, share_of_live, detail, broken)


def _too_few(count: ComparedCount, least: int) -> Measured:
    detail = (
        f"too few {count.of_what} to compare: {count.number:,}, and {least:,} would say something"
    )
    return Measured(None, of=count.number, detail=detail)


def _compared_counts(changes: Changes, tables: Tables) -> dict[str, ComparedCount]:
    """How many rows each condition of the suite compares, or values that it looks at in them."""
    rows, values = min(changes.before, changes.after), tables.compared()
    topics = ComparedCount(min(rows, values["topics"]), "topics")
    descriptions = ComparedCount(rows if values["descriptions"] else 0, "descriptions")
    return {
        "rewritten": ComparedCount(tables.pairs.seen, "changed texts"),
        "length-drift": descriptions,
        "topic-drift": topics,
        "new-topics": topics,
        "topic-variants": topics,
        "placeholders": descriptions,
        "duplicates": ComparedCount(rows, "rows"),
        "drift-of-arrivals": ComparedCount(
            changes.counts["added"] + changes.counts["changed"], "added and changed rows"
        ),
        "drift-of-removals": ComparedCount(changes.counts["removed"], "removed rows"),
    }


def _topic_loss(changes: Changes, least: int, under: float = math.inf) -> Measured:
    """The topic that lost most, of those with at least so many rows and under so many.

    Having any topic counts as a topic: small ones may all be lost together.
    """
    topics = {**changes.topics, ANY_TOPIC: changes.any_topic}
    sized = [topic for topic, change in topics.items() if least <= change.before < under]
    if not sized:
        most = "" if under == math.inf else f" to {under - 1:,}"
        return Measured(None, detail=f"no topic has {least}{most} rows")
    worst = max(sized, key=lambda topic: (topics[topic].loss, topic != ANY_TOPIC, topic))
    change = topics[worst]
    return Measured(change.loss, max(0, change.before - change.after), change.before, detail=worst)


def _share(rows: int, of: int, detail: str = "") -> Measured:
    return Measured(rows / max(of, 1), rows, detail=detail)
