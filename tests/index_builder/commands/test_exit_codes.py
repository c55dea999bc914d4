"""Wrong usage, and what nobody can tell, of every verb; its other tests hold what else it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_builder.__main__ import PROGRAM
from release_format.cli import run_program

JUDGED = '{"id": "q1", "question": "lamp", "relevant": {"a": 1}}\n'
LINES = {
    "build": ["stage"],
    "evaluate": ["stage", "--judgments", "judged.jsonl"],
    "compare": ["stage", "stage"],
    "tune": ["stage", "--judgments", "judged.jsonl"],
    "ledger": ["alias", "stage"],
}


@pytest.fixture(autouse=True)
def _a_store_whose_channel_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (channel := tmp_path / "var/store/channels/stage").mkdir(parents=True)
    (channel / "00000001.json").write_text("{")
    (tmp_path / "judged.jsonl").write_text(JUDGED)
    monkeypatch.chdir(tmp_path)


def test_every_verb_is_here() -> None:
    assert LINES.keys() == PROGRAM.verbs.keys()


@pytest.mark.parametrize("verb", LINES)
def test_an_option_that_there_is_not_is_wrong_usage(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program("index_builder", PROGRAM.main, [verb, *LINES[verb], "--qick"]) == 2
    assert "unrecognized arguments: --qick. See `python -m index" in capsys.readouterr().err


@pytest.mark.parametrize("verb", LINES)
def test_a_channel_that_cannot_be_read_is_could_not_tell(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program("index_builder", PROGRAM.main, [verb, *LINES[verb]]) == 3
    assert "Restore it from a copy." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["build", "latest", "--rules", "none.toml"], "Give a file that is there"),
        (["compare", "a", "b", "--questions", "none.txt"], "Name a log, or a file of questions."),
        (["evaluate", "a", "--judgments", "none"], "Name a judged file or a BEIR folder."),
        (["tune", "a", "--trials", "0"], "Give --trials 50, for example."),
        (["ledger", "send"], "Unset that to send."),
        (["ledger", "alias", "moon"], "run `make build` first."),
    ],
)
def test_wrong_usage_says_what_to_do(
    line: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program("index_builder", PROGRAM.main, line) == 2
    assert says in capsys.readouterr().err


def test_tuning_without_its_library_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert run_program("index_builder", PROGRAM.main, ["tune", *LINES["tune"]]) == 2
    assert 'Install the extra "train".' in capsys.readouterr().err
