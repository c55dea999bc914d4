"""Harmless days pass and bad days are refused or warned of, whatever the catalogue's size."""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from data_checks.comparison import measure
from data_checks.comparison.tables import Tables
from tests.data_checks.conftest import Admit, Admitted
from tests.data_checks.gate_days import BAD, HARMLESS, NAMED, before
from tests.data_checks.library import write_jsonl

SIZES = (300, 600, 3_000)
PROOF = Path(__file__).parents[2] / "docs/proofs/gate_days.md"


@pytest.fixture
def blind_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite that sees nothing: what is told is told by exact comparison."""

    def run_suite(tables: Tables, checks: Sequence[str], page: Path) -> dict[str, dict[str, Any]]:
        return {name: {"value": 0.0} for name in checks}

    monkeypatch.setattr(measure, "run_suite", run_suite)


def judged(name: str, size: int, admit: Admit, folder: Path, live: str = "") -> Admitted:
    rows = before(size)
    live = live or admit(write_jsonl(folder / "live.jsonl", rows)).id
    day = {**HARMLESS, **BAD}[name](rows, random.Random(7))
    return admit(write_jsonl(folder / "next.jsonl", day), live=live)


def told(answer: Admitted) -> dict[str, str]:
    """What was refused or warned of, with what was seen."""
    verdict = answer.verdict
    return {c.name: c.seen for c in (*verdict.refusals(), *verdict.warnings())}


@pytest.mark.usefixtures("blind_suite")
@pytest.mark.parametrize(
    ("day", "field"),
    [("stock of all", "stock"), ("a new column", "price"), ("http to https", "url")],
)
def test_fields_that_are_not_searched_only_warn(
    day: str, field: str, admit: Admit, tmp_path: Path
) -> None:
    answer = judged(day, 300, admit, tmp_path)
    assert answer.code == 0, answer.stderr
    assert told(answer) == {"other-fields-changed": f"100 % (300 rows): {field} 300"}


@pytest.mark.usefixtures("blind_suite")
@pytest.mark.parametrize(
    ("day", "condition", "code"),
    [
        ("titles lost", "titles-lost", 1),
        ("titles are ids", "titles-are-ids", 1),
        ("swapped", "titles-swapped", 1),
        ("question marks", "letters-lost", 1),
        ("prices as texts", "descriptions-replaced", 0),
        ("advertisements", "descriptions-replaced", 0),
        ("near-doubles", "near-doubles", 0),
        ("links crossed", "links-moved", 0),
        ("a topic lost", "small-topic-loss", 0),
        ("dates unreadable", "dates-left-out", 0),
    ],
)
def test_a_bad_day_is_told_by_its_name(
    day: str, condition: str, code: int, admit: Admit, tmp_path: Path
) -> None:
    answer = judged(day, 300, admit, tmp_path)
    assert answer.code == code, answer.stderr
    assert condition in told(answer), answer.stderr


@pytest.mark.usefixtures("blind_suite")
def test_dates_that_are_none_are_told_with_an_example(admit: Admit, tmp_path: Path) -> None:
    seen = told(judged("dates unreadable", 300, admit, tmp_path))["dates-left-out"]
    assert seen.startswith("100 % (300 rows): as book-00000: ")
    assert "week 01 of 2026" in seen


@pytest.mark.proof
@pytest.mark.usefixtures("warm_suite")
def test_harmless_days_pass_and_bad_days_are_told(admit: Admit, tmp_path: Path) -> None:
    lines, blocked, silent = [], dict.fromkeys(SIZES, 0), dict.fromkeys(SIZES, 0)
    for size in SIZES:
        live = admit(write_jsonl(tmp_path / "live.jsonl", before(size))).id
        for name in (*HARMLESS, *BAD):
            answer = judged(name, size, admit, tmp_path, live)
            names = ", ".join(told(answer)) or "–"
            blocked[size] += name in HARMLESS and answer.code != 0
            silent[size] += name in BAD and not NAMED[name] & told(answer).keys()
            kind = "harmless" if name in HARMLESS else "bad"
            says = {0: "yes", 1: "no"}.get(answer.code, "could not tell")
            lines.append(f"| {size:,} | {kind} | {name} | {says} | {names} |")
    PROOF.write_text(page(lines, blocked, silent), encoding="utf-8")
    assert all(number <= 1 for number in blocked.values()), blocked
    assert all(number <= 3 for number in silent.values()), silent


def page(lines: Sequence[str], blocked: dict[int, int], silent: dict[int, int]) -> str:
    totals = [
        f"- {size:,} rows: {blocked[size]} of {len(HARMLESS)} harmless days blocked,"
        f" {len(BAD) - silent[size]} of {len(BAD)} bad days refused or warned of by name"
        for size in SIZES
    ]
    day = datetime.datetime.now(datetime.UTC).date()
    head = (
        f"Written by `make proof` (tests/data_checks/test_gate_days.py) on {day}: a made-up library"
        " and what a day\nmade of it, judged by the whole data gate, Deepchecks included.\n\n"
        "Words: the [glossary](../glossary.md)."
    )
    columns = "| rows | kind | day | gate | refused or warned of by |\n|--:|---|---|---|---|"
    return "\n".join(["# Days at the data gate", "", head, "", *totals, "", columns, *lines, ""])
