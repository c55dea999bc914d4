"""Wrong usage of any verb: exit code 2, and a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_checks.__main__ import main
from release_format.cli import run_program
from tests.data_checks.library import library, write_jsonl


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "arguments are required"),
        (["admit", "nowhere.csv"], 2, "there is no catalogue"),
        (["admit", ".", "--columns", "id"], 2, "should read like"),
        (["diff", "aaaaaaaa", "bbbbbbbb"], 2, "neither a release nor a snapshot"),
        (["admit", "postgresql://joe:hunter2@host/db"], 2, "leave the password out"),
        (["admit", ".", "--livee", "x"], 2, "unrecognized arguments"),
        (["admit", "postgresql://db:port/shop"], 2, "Write postgresql://user@host:5432/name."),
        (["pull"], 2, "Give an address, or put it into SEARCHBAR_SOURCE."),
        (["pull", "postgresql://me@db/shop", "--query", "no.sql"], 2, "Check the name."),
    ],
)
def test_wrong_usage_says_what_to_do(
    arguments: list[str],
    code: int,
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_program("data_checks", main, arguments) == code
    stderr = capsys.readouterr().err
    assert sentence in stderr
    assert "hunter2" not in stderr


def test_what_a_broken_store_or_machine_has_is_could_not_tell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (channel := tmp_path / "store/channels/stage").mkdir(parents=True)
    (channel / "00000001.json").write_text("{")
    line = ["diff", "stage", "latest", "--store", str(tmp_path / "store")]
    assert run_program("data_checks", main, line) == 3
    assert "Restore it from a copy." in capsys.readouterr().err
    monkeypatch.setenv("PATH", "/nowhere")
    assert run_program("data_checks", main, ["pull", "debian"]) == 3
    assert "Use the catalogue `debian` on Debian or Ubuntu." in capsys.readouterr().err


def test_a_file_is_pulled_and_its_digest_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_jsonl(tmp_path / "books.jsonl", library(3))
    assert run_program("data_checks", main, ["pull", str(path)]) == 0
    digest = capsys.readouterr().out.strip()
    assert digest in (tmp_path / "catalogue/pin.toml").read_text()
