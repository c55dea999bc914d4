"""Every ending of a program is one of the promised exit codes and one sentence."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from release_format.cli import Parser, Program, run_program
from release_format.config.table import ConfigError
from release_format.exit_codes import ProgramError, UsageError
from release_format.progress import progress


def raising(error: BaseException) -> Callable[[Sequence[str]], int]:
    def main(_: Sequence[str]) -> int:
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (UsageError("no such file. Give another."), 2, "no such file"),
        (ProgramError("it broke. Run it again."), 3, "it broke"),
        (ZeroDivisionError("division by zero"), 3, "could not tell"),
        (
            ModuleNotFoundError("No module named 'fsspec'", name="fsspec"),
            3,
            "Run it with .venv/bin/python (`make setup` makes that), or install the extra",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), 3, "disk is full"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_endings(
    error: BaseException, code: int, sentence: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("SEARCHBAR_LOG", str(tmp_path / "run.jsonl"))
    assert run_program("try", raising(error), []) == code
    printed = capsys.readouterr()
    assert sentence in printed.err
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


@pytest.mark.parametrize("text", ["\x1b[31mred\x07", "\u202eolleh", "back\x08\r", "\x9b2J"])
def test_no_refusal_commands_the_terminal(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program("try", raising(UsageError(f"{text} is no ä.\n\tMend it."))) == 2
    with pytest.raises(SystemExit):
        Parser(prog="try").parse_args([text])
    printed = capsys.readouterr().err
    assert repr(text)[1:-1] in printed
    assert "is no ä.\n\tMend it." in printed
    assert all(letter.isprintable() or letter in "\n\t" for letter in printed)


def test_progress_off_a_terminal_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress(range(3), 3, "Counting")) == [0, 1, 2]
    assert "Counting: 3 done" in capsys.readouterr().err


VERB = '''"""Greets somebody."""

EXAMPLE = "python -m greeter {verb} Ada"


def add_arguments(parser):
    parser.add_argument("name")


def run(options):
    print("{verb}", options.name)
    return 1
'''


@pytest.fixture
def greeter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    (commands := tmp_path / "greeter" / "commands").mkdir(parents=True)
    (commands.parent / "__init__.py").touch()
    (commands / "__init__.py").touch()
    for verb in ("hello", "good_bye"):
        (commands / f"{verb}.py").write_text(VERB.format(verb=verb))
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "greeter"]:
        monkeypatch.delitem(sys.modules, name)
    return Program("greeter", "Greets.", {"hello": "say hello", "good-bye": "say good-bye"})


def test_only_the_verb_that_is_typed_is_imported(
    greeter: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert greeter.main(["good-bye", "Ada"]) == 1
    assert capsys.readouterr().out == "good_bye Ada\n"
    assert "greeter.commands.good_bye" in sys.modules
    assert "greeter.commands.hello" not in sys.modules


def test_help_lists_every_verb_and_imports_none(
    greeter: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        greeter.main(["--help"])
    assert ended.value.code == 0
    assert "say hello" in (text := capsys.readouterr().out)
    assert "say good-bye" in text
    assert not [name for name in sys.modules if name.startswith("greeter.commands.")]


def test_the_help_of_a_verb_shows_its_example(
    greeter: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        greeter.main(["hello", "--help"])
    assert "python -m greeter hello Ada" in capsys.readouterr().out


def test_how_a_verb_ended_is_logged_even_where_the_parser_ended_it(
    greeter: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCHBAR_LOG", str(tmp_path / "run.jsonl"))
    lines = (["--help"], ["hello", "--help"], ["hello"], ["hello", "Ada"])
    assert [run_program("greeter", greeter.main, line) for line in lines] == [0, 0, 2, 1]
    events = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    ends = [(end["verb"], end["exit_code"]) for end in events if end["event"] == "end"]
    assert ends == [(line[:1], code) for line, code in zip(lines, [0, 0, 2, 1], strict=True)]


@pytest.mark.parametrize("arguments", [[], ["helo"], ["hello"]])
def test_a_verb_that_is_missing_unknown_or_incomplete_is_wrong_usage(
    greeter: Program, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        greeter.main(arguments)
    assert ended.value.code == 2
    assert "--help" in capsys.readouterr().err


def test_a_setting_that_no_program_knows_stops_every_verb(
    greeter: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEARCHBAR_RATE_LIMIT", "1")
    with pytest.raises(ConfigError, match="'SEARCHBAR_RATE_LIMIT' is no setting"):
        greeter.main(["hello", "Ada"])
    with pytest.raises(SystemExit) as ended:
        greeter.main(["hello", "--help"])
    assert ended.value.code == 0
    assert replace(greeter, lenient=["hello"]).main(["hello", "Ada"]) == 1
    assert capsys.readouterr().out.endswith("hello Ada\n")
