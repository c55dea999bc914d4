"""Upkeep of the query log's parts: old ones become Parquet, expired ones go, and all can forget."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from release_format.questions import LoggedQuestion, parquet
from release_format.questions.live import finish, finish_now, settle
from release_format.questions.parquet import PartError
from release_format.questions.parts import Part, delete_expired, parts_of, today
from release_format.questions.reading import of_part
from release_format.seal import replacing

# A server, which has no pyarrow, shows what was asked in so many days: those stay lines.
DAYS_AS_LINES = 7
IsMeant = Callable[[LoggedQuestion], bool]


@dataclass
class Upkeep:
    """What was done: parts deleted, parts written and the lines kept in them, lines forgotten, and
    the parts that could not be read or written, each with the reason."""

    deleted: int = 0
    written: int = 0
    kept: int = 0
    forgotten: int = 0
    failed: list[str] = field(default_factory=list)


def rotate(log: Path, days: int) -> Upkeep:
    """Finish the live file where its day is over, delete parts of more than `days` ago (0: none),
    and write those of more than a week ago as Parquet.

    Raises:
        OSError: there is no such folder, or it cannot be written to.
    """
    with alone(log):
        finish(log)
        done = Upkeep(deleted=delete_expired(log, days))
        first = today() - timedelta(days=DAYS_AS_LINES)
        for part in parts_of(log):
            if part.day < first and part.jsonl.exists():
                with _told(part, done):
                    settle(part)
                    done.kept += parquet.write(part.parquet, of_part(part))
                    # Until here readers take the lines, and from here on the same in Parquet.
                    part.jsonl.unlink()
                    done.written += 1
    return done


def forget(log: Path, is_meant: IsMeant) -> Upkeep:
    """Delete the questions and reactions that are meant, those in the live file, too.

    Raises:
        OSError: there is no such folder, or it cannot be written to.
    """
    done = Upkeep()
    with alone(log):
        # Servers write into a new file from here on; this one is a part like the others.
        finish_now(log)
        for part in parts_of(log):
            with _told(part, done):
                if meant := sum(map(is_meant, of_part(part))):
                    done.kept += _without(part, is_meant)
                    done.written += 1
                    done.forgotten += meant
    return done


def _without(part: Part, is_meant: IsMeant) -> int:
    """Write a part again as what it is, without the lines that are meant; how many are left."""
    left = (logged for logged in of_part(part) if not is_meant(logged))
    if not part.jsonl.exists():
        return parquet.write(part.parquet, left)
    settle(part)
    count = 0
    with replacing(part.jsonl) as draft:
        with draft.open("w", encoding="utf-8") as lines:
            for count, logged in enumerate(left, 1):  # noqa: B007
                lines.write(logged.to_line())
        draft.chmod(0o644)
    part.parquet.unlink(missing_ok=True)
    return count


@contextlib.contextmanager
def _told(part: Part, done: Upkeep) -> Iterator[None]:
    """Go on with the next part where this one cannot be read or written."""
    try:
        yield
    except (PartError, OSError) as error:
        done.failed.append(f"{part.parquet.name}: {error}")


@contextlib.contextmanager
def alone(log: Path) -> Iterator[None]:
    """Let nobody else do this while the block runs, and clear away what an end in the middle left.

    Raises:
        OSError: there is no such folder.
    """
    folder = os.open(log.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        draft = re.compile(rf"\.{re.escape(log.stem)}-[\d-]{{14,20}}\.(jsonl|parquet)\..+")
        for path in log.parent.iterdir():
            if draft.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)
        yield
    finally:
        os.close(folder)
