"""Every ending of a program is one of the promised exit codes and one sentence."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from release_format.program import Parser, ProgramError, UsageError, progress, run_program


def raising(error: BaseException) -> Callable[[Sequence[str]], int]:
    def main(_: Sequence[str]) -> int:
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("no such file. Give another."), 2, "no such file"),
        (ProgramError("it broke. Run it again."), 3, "it broke"),
        (ZeroDivisionError("division by zero"), 3, "could not tell"),
        (OSError(errno.ENOSPC, "No space left on device"), 3, "disk is full"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_endings(
    error: BaseException, code: int, said: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("SEARCHBAR_LOG", str(tmp_path / "run.jsonl"))
    assert run_program("try", raising(error), []) == code
    printed = capsys.readouterr()
    assert said in printed.err
    assert "Traceback" not in printed.err
    assert not printed.out
    events = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert events[-1]["exit_code"] == code
    assert len({event["run"] for event in events}) == 1


def test_wrong_usage_exits_2_and_says_where_help_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        Parser(prog="try", example="try it").parse_args(["--nonsense"])
    assert ended.value.code == 2
    assert "try --help" in capsys.readouterr().err


def test_progress_off_a_terminal_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress(range(3), 3, "Counting")) == [0, 1, 2]
    assert "Counting: 3 done" in capsys.readouterr().err
