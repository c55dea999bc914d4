"""Wrong usage, and what nobody can tell, of every verb; its other tests hold what else it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from release_format.cli import run_program
from searchbar.__main__ import PROGRAM

LINES = {
    "serve": ["stage"],
    "ask": ["stage", "lamp"],
    "batch": ["stage", "questions.jsonl", "--out", "answers"],
}


@pytest.fixture(autouse=True)
def _a_store_whose_channel_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (channel := tmp_path / "var/store/channels/stage").mkdir(parents=True)
    (channel / "00000001.json").write_text("{")
    monkeypatch.chdir(tmp_path)


def test_every_verb_is_here() -> None:
    assert LINES.keys() == PROGRAM.verbs.keys()


@pytest.mark.parametrize("verb", LINES)
def test_an_option_that_there_is_not_is_wrong_usage(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program("searchbar", PROGRAM.main, [verb, *LINES[verb], "--qick"]) == 2
    assert "unrecognized arguments: --qick. See `python -m searchbar" in capsys.readouterr().err


@pytest.mark.parametrize("verb", LINES)
def test_a_setting_that_cannot_be_is_wrong_usage(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEARCHBAR_QUEUE", "long")
    assert run_program("searchbar", PROGRAM.main, [verb, *LINES[verb]]) == 2
    assert "SEARCHBAR_QUEUE must be a whole number, not 'long'. Mend it." in capsys.readouterr().err


@pytest.mark.parametrize("verb", LINES)
def test_a_channel_that_cannot_be_read_is_could_not_tell(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program("searchbar", PROGRAM.main, [verb, *LINES[verb]]) == 3
    assert "Restore it from a copy." in capsys.readouterr().err
