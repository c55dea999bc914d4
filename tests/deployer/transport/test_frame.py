"""The frame around an answer, however its bytes come."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.transport.frame import ERRORS, OUTPUT, FramedStream, framed, heading, new_mark

MARK = "searchbar-0123456789abcdef"
NOISE = st.binary(max_size=200) | st.sampled_from(
    [b"\n", f"\n{MARK}".encode(), f"{MARK} begins".encode(), f"\n{MARK} ends x".encode()[:-3]]
)


def arriving(content: bytes, cuts: list[int]) -> Callable[[int], bytes]:
    """Receives these bytes in pieces, and then their end."""
    places = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
    pieces = [content[a:b] for a, b in pairwise(places)]
    return lambda _: pieces.pop(0) if pieces else b""


def read(content: bytes, cuts: list[int], kept: int = 0) -> FramedStream:
    stream = FramedStream(arriving(content, cuts), MARK, OUTPUT, (OSError,), kept)
    stream.await_end(time.monotonic() + 60)
    return stream


@settings(max_examples=150, deadline=None, derandomize=True)
@given(NOISE, st.binary(max_size=300), NOISE, st.integers(0, 255), st.lists(st.integers(0, 999)))
def test_what_stands_in_the_frame_is_the_answer(
    before: bytes, answer: bytes, after: bytes, code: int, cuts: list[int]
) -> None:
    frame = f"\n{MARK} begins\n".encode() + answer + f"\n{MARK} ends {code}\n".encode()
    stream = read(before + frame + after, cuts)
    assert (stream.content, stream.code) == (answer, code)
    assert stream.noise() == before
    line, end, _ = answer.partition(b"\n")
    assert stream.await_line(time.monotonic() + 60) == (line if end else b"")


@settings(max_examples=80, deadline=None, derandomize=True)
@given(NOISE, st.binary(max_size=300), st.lists(st.integers(0, 999)))
def test_what_does_not_end_is_no_answer(before: bytes, answer: bytes, cuts: list[int]) -> None:
    stream = read(before, cuts)
    assert (stream.has_begun, stream.code, stream.content) == (False, None, b"")
    stream = read(before + f"\n{MARK} begins\n".encode() + answer, cuts)
    assert (stream.has_begun, stream.code, stream.content) == (True, None, b"")


def test_of_complaints_the_end_is_kept_and_of_noise_the_beginning() -> None:
    content = b"x" * 5000 + f"\n{MARK} begins\n".encode() + b"y" * 5000 + b"the end"
    stream = read(content + f"\n{MARK} ends 3\n".encode(), list(range(0, 10_000, 700)), kept=1000)
    assert stream.content.endswith(b"y" * 100 + b"the end")
    assert len(stream.content) < 2000
    assert set(stream.noise()) == {ord("x")}
    assert len(stream.noise()) < 1000


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_runs_a_command_in_its_frame(shell: str) -> None:
    mark = new_mark()
    line = framed("""sh -c 'cat; printf "it'"'"'s $1"; echo no >&2; exit 9' sh 'a  b'""", mark)
    ended = subprocess.run([shell, "-c", line], input=heading(mark) + b"in\n", capture_output=True)
    output = FramedStream(arriving(ended.stdout, []), mark, OUTPUT, ())
    errors = FramedStream(arriving(ended.stderr, []), mark, ERRORS, ())
    for stream in (output, errors):
        stream.await_end(time.monotonic() + 60)
    assert (output.text(), output.code) == ("in\nit's a  b", 9)
    assert (errors.text(), errors.code) == ("no\n", 9)
    assert new_mark() != mark
