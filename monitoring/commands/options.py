"""What several verbs ask: which query log, and what could not be done to it."""

from __future__ import annotations

import contextlib
import errno
import os
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from monitoring.errors import MonitoringError
from monitoring.query_log.upkeep import Upkeep
from release_format.cli import Parser
from release_format.config.registry import read_settings
from release_format.config.server import ServerSettings
from release_format.exit_codes import COULD_NOT_TELL, USAGE, YES
from release_format.progress import say
from release_format.questions import LoggedQuestion, read
from release_format.questions.parts import parts_of


def add_log(parser: Parser) -> None:
    """Add the query log."""
    parser.add_argument("--log", type=Path, help="the query log (default: SEARCHBAR_QUESTIONS)")


def log_of(options: Namespace) -> Path:
    """The query log that was named, or the server's.

    Raises:
        MonitoringError: neither is.
    """
    named = options.log or read_settings(ServerSettings).questions
    if not named:
        raise MonitoringError("which log? Name it with --log or SEARCHBAR_QUESTIONS.", USAGE)
    return Path(named)


@contextlib.contextmanager
def read_from(log: Path) -> Iterator[None]:
    """Say in a sentence that a log is not there, or cannot be read.

    Raises:
        MonitoringError: it cannot.
    """
    try:
        yield
    except OSError as error:
        raise MonitoringError(
            f"{log} cannot be read ({error.strerror}). Name the query log with --log.", USAGE
        ) from error


def lines_of(log: Path) -> Iterator[LoggedQuestion]:
    """The lines of a log, oldest first, with questions of whole characters.

    Raises:
        MonitoringError: it cannot be read.
    """
    with read_from(log):
        yield from map(_whole, read(log))


def _whole(line: LoggedQuestion) -> LoggedQuestion:
    """The line with a mark for each half of a pair of surrogates, which JSON can write and what
    reads words cannot."""
    try:
        line.question.encode()
    except UnicodeEncodeError:
        return replace(line, question=line.question.encode("utf-8", "replace").decode())
    return line


@contextlib.contextmanager
def written_to(log: Path) -> Iterator[None]:
    """Say in a sentence that a log is not there, or cannot be written to.

    Raises:
        MonitoringError: it cannot.
    """
    try:
        if not log.exists() and not parts_of(log):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        yield
    except OSError as error:
        raise MonitoringError(
            f"{log} cannot be written to ({error.strerror or error}). Name the query log with"
            " --log, as whoever its server runs as.",
            USAGE,
        ) from error


def say_failed(done: Upkeep) -> int:
    """Say which parts could not be read or written; the exit code."""
    for sentence in done.failed:
        say(f"left as it is: {sentence}. Put a whole copy there, or delete it.")
    return COULD_NOT_TELL if done.failed else YES
