"""Temporary folders that go whatever happens: what a killed run left is removed by a later one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from release_format.exit_codes import ProgramError

# Between a folder's name and what makes it unlike others: its writer holds a lock on it.
HELD = "held."
# Without a lock nobody knows whether the writer lives: such a folder must be this old, in seconds.
OLD = 86_400.0


@contextlib.contextmanager
def temporary_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """A folder of this run's own in `parent` (default: TMPDIR), removed after the block.

    Args:
        prefix: what its name begins with, such as `admit.`; nobody else's folder may.
        parent: an existing folder that can be written.

    Raises:
        ProgramError: no folder for temporary files can be written.
    """
    try:
        home = parent or Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise ProgramError(
            "there is no folder for temporary files. Name one that can be written in TMPDIR."
        ) from error
    sweep(prefix, home)
    work, lock = _locked(Path(tempfile.mkdtemp(prefix=prefix, dir=home)), prefix)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        os.close(lock)


def sweep(prefix: str, parent: Path) -> int:
    """Remove folders of this prefix and this user whose writer is no more; returns how many went.

    A lock goes with its process, however that ends. A folder that never had one, since its disk
    does not lock or it was made by an older version, is removed a day after its last change.
    """
    with contextlib.suppress(OSError):
        return sum(_remove_left(path, prefix) for path in parent.glob(f"{prefix}*"))
    return 0


def _remove_left(folder: Path, prefix: str) -> bool:
    with contextlib.suppress(OSError):
        # No link is followed: in a folder that all share, a name may be anybody's.
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            is_ours = os.fstat(lock).st_uid == os.geteuid()
            is_held = folder.name.startswith(f"{prefix}{HELD}")
            if is_ours and (is_held or time.time() - _changed_at(folder) > OLD):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
                return True
        finally:
            os.close(lock)
    return False


def _changed_at(folder: Path) -> float:
    """When anything in a folder was last changed, in seconds since 1970."""
    moments = [0.0]
    for path in (folder, *folder.rglob("*")):
        with contextlib.suppress(OSError):
            moments.append(path.lstat().st_mtime)
    return max(moments)


def _locked(work: Path, prefix: str) -> tuple[Path, int]:
    """Lock a folder for as long as this process lives; gives its new name and the lock."""
    lock = os.open(work, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # Not every file system of a network locks.
        return work, lock
    return work.rename(work.with_name(work.name.replace(prefix, f"{prefix}{HELD}", 1))), lock
