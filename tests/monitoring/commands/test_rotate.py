"""`python -m monitoring rotate` and `forget`, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring.__main__ import main
from release_format.cli import run_program
from release_format.questions import LoggedQuestion, append, read
from release_format.questions.parts import Part, parts_of
from tests.release_format.questions.lines import ago


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    log = tmp_path / "questions.jsonl"
    lines = [
        LoggedQuestion("Jane  DOE, phone", "r", "a1"),
        LoggedQuestion("video", "r", "a2"),
        LoggedQuestion("video", "r", "a2", feedback={"kind": "bad", "reason": "ask jane doe"}),
        LoggedQuestion("audio", "r", "a3"),
    ]
    Part(ago(30), 1, log).jsonl.write_text("".join(each.to_line() for each in lines))
    append(log, LoggedQuestion("JANE doe", "r", "a4"))
    monkeypatch.setenv("SEARCHBAR_QUESTIONS", str(log))
    monkeypatch.setenv("SEARCHBAR_LOG", str(tmp_path / "run.jsonl"))
    return log


def typed(*arguments: str) -> int:
    return run_program("monitoring", lambda _: main(arguments), list(arguments))


def test_rotating_says_what_was_done(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert typed("rotate") == 0
    assert "parts written as Parquet: 1 (4 lines)" in capsys.readouterr().err
    (part,) = parts_of(log)
    assert part.parquet.exists()
    monkeypatch.setenv("SEARCHBAR_QUESTIONS_DAYS", "20")
    assert typed("rotate", "--keep", "0") == 0
    assert parts_of(log) == [part]
    assert typed("rotate") == 0
    assert "older than they may be: 1" in capsys.readouterr().err
    assert [each.question for each in read(log)] == ["JANE doe"]


def test_a_person_is_forgotten_by_their_words_or_by_a_request_id(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("forget", "--text", "jane doe") == 0
    assert "forgotten: 3 lines; parts written again: 2" in capsys.readouterr().err
    assert [each.question for each in read(log)] == ["video", "audio"]
    assert typed("forget", "--request-id", "a2") == 0
    assert [each.request_id for each in read(log)] == ["a3"]
    assert typed("forget", "--request-id", "a2") == 0
    assert "forgotten: 0 lines" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (["forget", "--text", " "], 2, "nothing would be named by that"),
        (["forget"], 2, "one of the arguments --request-id --text is required"),
        (["rotate", "--log", "nowhere/questions.jsonl"], 2, "No such file or directory"),
        (["rotate", "--log", "other.jsonl"], 2, "No such file or directory"),
        (["forget", "--log", "other.jsonl", "--text", "a"], 2, "Name the query log"),
    ],
)
def test_what_cannot_be_done_is_said(
    log: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    line: list[str],
    code: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(log.parent)
    assert typed(*line) == code
    assert sentence in capsys.readouterr().err


def test_a_part_that_cannot_be_read_is_exit_code_3(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Part(ago(60), 1, log).parquet.write_bytes(b"cut")
    assert typed("rotate") == 0
    assert typed("forget", "--text", "video") == 3
    assert "left as it is: " in (told := capsys.readouterr().err)
    assert "Put a whole copy there, or delete it." in told
    assert "video" not in [each.question for each in read(log)]
