"""The live file of the query log: several servers append to it, and one renames it to a part.

Who appends holds a shared lock and looks whether the name still leads to what it opened; who
renames holds the only lock. So a line is in the file or in its part, never in between, and once
the only lock of a part was had, nobody writes into it any more.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from release_format.questions.logged import LoggedQuestion
from release_format.questions.parts import Part, delete_expired, next_part, today

# A part ends with its day, or before, when it has this many bytes.
LARGEST_PART = 64 << 20
_PATIENCE = 10.0
# A disk without locks: a line is written all the same, but no part is made there.
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)


def append(path: Path, logged: LoggedQuestion, days: int = 0) -> None:
    """Append one line in a single write: processes may share a log, and a cut loses one line.

    The first line of a new day finishes the file first, and deletes parts of more than `days`
    days ago (0: none).

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if finish(path):
        delete_expired(path, days)
    line = logged.to_line().encode()
    with _opened(path) as handle:
        if os.write(handle, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def finish(path: Path, *, early: bool = False) -> Part | None:
    """Rename the live file to a part where its day is over, or it is large, or `early` says so.

    None where it is not, or where another process is at it just now.
    """
    with contextlib.suppress(FileNotFoundError, BlockingIOError):
        if not _is_due(path.stat(), early):
            return None
        handle = os.open(path, os.O_RDWR)
        try:
            if not _has_lock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB):
                return None
            state = os.fstat(handle)
            if not _leads_to(path, handle) or not _is_due(state, early):
                return None
            part = next_part(path, _day(state))
            path.rename(part.jsonl)
            return part
        finally:
            os.close(handle)
    return None


def finish_now(path: Path) -> Part | None:
    """Make a part of whatever stands in the live file; None where nothing does.

    Raises:
        OSError: a server that stands still holds it, or the disk knows no locks.
    """
    until = time.monotonic() + _PATIENCE
    while not (part := finish(path, early=True)):
        if not path.exists() or not path.stat().st_size:
            return None
        if time.monotonic() > until:
            raise OSError(errno.EAGAIN, "it is held by another program", str(path))
        time.sleep(0.01)
    return part


def settle(part: Part) -> None:
    """Wait until nobody writes into a part any more, as a server may that opened it before.

    Raises:
        OSError: a server that stands still holds it.
    """
    handle = os.open(part.jsonl, os.O_RDWR)
    try:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                _has_lock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
            else:
                return
    finally:
        os.close(handle)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    """The live file to append to, held so that nobody makes a part of it meanwhile."""
    while True:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            _has_lock(handle, fcntl.LOCK_SH)
            if _leads_to(path, handle):
                yield handle
                return
        finally:
            os.close(handle)


def _has_lock(handle: int, kind: int) -> bool:
    """Take a lock; False where the disk knows none."""
    try:
        fcntl.flock(handle, kind)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        raise
    return True


def _leads_to(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _is_due(state: os.stat_result, early: bool) -> bool:
    over = early or state.st_size >= LARGEST_PART or _day(state) < today()
    return bool(state.st_size) and over


def _day(state: os.stat_result) -> date:
    return datetime.fromtimestamp(state.st_mtime, UTC).date()
