"""The table of what was tried holds each thing once, and nothing that only one run has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.refusals.tried import RECORD, page, tried


def test_nothing_is_written_unless_somebody_makes_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RECORD, raising=False)
    tried("kind", "what", 0, "well")
    record = tmp_path / "tried.jsonl"
    monkeypatch.setenv(RECORD, str(record))
    tried("kind", "what", 3, "step: done\nIt broke. Mend it.\n\n")
    tried("kind", "other", 0, "")
    rows = [json.loads(line) for line in record.read_text().splitlines()]
    assert rows == [
        {"kind": "kind", "what": "what", "code": 3, "sentence": "It broke. Mend it."},
        {"kind": "kind", "what": "other", "code": 0, "sentence": ""},
    ]


def test_a_thing_has_one_row_and_a_sentence_no_folder_of_one_run() -> None:
    rows: list[dict[str, object]] = [
        {"kind": "b", "what": "x", "code": 1, "sentence": "first"},
        {"kind": "b", "what": "x", "code": 2, "sentence": "/tmp/t/test_a0/a.toml: [k] | <b> *x*"},
        {"kind": "a", "what": "two\nlines \x1b[0m", "code": 0, "sentence": "y" * 999},
    ]
    head, line, first, second = page(rows, "/tmp/t").splitlines()
    assert (head.count("|"), line) == (5, "|---|---|--:|---|")
    assert first.startswith("| a | two lines \\x1b[0m | 0 | yyy")
    assert len(first) < 300
    assert second == r"| b | x | 2 | a.toml: [k] \| &lt;b> \*x\* |"
