"""Each rule finds its fault, leaves ordinary rows alone, and acts as thresholds.toml says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from data_checks.errors import CatalogueError
from data_checks.gate.thresholds import read_thresholds
from data_checks.rows import schema
from data_checks.rows.rules import RULES, Action, JudgedRow, judge_rows
from data_checks.sources.csv_pair import ORPHAN
from data_checks.sources.row import Row

ACTIONS = read_thresholds().rules
GOOD: dict[str, Any] = {
    "id": "a",
    "title": "Anvil",
    "description": "A block to forge iron on.",
    "topics": ["tools"],
}
GERMAN = (
    "Der Amboss ist ein schwerer Block aus Stahl, auf dem der Schmied das glühende Eisen mit dem"
    " Hammer formt."
)
ENGLISH = (
    "The anvil is a heavy block of steel on which the smith shapes the glowing iron with his"
    " hammer."
)


def judged(
    row: dict[str, Any], broken: str = "", actions: dict[str, Action] | None = None
) -> JudgedRow:
    (judged_row,) = judge_rows([Row("line 2", row, broken)], {**ACTIONS, **(actions or {})})
    return judged_row


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "row-shape": ({}, "has 3 fields"),
    ORPHAN: ({"id": "z", "topic": "ghosts"}, ORPHAN),
    "id-missing": ({"id": " "}, ""),
    "id-shape": ({"id": "x" * 201}, ""),
    "utf-8": ({"description": "caf\udce9"}, ""),
    "text-missing": ({"title": "", "description": None}, ""),
    "control-characters": ({"title": "An\x1bvil"}, ""),
    "bidi-characters": ({"title": "An\u202evil"}, ""),
    "mojibake": ({"description": "a cafÃ© au lait"}, ""),
    "too-long": ({"title": "x" * 1_001}, ""),
    "url-shape": ({"url": "javascript:alert(1)"}, ""),
    "topic-shape": ({"topics": ["x" * 101]}, ""),
    "secret": ({"description": "key AKIAABCDEFGHIJKLMNOP here"}, ""),
    "email-address": ({"description": "Write to ada@example.org today."}, ""),
    "html-leftovers": ({"description": "A <b>block</b>&nbsp;of iron."}, ""),
    "empty-title": ({"title": ""}, ""),
    "ftp-url": ({"url": "ftp://ftp.example/anvil"}, ""),
    "http-picture": ({"image_url": "http://shop.example/anvil.jpg"}, ""),
    "date-in-future": ({"updated_at": "2999-01-01"}, ""),
    "language-mismatch": ({"language": "en", "description": GERMAN}, ""),
    "image-url-shape": ({"image_url": "anvil.jpg"}, ""),
    "language-shape": ({"language": "English, mostly"}, ""),
    "date-shape": ({"updated_at": "yesterday"}, ""),
}


@pytest.mark.parametrize("rule", BAD)
def test_a_rule_finds_its_fault_and_no_other_does(rule: str) -> None:
    row, broken = BAD[rule]
    judged_row = judged({**GOOD, **row} if not broken else row, broken)
    findings = [
        *judged_row.repaired,
        *judged_row.warned,
        *([judged_row.refused] if judged_row.refused else []),
    ]
    assert [finding.rule for finding in findings] == [rule]
    assert bool(judged_row.refused) == (ACTIONS[rule] is Action.REJECT)
    assert bool(judged_row.repaired) == (ACTIONS[rule] is Action.REPAIR)


def test_every_rule_has_its_fault() -> None:
    found_by_staging = {"double-id", "identical-copy", "exact-duplicate"}
    assert set(BAD) | found_by_staging == set(RULES)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"title": "null", "description": "NA"},
        {"description": "Naïve café, “quotes”, 日本語, עברית, emoji 👩‍🔬 and Ã Â as letters."},
        {"description": "Shows \ufffd where a font has no letter: “\ufffd”."},
        {"description": "if a < b && c > d; use &stuff and List<String>"},
        {"description": "Tab\there\nand a second line."},
        {"description": "postgresql://user:password@host is how an address looks"},
        {"url": "https://example.org/a(b)?c=d#e", "image_url": "https://x.example/ä.png"},
        {"updated_at": "2024-02-29T12:30:00+02:00"},
        {"language": "zh-Hant"},
        {"language": "en", "description": ENGLISH},
        {"language": "de", "description": GERMAN},
        {"language": "en", "description": "Kurz."},
    ],
)
def test_an_ordinary_row_is_left_alone(row: dict[str, Any]) -> None:
    judged_row = judged({**GOOD, **row})
    assert (judged_row.refused, judged_row.repaired, judged_row.warned) == (None, [], [])


def test_a_repair_changes_only_what_it_must() -> None:
    before = judged(GOOD).item
    assert judged({**GOOD, "updated_at": "yesterday"}).item == before
    assert judged({**GOOD, "image_url": "x"}).item == before
    assert judged({**GOOD, "title": "\u200bAn\u202evil\ufeff"}).item == before


def test_a_setting_turns_a_rule() -> None:
    row, _ = BAD["email-address"]
    assert not judged({**GOOD, **row}, actions={"email-address": Action.OFF}).warned
    refused = judged({**GOOD, **row}, actions={"email-address": Action.REJECT}).refused
    assert refused
    assert "ada@" not in refused.reason


def test_a_secret_is_never_repeated() -> None:
    for row, secret in (
        (BAD["secret"][0], "AKIA"),
        ({"url": "https://joe:hunter2@shop.example"}, "hunter2"),
    ):
        refused = judged({**GOOD, **row}).refused
        assert refused
        assert refused.rule == "secret"
        assert secret not in refused.reason


def test_a_name_for_a_nameless_row_does_not_depend_on_its_place() -> None:
    row = {"title": "No id", "description": "Text"}
    first, second = (
        replace(judged(row), row=Row(place, row)).name for place in ("line 2", "line 99")
    )
    assert first == second
    assert first != judged({**row, "title": "No id!"}).name


def test_a_rule_that_breaks_instead_of_answering_accepts_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schema, "topics_fit", lambda _: 1 / 0)
    with pytest.raises(CatalogueError, match=r"topic-shape.* could not be asked\. Report this"):
        judged(GOOD)


@pytest.mark.parametrize(("text", "rule"), [("a\ud800", "utf-8"), ("a\0", "control-characters")])
def test_lists_of_a_column_of_its_own_are_looked_into(text: str, rule: str) -> None:
    for own in ({"tags": ["fine", text]}, {"tag": text}, {text: "fine"}):
        refused = judged({**GOOD, **own}).refused
        assert refused is not None
        assert refused.rule == rule
