"""A cache of vectors by the digest of their text, filled by earlier builds, broken ones too.

It remembers four times what the last build used, and an encoder that no build used for a month not
at all.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from release_format.config.line import LineSettings
from release_format.config.registry import read_settings
from release_format.seal import replacing

# The SHA-256 of a text.
DIGESTS = np.dtype("V32")
AT_ONCE = 65_536
KEPT_TIMES, KEPT_AT_LEAST, KEPT_SECONDS = 4, 200_000, 30 * 24 * 3600


def find_digests(digests: NDArray[np.void], wanted: Set[bytes]) -> dict[bytes, int]:
    """In which row each of the wanted digests stands, as far as it is there."""
    starts = range(0, len(digests), AT_ONCE) if wanted else ()
    every = (
        row
        for start in starts
        for row in enumerate(digests[start : start + AT_ONCE].tolist(), start)
    )
    return {digest: row for row, digest in every if digest in wanted}


def cache_folder() -> Path:
    """Where encoders and vectors are remembered. Deleting it costs time, never a result."""
    return Path(read_settings(LineSettings).cache)


def forget_unused(used: Path) -> None:
    """Drop siblings of this path that nobody used for a month; this one is used now."""
    for other in used.parent.glob("*"):
        with suppress(FileNotFoundError):  # Another build may be faster.
            if other != used and other.stat().st_mtime < time.time() - KEPT_SECONDS:
                shutil.rmtree(other) if other.is_dir() else other.unlink()
    if used.exists():
        os.utime(used)


class VectorCache:
    """A file of records (a text's digest, its vector), oldest first; one cut short is dropped."""

    def __init__(self, path: Path, dimension: int) -> None:
        self._path = path
        self.dimension = dimension
        self._record = np.dtype([("digest", DIGESTS), ("vector", "<f2", (dimension,))])

    def find(self, digests: Iterable[bytes]) -> tuple[dict[bytes, int], NDArray[np.float16]]:
        """Which of these digests are known and in which row of the vectors that come with it."""
        wanted = set(digests)
        if not wanted or not self._path.is_file() or not self._whole_records():
            return {}, np.empty((0, self.dimension), np.float16)
        records = np.memmap(self._path, self._record, "r", shape=(self._whole_records(),))
        known = find_digests(records["digest"], wanted)
        return self._sound(known, records["vector"]), records["vector"]

    @staticmethod
    def _sound(known: dict[bytes, int], vectors: NDArray[np.float16]) -> dict[bytes, int]:
        """Leave out what a power cut may have left behind: a vector that is not of unit length."""
        rows = np.fromiter(known.values(), np.int64, len(known))
        norms = np.linalg.norm(vectors[rows].astype(np.float32), axis=1)
        whole = np.abs(norms - 1) < 0.01
        return {digest: row for (digest, row), ok in zip(known.items(), whole, strict=True) if ok}

    def add(self, digests: list[bytes], vectors: NDArray[np.float16]) -> None:
        """Remember vectors, for a build after one that breaks off from here on."""
        records = np.empty(len(digests), self._record)
        records["digest"] = np.frombuffer(b"".join(digests), DIGESTS)
        records["vector"] = vectors
        with self._locked() as handle:
            # Another build may have been cut off in the middle of a record.
            os.truncate(handle, self._whole_records() * self._record.itemsize)
            os.write(handle, records.tobytes())

    def forget(self, used: NDArray[np.void]) -> None:
        """Keep these and of the others the newest, when they became too many.

        Encoders long out of use are dropped.
        """
        forget_unused(self._path)
        if not self._path.is_file():
            return
        most = max(KEPT_TIMES * len(used), KEPT_AT_LEAST)
        if self._whole_records() > most:
            with self._locked():
                self._rewrite(set(used.tolist()), most // 2)

    def _rewrite(self, used: Set[bytes], most: int) -> None:
        records = np.fromfile(self._path, self._record, self._whole_records())
        is_used = (bytes(digest) in used for digest in records["digest"])
        keep = np.fromiter(is_used, np.bool_, len(records))
        keep[len(records) - max(0, most - int(keep.sum())) :] = True
        with replacing(self._path) as draft:
            records[keep].tofile(draft)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if self._is_current(handle):
                    yield handle
                    return
            finally:
                os.close(handle)

    def _is_current(self, handle: int) -> bool:
        """Whether nobody rewrote the file while we waited for it."""
        try:
            return os.path.samestat(os.fstat(handle), self._path.stat())
        except FileNotFoundError:
            return False

    def _whole_records(self) -> int:
        return self._path.stat().st_size // self._record.itemsize
