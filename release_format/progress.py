"""Console output: lines for the person, and the progress of long work."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

from release_format.secrets.redaction import redacted

T = TypeVar("T")
# A narrower console is none.
NARROWEST = 40
# All but tab and line end; the last ones turn the direction of reading.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


_before_each_line = ""


def say(text: str) -> None:
    """Print a line for the person at the console; standard output is left to the answer."""
    if sys.stderr is None:  # closed: print would take standard output in its place
        return
    # That nobody listens stops no work.
    with contextlib.suppress(BrokenPipeError):
        shown = before_each_line(printable(redacted(text)), console_width(sys.stderr))
        # At once: threads say something too, and never two of them in one line.
        sys.stderr.write(f"{shown}\n")
        sys.stderr.flush()


def show(text: str) -> None:
    """Print what was asked for, for a person; a machine asks for JSON."""
    print(wrapped(printable(text), console_width(sys.stdout)))


def before_each_line(text: str, width: int = 0) -> str:
    """The text, at most so wide, with what is said before each line just now."""
    room = max(0, width - len(_before_each_line))
    lines = wrapped(text, room).split("\n")
    return "\n".join(f"{_before_each_line}{line}" for line in lines)


def console_width(stream: TextIO) -> int:
    """Columns of the console that a stream writes to; 0 where none reads it.

    COLUMNS says otherwise, as everywhere. A log or another program gets lines as long as they are.
    """
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdecimal() and int(columns) >= NARROWEST:
        return int(columns)
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError, AttributeError):
        return 0
    return width if width >= NARROWEST else 0


def wrapped(text: str, width: int) -> str:
    """Lines broken between words so that they fit; a word that is longer stays whole.

    What goes on in the next line stands a little further in.
    """
    return "\n".join(_wrapped(line, width) for line in text.split("\n")) if width else text


def cut_line(line: str, width: int) -> str:
    """A line of a table, which cannot go on in the next one: what is cut is shown by `…`."""
    return line if len(line) <= width else f"{line[: width - 1].rstrip()}…"


def _wrapped(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip(" ")) + 2)
    return textwrap.fill(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        expand_tabs=False,
        replace_whitespace=False,
    )


@contextlib.contextmanager
def saying_before_each_line(words: str) -> Iterator[None]:
    """Say these words before each line of the console while the block runs, in all threads."""
    global _before_each_line
    _before_each_line = words
    try:
        yield
    finally:
        _before_each_line = ""


def printable(text: str) -> str:
    """The text with control characters written out: they could command the terminal."""
    return _CONTROL.sub(lambda match: repr(match[0])[1:-1], text)


def one_line(text: str) -> str:
    """A text of anybody's as the console may have it, on one line."""
    whole = text.encode("utf-8", "backslashreplace").decode()
    return printable(" ".join(whole.split()))


def progress(steps: Iterable[T], total: int, title: str) -> Iterator[T]:
    """Yield the steps and show how far they are: a bar on a terminal, plain lines elsewhere."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        yield from _bar(steps, total, title)
        return
    started = last_line_at = time.monotonic()
    count = 0
    for step in steps:
        yield step
        count += 1
        if (moment := time.monotonic()) - last_line_at >= 10 and count > total // 1000:
            last_line_at, left = moment, (moment - started) / count * (total - count)
            say(f"{title}: {count:,} of {total:,}, about {_clock(left)} left")
    say(f"{title}: {count:,} done in {_clock(time.monotonic() - started)}")


def _bar(steps: Iterable[T], total: int, title: str) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        yield from bar.track(steps, total=total, description=title)


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
