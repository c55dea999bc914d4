"""Command under way on a host: what it is sent, and what it answered once it has ended."""

from __future__ import annotations

import time
from dataclasses import dataclass

from deployer.transport.connection import LOST, Connection, SshChannel, exit_status
from deployer.transport.frame import ERRORS, OUTPUT, FramedStream, framed, heading, new_mark

KEPT = 8 * 1024
# How long what it complained of may come after its answer.
LATE = 5.0
SILENT = (
    "Make .bashrc silent for non-interactive shells (no exit, exec or read there either), and let a"
    " ForceCommand run what it is asked to."
)


class UnansweredError(Exception):
    """The command did not run, or not to its end; the text says what its login shell did."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it alone printed."""

    code: int
    output: str
    errors: str


class Running:
    """One command in a channel of its own, framed."""

    def __init__(self, connection: Connection, line: str, patience: float) -> None:
        mark = new_mark()
        self._channel: SshChannel = connection.run(framed(line, mark), patience)
        self._errors = FramedStream(self._channel.recv_stderr, mark, ERRORS, LOST, KEPT)
        self._output = FramedStream(self._channel.recv, mark, OUTPUT, LOST)
        self.send(heading(mark))

    def send(self, content: bytes) -> None:
        """Send what the command reads; one that has ended without reading it says why itself."""
        try:
            self._channel.sendall(content)
        except TimeoutError:
            raise
        except OSError:
            if not self._channel.closed or not self._channel.get_transport().is_active():
                raise

    def beat(self, content: bytes) -> None:
        """Send something to a command that must be there to take it."""
        self._channel.sendall(content)

    def send_no_more(self) -> None:
        """The end of what the command reads."""
        try:
            self._channel.shutdown_write()
        except OSError:
            if not self._channel.get_transport().is_active():
                raise

    def first_line(self, deadline: float) -> str:
        """The first line of the answer, from a command that goes on; "" if it ended without one.

        Raises:
            UnansweredError: no command began before the deadline.
            TimeoutError: it began and did not answer.
        """
        try:
            return self._output.await_line(deadline).decode("utf-8", "replace")
        except TimeoutError:
            self._refuse_unbegun()
            raise

    def ended(self, deadline: float) -> Ended:
        """How it ended.

        Raises:
            UnansweredError: a login shell stood in its way, or it answered without end.
            TimeoutError: it did not end before the deadline.
            LOST: the connection was cut, or a signal ended the command.
        """
        try:
            self._output.await_end(deadline)
        except TimeoutError:
            self._refuse_unbegun()
            raise
        if (code := self._output.code) is None:
            raise self._unanswered(deadline)
        if code:
            self._await_errors(deadline)
        return Ended(code, self._output.text(), self._errors.text())

    def _await_errors(self, deadline: float) -> None:
        try:
            self._errors.await_end(min(deadline, time.monotonic() + LATE))
        except TimeoutError:
            return

    def _refuse_unbegun(self) -> None:
        if not self._output.has_begun:
            raise UnansweredError(f"its login shell{self._noise()} does not begin it. {SILENT}")

    def _unanswered(self, deadline: float) -> UnansweredError:
        if self._output.is_endless:
            return UnansweredError("its answer does not end. Look at the host.")
        if self._output.was_unheard:
            read = "reads what is sent to the command"
            return UnansweredError(f"its login shell{self._noise()} {read}. {SILENT}")
        code = exit_status(self._channel, deadline)
        if self._output.has_begun:
            raise EOFError(f"it was ended from outside, with {code}")
        return UnansweredError(
            f"its login shell{self._noise()} ended with {code} and did not run it. {SILENT}"
        )

    def _noise(self) -> str:
        """What was printed before the command, and by whom nobody can tell, on one line."""
        noise = self._output.noise() + b" " + self._errors.noise()
        words = " ".join(noise.decode("utf-8", "replace").split())
        if not words:
            return ""
        shortened = words if len(words) <= 100 else f"{words[:100]}…"
        return f" prints before commands ({shortened!r}), and"

    def close(self) -> None:
        """Let go of the command: what it reads ends."""
        self._channel.close()
