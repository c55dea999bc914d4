"""Frame around what a command prints: what a login shell adds to it, before or after, is outside.

The command runs in a small shell of our own that prints a mark before and after it, with its exit
code, on both streams. The mark is made up for each command, so nothing else can print it.
"""

from __future__ import annotations

import secrets
import shlex
import threading
import time
from collections.abc import Callable

PIECE = 256 * 1024
# A login shell that reads before the command takes a blank line or two; a shell that stands in the
# command's place ends before it could take what is sent for commands of its own.
PREAMBLE = "\n\n\nexit 3\n"
# Without newlines, backslashes and exclamation marks: any login shell hands this on.
SCRIPT = (
    'm=$1; shift; line=; until test "$line" = "$m"; do IFS= read -r line || {'
    ' echo; echo "$m unheard"; exit 3; }; done;'
    ' { echo; echo "$m complaints"; } >&2; echo; echo "$m begins";'
    ' command "$@"; code=$?;'
    ' echo; echo "$m ends $code"; { echo; echo "$m complained $code"; } >&2; exit $code'
)
# The words that begin and end a frame; a login shell may have made one stream of both.
OUTPUT, ERRORS = ("begins", "ends"), ("complaints", "complained")
# What is kept of noise, and the longest answer.
QUOTED, LONGEST = 400, 256 * 1024 * 1024


def new_mark() -> str:
    """A word that nobody else can print."""
    return f"searchbar-{secrets.token_hex(12)}"


def framed(line: str, mark: str) -> str:
    """The command line that runs `line` (words as a shell quotes them) between marks."""
    return f"/bin/sh -c {shlex.quote(SCRIPT)} sh {mark} {line}"


def heading(mark: str) -> bytes:
    """What is sent before a command's own input."""
    return f"{PREAMBLE}{mark}\n".encode()


class FramedStream:
    """One stream of a command, read as it comes: the command would wait for us otherwise.

    `content` is what stands in the frame (where only an end is `kept`, so many bytes of it), and
    `code` the exit code, once the frame has ended.
    """

    def __init__(
        self,
        receive: Callable[[int], bytes],
        mark: str,
        words: tuple[str, str],
        lost: tuple[type[Exception], ...],
        kept: int = 0,
    ) -> None:
        self._receive, self._lost, self._kept = receive, lost, kept
        begins, ends = words
        self._begins, self._ends = f"\n{mark} {begins}\n".encode(), f"\n{mark} {ends} ".encode()
        self._unheard = f"\n{mark} unheard\n".encode()
        self._changed = threading.Condition()
        self.content, self._noise, self._unread = b"", b"", bytearray()
        self.code: int | None = None
        self.has_begun = self.was_unheard = self.is_over = self.is_endless = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while piece := self._next():
            with self._changed:
                self._take(piece)
                self._changed.notify_all()
        with self._changed:
            self.is_over = True
            self._changed.notify_all()

    def _next(self) -> bytes:
        while not (self.is_endless or self.code is not None):
            try:
                return self._receive(PIECE)
            except TimeoutError:
                continue  # The time limit is for others; a channel that is closed ends this.
            except self._lost:
                break
        return b""

    def _take(self, piece: bytes) -> None:
        self._unread += piece
        if not self.has_begun:
            self._look_for_begin()
        if self.has_begun:
            self._look_for_end(len(piece))

    def _look_for_begin(self) -> None:
        before, begins, after = self._unread.partition(self._begins)
        self.has_begun = bool(begins)
        self.was_unheard = self.was_unheard or self._unheard in before
        # A mark may have begun in the last bytes.
        longest = max(len(self._begins), len(self._unheard))
        count = len(before) if begins else max(len(before) - longest, 0)
        self._noise = (self._noise + before[:count])[:QUOTED]
        self._unread = after if begins else before[count:]

    def _look_for_end(self, fresh: int) -> None:
        start = max(len(self._unread) - fresh - len(self._ends) - 8, 0)
        position = self._unread.find(self._ends, start)
        line_end = self._unread.find(b"\n", position + len(self._ends))
        if position >= 0 and line_end >= 0:
            self.code = int(self._unread[position + len(self._ends) : line_end])
            self.content = bytes(self._unread[:position])
        elif self._kept:
            del self._unread[: -self._kept]
        self.is_endless = len(self._unread) > LONGEST

    def noise(self) -> bytes:
        """The beginning of what came before the frame."""
        rest = b"" if self.has_begun else self._unread.replace(self._unheard, b"")
        return (self._noise + rest)[:QUOTED]

    def await_line(self, deadline: float) -> bytes:
        """The first line in the frame, or b"" where the stream ends without one.

        Raises:
            TimeoutError: neither came before the deadline.
        """
        self._await(lambda: self.has_begun and b"\n" in (self.content or self._unread), deadline)
        with self._changed:
            line, end, _ = (self.content or self._unread).partition(b"\n")
            return bytes(line) if end and self.has_begun else b""

    def await_end(self, deadline: float) -> None:
        """Wait until the frame has ended, or the stream.

        Raises:
            TimeoutError: neither did before the deadline.
        """
        self._await(lambda: self.code is not None, deadline)

    def _await(self, state: Callable[[], bool], deadline: float) -> None:
        with self._changed:
            left = max(deadline - time.monotonic(), 0.01)
            if not self._changed.wait_for(lambda: state() or self.is_over, left):
                raise TimeoutError

    def text(self) -> str:
        """What stands in the frame."""
        return self.content.decode("utf-8", "replace")
