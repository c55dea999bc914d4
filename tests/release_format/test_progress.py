"""Lines for the person at a console: no wider than it is, whole, and free of commands."""

from __future__ import annotations

import io
import os
import pty
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format.progress import (
    NARROWEST,
    before_each_line,
    console_width,
    progress,
    say,
    saying_before_each_line,
    wrapped,
)

WORDS = st.lists(st.text("abc-é./", min_size=1, max_size=30), min_size=1, max_size=40)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(WORDS, st.integers(NARROWEST, 120), st.integers(0, 6))
def test_no_line_is_wider_than_the_console_and_no_word_is_lost(
    words: list[str], width: int, indent: int
) -> None:
    lines = wrapped(" " * indent + " ".join(words), width).split("\n")
    assert all(len(line) <= width for line in lines)
    assert " ".join(lines).split() == words
    assert all(line.startswith(" " * (indent + 2)) for line in lines[1:])


def test_a_word_that_is_wider_stays_whole() -> None:
    path = "/a/" + "long-" * 30
    assert wrapped(f"Report: {path}", 40).split() == ["Report:", path]


def test_where_nobody_reads_a_console_lines_stay_as_long_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    say("word " * 60)
    assert capsys.readouterr().err.count("\n") == 1
    for columns in ("", "x", "-3", "1", "²"):
        monkeypatch.setenv("COLUMNS", columns)
        assert console_width(io.StringIO()) == 0


def test_what_goes_before_each_line_goes_before_each_piece_of_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    with saying_before_each_line("rehearsal: "):
        say("word " * 30 + "\nanother")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 3
    assert all(line.startswith("rehearsal: ") and len(line) <= 60 for line in lines)
    assert before_each_line("a\nb") == "a\nb"


def test_lines_of_threads_never_stand_in_one() -> None:
    told = io.StringIO()
    texts = [f"{n} {'x' * 200}" for n in range(8)]

    def often(text: str) -> None:
        for _ in range(200):
            say(text)

    before, sys.stderr = sys.stderr, told
    try:
        threads = [threading.Thread(target=often, args=[text]) for text in texts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.stderr = before
    assert sorted(set(told.getvalue().splitlines())) == texts


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar moves the cursor, which it cannot."""
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delenv("COLUMNS", raising=False)
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert list(progress(range(3), 3, "counting")) == [0, 1, 2]
        monkeypatch.undo()
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert shown.startswith("counting: 3 done in ")
    assert "\x1b" not in shown
