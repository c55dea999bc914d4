"""Unsealed directories: written under a temporary name, renamed to their id once sealed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from release_format.seal import MANIFEST, flush_directory, is_sealed, read_manifest

UNSEALED, LOCKED = ".unsealed.", ".unsealed.held."


@contextlib.contextmanager
def unsealed(parent: Path) -> Iterator[Path]:
    """A temporary directory in `parent`: sealed by the block, it gets its id as its name.

    If the block fails, it goes away. When another writer was first, that copy stays and this one
    is dropped: the first sealed copy wins. What a killed writer left behind goes away too.
    """
    parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(parent)
    work, lock = _locked(Path(tempfile.mkdtemp(prefix=UNSEALED, dir=parent)))
    try:
        yield work
        final = parent / read_manifest(work).id
        work.chmod(0o755)
        _rename_unless_sealed(work, final)
        flush_directory(parent)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        os.close(lock)


def remove_sealed(directory: Path) -> None:
    """Remove a sealed directory, its manifest first.

    It leaves its id at once, for a name under which nobody looks for anything: whenever this is
    killed, what lies under the id is whole or not there, and the rest goes with the next writer.
    """
    removed = Path(tempfile.mkdtemp(prefix=LOCKED, dir=directory.parent))
    directory.rename(removed)
    flush_directory(directory.parent)
    (removed / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(removed, ignore_errors=True)


def remove_drafts(parent: Path, seconds: float) -> int:
    """Remove drafts that nobody has written to for so long, and whose writer holds no lock.

    Returns how many went.
    """
    drafts = [path for path in parent.glob(f"{UNSEALED}*") if path.is_dir()]
    old = [path for path in drafts if time.time() - _written_at(path) > seconds]
    return sum(_remove_unlocked(path) for path in old)


def _written_at(directory: Path) -> float:
    """When anything in a draft was last written, in seconds since 1970."""
    moments = [0.0]
    for path in (directory, *directory.rglob("*")):
        with contextlib.suppress(OSError):  # its writer may have just moved it
            moments.append(path.lstat().st_mtime)
    return max(moments)


def _locked(work: Path) -> tuple[Path, int]:
    """Lock a directory for as long as this process lives; gives its new name and the lock.

    Only a directory that could be locked is renamed: no other is ever taken for abandoned.
    """
    lock = os.open(work, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # Not every file system of a network locks.
        return work, lock
    return work.rename(work.with_name(work.name.replace(UNSEALED, LOCKED, 1))), lock


def _remove_abandoned(parent: Path) -> None:
    """Remove directories whose writer is no more: the lock went with it."""
    for directory in parent.glob(f"{LOCKED}*"):
        _remove_unlocked(directory)


def _remove_unlocked(directory: Path) -> bool:
    """Remove a draft unless its writer holds it; whether it went."""
    with contextlib.suppress(OSError):
        lock = os.open(directory, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory, ignore_errors=True)
        finally:
            os.close(lock)
    return not directory.exists()


def _rename_unless_sealed(work: Path, final: Path) -> None:
    try:
        work.rename(final)
    except OSError:
        if not is_sealed(final):
            raise
