"""Wrong usage of any verb: exit code 2, and a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_checks.__main__ import main
from release_format.cli import run_program


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "arguments are required"),
        (["admit", "nowhere.csv"], 2, "there is no catalogue"),
        (["admit", ".", "--columns", "id"], 2, "should read like"),
        (["diff", "aaaaaaaa", "bbbbbbbb"], 2, "neither a release nor a snapshot"),
        (["admit", "postgresql://joe:hunter2@host/db"], 2, "leave the password out"),
        (["admit", ".", "--livee", "x"], 2, "unrecognized arguments"),
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
