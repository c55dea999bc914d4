"""The live file: parts are made of it when they are due, and no line is lost or doubled by it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from release_format.questions import LoggedQuestion, append, live, read
from release_format.questions.live import finish, finish_now, settle
from release_format.questions.parts import Part, parts_of, today
from tests.release_format.questions.lines import ago, set_day


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def texts(log: Path) -> list[str]:
    return [logged.question for logged in read(log)]


def test_the_first_question_of_a_day_makes_a_part_of_those_before(tmp_path: Path) -> None:
    log = tmp_path / "questions.jsonl"
    append(log, LoggedQuestion("yesterday"))
    append(log, LoggedQuestion("late yesterday"))
    assert names(tmp_path) == ["questions.jsonl"]
    set_day(log, ago(1))
    append(log, LoggedQuestion("today"))
    assert names(tmp_path) == [f"questions-{ago(1)}-001.jsonl", "questions.jsonl"]
    assert texts(log) == ["yesterday", "late yesterday", "today"]


def test_a_large_file_is_a_part_before_its_day_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "questions.jsonl"
    monkeypatch.setattr(live, "LARGEST_PART", 600)
    asked = [f"question {n}" for n in range(12)]
    for text in asked:
        append(log, LoggedQuestion(text))
    assert len(parts_of(log)) >= 3
    assert {part.day for part in parts_of(log)} == {today()}
    assert [part.number for part in parts_of(log)] == [*range(1, len(parts_of(log)) + 1)]
    assert texts(log) == asked


def test_parts_that_are_older_than_they_may_be_go_with_the_day(tmp_path: Path) -> None:
    log = tmp_path / "questions.jsonl"
    for days in (31, 30, 1):
        Part(ago(days), 1, log).jsonl.write_text(LoggedQuestion(f"{days}").to_line())
    Part(ago(500), 7, log).parquet.write_bytes(b"any")
    kept_forever = tmp_path / "questions-1999-12-31.jsonl"
    kept_forever.write_text("no part of it")
    append(log, LoggedQuestion("a"), 30)
    assert len(parts_of(log)) == 4, "nothing was due"
    set_day(log, ago(2))
    append(log, LoggedQuestion("b"), 30)
    assert [(part.day, part.number) for part in parts_of(log)] == [
        (ago(30), 1), (ago(2), 1), (ago(1), 1),
    ]  # fmt: skip
    assert kept_forever.exists()
    set_day(log, ago(2))
    append(log, LoggedQuestion("c"), 0)
    assert len(parts_of(log)) == 4


WRITER = """
import sys
from pathlib import Path
from release_format.questions import LoggedQuestion, append
log, name, many = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for n in range(many):
    append(log, LoggedQuestion(f"{name} {n}", hits=["x" * 200]))
"""
MANY = 400


def test_servers_write_while_parts_are_made_and_no_line_is_lost(tmp_path: Path) -> None:
    log = tmp_path / "questions.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(log), name, str(MANY)])
        for name in ("blue", "green", "another")
    ]
    made: list[Part] = []
    reading: list[int] = []
    while any(writer.poll() is None for writer in writers):
        if log.exists() and (part := finish_now(log)):
            settle(part)
            made.append(part)
            size = part.jsonl.stat().st_size
            reading.append(len(texts(log)))
            assert part.jsonl.stat().st_size == size, "nobody writes into a settled part"
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert made, "at least one part was made while they wrote"
    assert reading == sorted(reading), "a reader misses none that another saw"
    asked = Counter(texts(log))
    assert len(asked) == 3 * MANY
    assert set(asked.values()) == {1}


def test_threads_of_one_server_make_one_part(tmp_path: Path) -> None:
    log = tmp_path / "questions.jsonl"
    append(log, LoggedQuestion("yesterday"))
    set_day(log, ago(1))
    threads = [
        threading.Thread(target=append, args=(log, LoggedQuestion(f"{n}"))) for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(parts_of(log)) == 1
    assert sorted(texts(log)) == sorted(["yesterday", *map(str, range(16))])


def test_nothing_is_made_of_nothing_and_what_is_held_is_left(tmp_path: Path) -> None:
    log = tmp_path / "questions.jsonl"
    assert finish(log, early=True) is None
    assert finish_now(log) is None
    log.touch()
    set_day(log, ago(3))
    assert finish(log) is None
    append(log, LoggedQuestion("a"))
    assert finish(log) is None
    with log.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        assert finish(log, early=True) is None
        set_day(log, ago(1))
        append(log, LoggedQuestion("b"))
    assert names(tmp_path) == ["questions.jsonl"]
    assert texts(log) == ["a", "b"]


def test_a_part_that_a_stopped_server_holds_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_PATIENCE", 0.05)
    log = tmp_path / "questions.jsonl"
    append(log, LoggedQuestion("a"))
    with log.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        with pytest.raises(OSError, match="held by another"):
            finish_now(log)
        fcntl.flock(held, fcntl.LOCK_UN)
        part = finish_now(log)
        assert part
        fcntl.flock(held, fcntl.LOCK_SH)
        with pytest.raises(BlockingIOError):
            settle(part)
        fcntl.flock(held, fcntl.LOCK_UN)
        settle(part)


def test_a_line_that_the_disk_takes_in_part_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, line: write(handle, line[:10]))
    with pytest.raises(OSError, match="No space left"):
        append(tmp_path / "questions.jsonl", LoggedQuestion("a"))
