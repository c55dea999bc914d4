"""Reading the query log: parts of both kinds in order, then the live file, each line once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format.questions import LoggedQuestion, append, parquet, read
from release_format.questions.parquet import PartError
from release_format.questions.parts import Part, parts_of
from tests.release_format.questions.lines import ago, logged_questions


def asked(*texts: str) -> list[LoggedQuestion]:
    return [LoggedQuestion(text, hits=["vim"], filters={"topic": ["a"]}) for text in texts]


def as_lines(part: Part, *texts: str) -> None:
    part.jsonl.write_text("".join(each.to_line() for each in asked(*texts)))


def as_parquet(part: Part, *texts: str) -> None:
    assert parquet.write(part.parquet, asked(*texts)) == len(texts)


def texts(log: Path) -> list[str]:
    return [logged.question for logged in read(log)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Four parts and a live file."""
    log = tmp_path / "questions.jsonl"
    as_parquet(Part(ago(40), 1, log), "a", "b")
    as_parquet(Part(ago(40), 2, log), "c")
    as_lines(Part(ago(3), 1, log), "d")
    as_lines(Part(ago(3), 10, log), "e")
    append(log, LoggedQuestion("f"))
    return log


def test_parts_are_read_in_order_of_time_and_then_the_live_file(log: Path) -> None:
    assert texts(log) == ["a", "b", "c", "d", "e", "f"]
    log.unlink()
    assert texts(log) == ["a", "b", "c", "d", "e"]


def test_a_part_that_is_lines_and_parquet_is_read_once(log: Path) -> None:
    as_lines(parts_of(log)[0], "a", "b")
    as_parquet(parts_of(log)[2], "d")
    parts_of(log)[3].parquet.write_bytes(b"an end in the middle")
    assert texts(log) == ["a", "b", "c", "d", "e", "f"]


def test_files_that_only_look_like_parts_are_none(log: Path) -> None:
    for name in (
        "questions-2026-13-45-001.jsonl",
        "questions-2026-01-01-1.jsonl",
        "questions-2026-01-01-001.jsonl.gz",
        ".questions-2026-01-01-001.parquet.draft",
        "other-2026-01-01-001.jsonl",
        "questionsquestions-2026-01-01-001.jsonl",
    ):
        (log.parent / name).write_text("what?\n")
    assert texts(log) == ["a", "b", "c", "d", "e", "f"]


def test_what_is_not_there_is_an_error_and_a_part_deleted_meanwhile_is_none(log: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(read(log.parent / "other.jsonl"))
    with pytest.raises(OSError):
        next(read(log.parent))
    reading = read(log)
    assert next(reading).question == "a"
    for part in parts_of(log)[1:]:
        part.delete()
    assert [each.question for each in reading] == ["b", "f"]


def test_parts_that_ended_before_are_not_opened(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert [each.question for each in read(log, ago(7))] == ["d", "e", "f"]
    assert not capsys.readouterr().err
    assert texts(log) == ["d", "e", "f"]
    told = capsys.readouterr().err
    assert "2 parts of the query log could not be read and were passed over" in told
    assert "pyarrow is not installed here" in told


def test_a_part_becomes_parquet_while_it_is_read_and_is_read_once(log: Path) -> None:
    reading = read(log)
    assert [next(reading).question for _ in range(3)] == ["a", "b", "c"]
    part = parts_of(log)[3]
    as_parquet(part, "e")
    part.jsonl.unlink()
    assert [each.question for each in reading] == ["d", "e", "f"]


def broken(whole: bytes) -> Iterator[tuple[str, bytes]]:
    yield "empty", b""
    yield "cut", whole[: len(whole) // 2]
    yield "one byte short", whole[:-1]
    yield "headless", whole[10:]
    yield "another format", b"PK\x03\x04" + whole
    yield "lines", b'{"question": "a"}\n'
    middle = len(whole) // 5
    yield "changed within", whole[:middle] + bytes(60) + whole[middle + 60 :]


def test_a_part_that_is_not_whole_is_passed_over_and_said_in_a_sentence(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = parts_of(log)[0]
    as_parquet(part, *(f"question number {n} of many" for n in range(500)))
    for name, content in broken(part.parquet.read_bytes()):
        part.parquet.write_bytes(content)
        assert texts(log)[-4:] == ["c", "d", "e", "f"], name
        told = capsys.readouterr().err
        assert told.count("\n") == 1, name
        assert "1 part of the query log could not be read and was passed over" in told, name
        assert part.parquet.name in told, name


def test_rows_of_foreign_parquet_are_passed_over(log: Path) -> None:
    part = parts_of(log)[0]
    table = pyarrow.table(
        {
            "question": ["whole", None, "odd filters", "odd hits"],
            "filters": ["{}", "{}", "{", "{}"],
            "feedback": ["{}", "{}", "{}", "[]"],
            "of_tomorrow": [1, 2, 3, 4],
        }
    )
    pyarrow.parquet.write_table(table, part.parquet)
    assert texts(log) == ["whole", "c", "d", "e", "f"]
    pyarrow.parquet.write_table(pyarrow.table({"question": [1, 2]}), part.parquet)
    assert texts(log) == ["c", "d", "e", "f"]
    pyarrow.parquet.write_table(pyarrow.table({"other": ["a"]}), part.parquet)
    assert texts(log) == ["c", "d", "e", "f"]


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.lists(logged_questions(), max_size=6))
def test_parquet_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, logged: list[LoggedQuestion]
) -> None:
    path = tmp_path_factory.mktemp("parquet") / "part.parquet"
    assert parquet.write(path, logged) == len(logged)
    assert list(parquet.rows(path)) == logged
    columns = pyarrow.parquet.ParquetFile(path)
    assert columns.metadata.num_rows == len(logged)
    if logged:
        assert columns.metadata.row_group(0).column(0).compression == "ZSTD"


def test_half_a_letter_becomes_a_mark(tmp_path: Path) -> None:
    """JSON can write it, and a visitor's browser may send it."""
    path = tmp_path / "part.parquet"
    parquet.write(path, [LoggedQuestion("a\ud800b", hits=["\udfff"], feedback={"id": "\ud800"})])
    (read_back,) = parquet.rows(path)
    assert (read_back.question, read_back.hits) == ("a?b", ["?"])


def test_without_pyarrow_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(PartError, match="pyarrow is not installed"):
        parquet.write(tmp_path / "part.parquet", asked("a"))
    assert not [*tmp_path.iterdir()]
