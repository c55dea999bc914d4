"""A file that changes while it is watched: what is handed on, and what is told."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from searchbar.watched_file import WatchedFile


class Reader:
    """Keeps what it was handed; refuses what says so."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, float]] = []

    def __call__(self, content: bytes, written_at: float) -> None:
        if content.startswith(b"bad"):
            raise ValueError("it says bad")
        self.taken.append((content, written_at))


def written(path: Path, content: bytes, at: int) -> Path:
    path.write_bytes(content)
    os.utime(path, (at, at))
    return path


def watched(path: Path, *, before: str = "", absent: str = "") -> WatchedFile:
    return WatchedFile(path, "the list", remedy="Mend it.", before=before, absent=absent)


def test_a_file_is_handed_on_once_for_each_time_that_it_was_written(tmp_path: Path) -> None:
    path, reader = written(tmp_path / "list", b"one", 1), Reader()
    file = watched(path)
    for content, at in ((b"one", 1), (b"one", 5), (b"two", 5), (b"2", 5)):
        written(path, content, at)
        for _ in range(2):
            file.refresh(reader, wait=True)
    # A content of the same length with the same time cannot be told from the one before.
    assert reader.taken == [(b"one", 1.0), (b"one", 5.0), (b"2", 5.0)]


def test_what_was_written_just_now_is_looked_at_again(tmp_path: Path) -> None:
    path, reader = tmp_path / "list", Reader()
    path.write_bytes(b"one")
    now = path.stat()
    file = watched(path)
    file.refresh(reader, wait=True)
    path.write_bytes(b"two")
    os.utime(path, ns=(now.st_atime_ns, now.st_mtime_ns))
    file.refresh(reader, wait=True)
    assert [content for content, _ in reader.taken][-1] == b"two"


@pytest.mark.parametrize("accident", ["refused", "gone", "a folder", "too large"])
def test_an_accident_is_told_once_and_hands_nothing_on(
    tmp_path: Path, accident: str, server_log: pytest.LogCaptureFixture
) -> None:
    path, reader = written(tmp_path / "list", b"one", 1), Reader()
    file = WatchedFile(path, "the list", remedy="Mend it.", largest=4)
    file.refresh(reader, wait=True)
    path.unlink()
    if accident == "a folder":
        path.mkdir()
    elif accident != "gone":
        written(path, b"bad" if accident == "refused" else b"12345", 2)
    for _ in range(3):
        file.refresh(reader, wait=True)
    (told,) = [record.getMessage() for record in server_log.records]
    assert told.startswith(f"the list {path} {file.problem}; what it said before still holds. Mend")
    assert reader.taken == [(b"one", 1.0)]
    path.rmdir() if accident == "a folder" else path.unlink(missing_ok=True)
    written(path, b"two", 3)
    file.refresh(reader, wait=True)
    assert (file.problem, reader.taken[-1]) == ("", (b"two", 3.0))
    assert server_log.records[-1].getMessage() == f"the list {path} is read again."


def test_until_something_was_read_another_thing_holds_or_nothing_is_told(
    tmp_path: Path, server_log: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path / "list", b"bad", 1)
    silent, telling = watched(path), watched(path, before="nothing is on it")
    for file in (silent, telling):
        file.refresh(Reader(), wait=True)
        assert file.problem == "cannot be read (it says bad)"
    (told,) = [record.getMessage() for record in server_log.records]
    assert "; nothing is on it. Mend it." in told


def test_a_file_that_was_never_there_is_no_problem_where_that_may_be(
    tmp_path: Path, server_log: pytest.LogCaptureFixture
) -> None:
    file, reader = watched(tmp_path / "list", absent="there is no list yet."), Reader()
    for _ in range(2):
        file.refresh(reader, wait=True)
    assert ([r.getMessage() for r in server_log.records], file.problem) == (
        ["there is no list yet."],
        "",
    )
    written(tmp_path / "list", b"one", 1)
    file.refresh(reader, wait=True)
    (tmp_path / "list").unlink()
    file.refresh(reader, wait=True)
    assert "cannot be read" in file.problem


@pytest.mark.parametrize("wait", [True, False])
def test_one_thread_reads_and_another_waits_or_goes_on(tmp_path: Path, wait: bool) -> None:
    path = written(tmp_path / "list", b"one", 1)
    file, begun, go_on, reader = watched(path), threading.Event(), threading.Event(), Reader()

    def slow(content: bytes, written_at: float) -> None:
        begun.set()
        assert go_on.wait(30)
        reader(content, written_at)

    first = threading.Thread(target=file.refresh, args=(slow,), kwargs={"wait": True})
    first.start()
    assert begun.wait(30)
    second = threading.Thread(target=file.refresh, args=(reader,), kwargs={"wait": wait})
    second.start()
    if not wait:
        second.join(30)
        assert not second.is_alive(), "it goes on with what was there before"
        assert reader.taken == []
    go_on.set()
    first.join(30)
    second.join(30)
    assert reader.taken == [(b"one", 1.0)]
