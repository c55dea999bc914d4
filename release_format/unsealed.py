"""Unsealed directories: written under a temporary name, renamed to their id once sealed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from release_format.seal import flush_directory, is_sealed, read_manifest

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
        with contextlib.suppress(OSError):
            lock = os.open(directory, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory, ignore_errors=True)
            finally:
                os.close(lock)


def _rename_unless_sealed(work: Path, final: Path) -> None:
    try:
        work.rename(final)
    except OSError:
        if not is_sealed(final):
            raise
