"""Console output: lines for the person, and the progress of long work."""

from __future__ import annotations

import contextlib
import re
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from release_format.secrets.redaction import redacted

T = TypeVar("T")
# All but tab and line end; the last ones turn the direction of reading.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


_before_each_line = ""


def say(text: str) -> None:
    """Print a line for the person at the console; standard output is left to the answer."""
    if sys.stderr is None:  # closed: print would take standard output in its place
        return
    # That nobody listens stops no work.
    with contextlib.suppress(BrokenPipeError):
        print(before_each_line(printable(redacted(text))), file=sys.stderr, flush=True)


def before_each_line(text: str) -> str:
    """The text with what is said before each line just now."""
    return "\n".join(f"{_before_each_line}{line}" for line in text.split("\n"))


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


def progress(steps: Iterable[T], total: int, title: str) -> Iterator[T]:
    """Yield the steps and show how far they are: a bar on a terminal, plain lines elsewhere."""
    if sys.stderr.isatty():
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
