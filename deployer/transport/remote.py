"""Remote: a host over SSH, which runs commands and takes files."""

from __future__ import annotations

import contextlib
import io
import json
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from deployer.command import Command
from deployer.errors import NoProgramsError, RolloutError
from deployer.hosts import Environment, Host
from deployer.transport.connection import LOST, Connection, SshChannel, cause, exit_status
from deployer.transport.machine import FileRange
from release_format.exit_codes import COULD_NOT_TELL

CHANNELS = 4
HEARTBEAT_SECONDS = 1.0
# How Python ends that cannot open its program; host programs end so on a wrong command line only.
NOT_OPENED = 2
PIECE = 256 * 1024
KEPT = 8 * 1024


class Remote:
    """One host over one SSH connection."""

    def __init__(self, environment: Environment, host: Host, user: str = "") -> None:
        self.host = host
        self._connection = Connection(environment, host, user or environment.user)

    def read(self, command: Command) -> str:
        return self.run(command)

    def ask(self, command: Command) -> Any:
        output = self.run(command)
        try:
            return json.loads(output)
        except ValueError as error:
            raise self._failed(
                command, f"its answer cannot be read ({error}). Look at the host."
            ) from error

    def run(self, command: Command) -> str:
        """Run a command; what it wrote to standard output.

        Raises:
            RolloutError: it ended with another code than 0, took too long, or the connection broke.
        """
        deadline = time.monotonic() + command.timeout
        try:
            channel = self._connection.run(command.line(), command.timeout)
            with contextlib.closing(channel):
                complaints = _Complaints(channel)
                if command.stdin:
                    channel.sendall(command.stdin)
                channel.shutdown_write()
                output = _read_all(channel, deadline)
                errors = complaints.until(deadline)
                code = exit_status(channel, deadline)
        except TimeoutError as error:
            raise self._failed(
                command,
                f"no answer within {command.timeout:.0f} s. Look at the host, then run it again.",
            ) from error
        except LOST as error:
            raise self._cut(command, error) from error
        if code != 0:
            raise self._failed(command, errors or output, code)
        return output

    def _failed(self, command: Command, why: str, code: int = COULD_NOT_TELL) -> RolloutError:
        why = why.strip() or f"it ended with {code} and gave no reason. Look at the host."
        why = why.splitlines()[-1]
        lacks_programs = code == NOT_OPENED and command.argv[0] == "python3"
        kind = NoProgramsError if lacks_programs else RolloutError
        return kind(
            f"{self.host.name}: {_verb(command)}: {why}", 1 if code == 1 else COULD_NOT_TELL
        )

    def _cut(self, command: Command, error: BaseException) -> RolloutError:
        return self._failed(
            command,
            f"the connection was cut ({cause(error)}). Run it again; it goes on where it stopped.",
        )

    def send(self, command: Command, ranges: Sequence[FileRange]) -> int:
        unsent: queue.SimpleQueue[FileRange] = queue.SimpleQueue()
        for file_range in ranges:
            unsent.put(file_range)
        errors: list[BaseException] = []
        senders = [
            threading.Thread(target=self._send_queue, args=(command, unsent, errors), daemon=True)
            for _ in range(min(CHANNELS, len(ranges)))
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        if errors:
            raise (
                errors[0] if isinstance(errors[0], RolloutError) else self._cut(command, errors[0])
            )
        return sum(file_range.bytes for file_range in ranges)

    def _send_queue(
        self, command: Command, unsent: queue.SimpleQueue[FileRange], errors: list[BaseException]
    ) -> None:
        try:
            with contextlib.closing(self._connection.run(command.line(), 60)) as channel:
                complaints = _Complaints(channel)
                while not errors:
                    try:
                        _send_range(channel, unsent.get_nowait())
                    except queue.Empty:
                        break
                channel.shutdown_write()
                deadline = time.monotonic() + command.timeout
                _read_all(channel, deadline)
                why = complaints.until(deadline)
                if (code := exit_status(channel, deadline)) != 0:
                    errors.append(self._failed(command, why, code))
        except LOST as error:
            errors.append(error)

    @contextlib.contextmanager
    def hold(self, command: Command) -> Iterator[Any]:
        try:
            channel = self._connection.run(command.line(), 15)
            complaints = _Complaints(channel)
            answer = channel.makefile("r").readline()
        except LOST as error:
            raise self._cut(command, error) from error
        if not answer:
            raise self._refused(command, channel, complaints)
        over = threading.Event()
        heartbeat = threading.Thread(target=_send_heartbeats, args=(channel, over), daemon=True)
        heartbeat.start()
        try:
            yield json.loads(answer)
        finally:
            over.set()
            channel.close()
            heartbeat.join(2 * HEARTBEAT_SECONDS)

    def _refused(
        self, command: Command, channel: SshChannel, complaints: _Complaints
    ) -> RolloutError:
        try:
            deadline = time.monotonic() + 15
            why = complaints.until(deadline)
            return self._failed(command, why, exit_status(channel, deadline))
        except LOST as error:
            return self._cut(command, error)

    def close(self) -> None:
        self._connection.close()


def _send_range(channel: SshChannel, file_range: FileRange) -> None:
    head = {"file": file_range.file, "offset": file_range.offset, "bytes": file_range.bytes}
    channel.sendall(json.dumps(head).encode() + b"\n")
    with file_range.path.open("rb") as file:
        file.seek(file_range.offset)
        left = file_range.bytes
        while left and (piece := file.read(min(PIECE, left))):
            channel.sendall(piece)
            left -= len(piece)


class _Complaints:
    """What a command writes to standard error, read as it comes, or the command waits for us.

    Only the end is kept.
    """

    def __init__(self, channel: SshChannel) -> None:
        self._channel, self._end = channel, b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                piece = self._channel.recv_stderr(PIECE)
            except TimeoutError:
                continue  # The time limit is for others; a channel that is closed ends this.
            except LOST:
                return
            if not piece:
                return
            self._end = (self._end + piece)[-KEPT:]

    def until(self, deadline: float) -> str:
        """All that came, once the command has closed standard error or time is up."""
        self._reader.join(max(deadline - time.monotonic(), 0.01))
        return self._end.decode("utf-8", "replace")


def _read_all(channel: SshChannel, deadline: float) -> str:
    content = io.BytesIO()
    while True:
        channel.settimeout(max(deadline - time.monotonic(), 0.01))
        piece = channel.recv(PIECE)
        if not piece:
            return content.getvalue().decode("utf-8", "replace")
        content.write(piece)


def _send_heartbeats(channel: SshChannel, over: threading.Event) -> None:
    with contextlib.suppress(*LOST):
        while not over.wait(HEARTBEAT_SECONDS):
            channel.sendall(b".")


def _verb(command: Command) -> str:
    words = command.argv[command.argv.index("--") + 1 :] if "--" in command.argv else command.argv
    return words[4] if words[0] == "python3" else " ".join(words[:2])
