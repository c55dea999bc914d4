"""Reading the query log: all its parts in order, then the live file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import IO

from release_format.progress import say
from release_format.questions.logged import LoggedQuestion
from release_format.questions.parquet import PartError, rows
from release_format.questions.parts import Part, parts_of


def read(path: Path, since: date | None = None, holding: str = "") -> Iterator[LoggedQuestion]:
    """The logged questions, oldest first, a few at a time; what was cut or is foreign is passed
    over. Parts that ended before `since` are not opened.

    A plain line of text counts as a question too, so that a list typed by hand can be used. Of
    parts that cannot be read one sentence is said. Of a long log no more lines need be taken apart
    than hold a text (`holding`) as it stands in them; rows of Parquet come in any case.

    Raises:
        OSError: there is neither a file of this name nor a part of it, or it cannot be read.
    """
    parts, live = _opened(path)
    unreadable: list[str] = []
    with live or contextlib.nullcontext():
        for part in parts:
            if since is None or part.day >= since:
                try:
                    yield from of_part(part, holding)
                except (PartError, OSError) as error:
                    unreadable.append(f"{part.parquet.name} ({error})")
        if live:
            yield from _of_lines(live, holding)
    if unreadable:
        say(
            f"{len(unreadable)} part{'s' * (len(unreadable) > 1)} of the query log could not be"
            f" read and {'were' if len(unreadable) > 1 else 'was'} passed over: {unreadable[0]}."
            " Put a whole copy there, or delete it."
        )


def of_part(part: Part, holding: str = "") -> Iterator[LoggedQuestion]:
    """The questions of a part: its lines where they are there, or its Parquet; a part that was
    deleted meanwhile has none.

    Raises:
        PartError: its Parquet cannot be read.
    """
    try:
        lines = _open(part.jsonl)
    except FileNotFoundError:
        with contextlib.suppress(FileNotFoundError):
            yield from rows(part.parquet)
        return
    with lines:
        yield from _of_lines(lines, holding)


def _opened(path: Path) -> tuple[list[Part], IO[str] | None]:
    """The parts and the live file of one moment: none became a part while the others were found."""
    while True:
        parts = parts_of(path)
        try:
            live = _open(path)
        except FileNotFoundError:
            if not parts:
                raise
            live = None
        if parts_of(path) == parts:
            return parts, live
        if live:
            live.close()


def _open(path: Path) -> IO[str]:
    return path.open(encoding="utf-8", errors="replace")


def _of_lines(lines: IO[str], holding: str) -> Iterator[LoggedQuestion]:
    for line in lines:
        if holding in line and (logged := LoggedQuestion.from_line(line)):
            yield logged
