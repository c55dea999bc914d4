"""A file that may change while we serve, read again whenever it does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

# A file system's clock is coarse: what was written this lately may be written again unseen.
UNSETTLED_NS = 50_000_000
_log = logging.getLogger("uvicorn.error")

Seen = tuple[int, int, int]
Take = Callable[[bytes, float], None]


class WatchedFile:
    """Hands the content of a file on whenever it was written.

    A file that vanishes or cannot be read changes nothing, and `problem` says why, which is logged
    once.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        *,
        remedy: str,
        before: str = "",
        absent: str = "",
        largest: int | None = None,
    ) -> None:
        """`remedy` says what to do about a problem; `largest` is in bytes.

        `before` says what holds until something was read; without it, no problem is logged until
        then. `absent` is logged of a file that was never there, which is a problem without it.
        """
        self.path, self._name, self._remedy = path, name, remedy
        self._before, self._absent, self._largest = before, absent, largest
        self.problem = ""
        self._seen: Seen | None = None
        self._is_taken, self._is_told = False, False
        self._lock = threading.Lock()

    def refresh(self, take: Take, *, wait: bool) -> None:
        """Hand the content to `take` if the file was written, and when (seconds since 1970).

        Where another thread does so, `wait` for it or leave it to it. `take` raises a ValueError
        for what is not as it should be. What was written just now is handed on twice.
        """
        if self._is_unchanged() or not self._lock.acquire(blocking=wait):
            return
        try:
            if not self._is_unchanged():
                self._read(take)
        finally:
            self._lock.release()

    def _is_unchanged(self) -> bool:
        try:
            return _seen(self.path) == self._seen
        except OSError:
            return False

    def _read(self, take: Take) -> None:
        try:
            # Where it lies is looked at first: what is written while we read makes us read again.
            seen = _seen(self.path)
            if self._largest is not None and seen[1] > self._largest:
                self._seen = seen
                self._report(f"is larger than {self._largest >> 20:,} MiB")
                return
            content = self.path.read_bytes()
        except OSError as error:
            self._seen = None
            if self._absent and isinstance(error, FileNotFoundError) and not self._is_taken:
                self._tell_absent()
            else:
                self._report(f"cannot be read ({error.strerror or error})")
            return
        # Of a file with a time to come nothing follows.
        is_settled = not 0 <= time.time_ns() - seen[0] < UNSETTLED_NS
        self._seen = seen if is_settled else None
        try:
            take(content, seen[0] / 1e9)
        except (ValueError, RecursionError, MemoryError) as error:
            self._report(f"cannot be read ({error or type(error).__name__})")
            return
        self._is_taken = True
        self._report("")

    def _tell_absent(self) -> None:
        if not self._is_told:
            _log.warning("%s", self._absent)
        self._is_told = True

    def _report(self, problem: str) -> None:
        """Say once what is wrong now, and once that it no longer is."""
        holds = "what it said before still holds" if self._is_taken else self._before
        if problem and problem != self.problem and holds:
            _log.warning("%s %s %s; %s. %s", self._name, self.path, problem, holds, self._remedy)
        elif self.problem and not problem:
            _log.warning("%s %s is read again.", self._name, self.path)
        self.problem = problem


def _seen(path: Path) -> Seen:
    state = path.stat()
    return state.st_mtime_ns, state.st_size, state.st_ino
