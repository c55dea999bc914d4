"""`diff` prints what changed, for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data_checks.__main__ import main
from tests.data_checks.conftest import Admit
from tests.data_checks.library import library, write_jsonl


def test_diff_says_what_changed(
    admit: Admit, small_live: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = library(190)[1:]
    rows[0]["title"] = "Another\u2067 title"
    answer = admit(write_jsonl(tmp_path / "c.jsonl", rows), live=small_live)
    arguments = ["diff", str(small_live), answer.id, "--store", str(tmp_path / "store")]
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert "removed 1 · changed 1" in text
    assert "- book-00000" in text
    assert "Another\\u2067 title" in text or "Another title" in text
    assert main([*arguments, "--json"]) == 0
    changes = json.loads(capsys.readouterr().out)
    assert (changes["removed"], changes["changed"], changes["fields"]) == (1, 1, {"title": 1})
