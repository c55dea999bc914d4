"""Here is a host: run commands there over SSH."""

from __future__ import annotations

import contextlib
import io
import json
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from deployer.commands import Command
from deployer.connect import LOST, Channel, Connection, cause, ended
from deployer.error import RolloutError
from deployer.hosts import Environment, Host
from deployer.machine import Part
from release_format.program import COULD_NOT_TELL

CHANNELS = 4
HEARTBEAT = 1.0
PIECE = 256 * 1024


class Remote:
    """One host over one SSH connection."""

    def __init__(self, environment: Environment, host: Host, user: str = "") -> None:
        self.host = host
        self._connection = Connection(environment, host, user or environment.user)

    def read(self, command: Command) -> str:
        return self.run(command)

    def ask(self, command: Command) -> Any:
        said = self.run(command)
        try:
            return json.loads(said) if said.startswith(("{", "[")) else {}
        except ValueError as error:
            raise self._failed(command, f"its answer cannot be read ({error})") from error

    def run(self, command: Command) -> str:
        """Run a command; what it wrote to standard output.

        Raises:
            RolloutError: it ended with another code than 0, took too long, or the connection broke.
        """
        deadline = time.monotonic() + command.timeout
        try:
            channel = self._connection.run(command.line(), command.timeout)
            with contextlib.closing(channel):
                if command.stdin:
                    channel.sendall(command.stdin)
                channel.shutdown_write()
                said, complaint = _drain(channel, deadline)
                code = ended(channel, deadline)
        except TimeoutError as error:
            raise self._failed(
                command, f"no answer within {command.timeout:.0f} s. Look at the host, then run it again."
            ) from error
        except LOST as error:
            raise self._cut(command, error) from error
        if code != 0:
            raise self._failed(command, complaint or said or f"it ended with {code}", code)
        return said

    def _failed(self, command: Command, why: str, code: int = COULD_NOT_TELL) -> RolloutError:
        why = why.strip().splitlines()[-1] if why.strip() else "it gave no reason"
        return RolloutError(f"{self.host.name}: {_verb(command)}: {why}", 1 if code == 1 else COULD_NOT_TELL)

    def _cut(self, command: Command, error: BaseException) -> RolloutError:
        return self._failed(
            command, f"the connection was cut ({cause(error)}). Run it again; it goes on where it stopped."
        )

    def send(self, command: Command, parts: Sequence[Part]) -> int:
        waiting: queue.SimpleQueue[Part] = queue.SimpleQueue()
        for part in parts:
            waiting.put(part)
        errors: list[BaseException] = []
        crew = [
            threading.Thread(target=self._carry, args=(command, waiting, errors), daemon=True)
            for _ in range(min(CHANNELS, len(parts)))
        ]
        for one in crew:
            one.start()
        for one in crew:
            one.join()
        if errors:
            raise errors[0] if isinstance(errors[0], RolloutError) else self._cut(command, errors[0])
        return sum(part.bytes for part in parts)

    def _carry(self, command: Command, waiting: queue.SimpleQueue[Part], errors: list[BaseException]) -> None:
        try:
            with contextlib.closing(self._connection.run(command.line(), 60)) as channel:
                while not errors:
                    try:
                        _send_part(channel, waiting.get_nowait())
                    except queue.Empty:
                        break
                channel.shutdown_write()
                deadline = time.monotonic() + command.timeout
                _, complaint = _drain(channel, deadline)
                if (code := ended(channel, deadline)) != 0:
                    errors.append(self._failed(command, complaint, code))
        except LOST as error:
            errors.append(error)

    @contextlib.contextmanager
    def hold(self, command: Command) -> Iterator[Any]:
        try:
            channel = self._connection.run(command.line(), 15)
            answer = channel.makefile("r").readline()
        except LOST as error:
            raise self._cut(command, error) from error
        if not answer:
            raise self._refused(command, channel)
        over = threading.Event()
        heart = threading.Thread(target=_beat, args=(channel, over), daemon=True)
        heart.start()
        try:
            yield json.loads(answer)
        finally:
            over.set()
            channel.close()
            heart.join(2 * HEARTBEAT)

    def _refused(self, command: Command, channel: Channel) -> RolloutError:
        try:
            deadline = time.monotonic() + 15
            _, why = _drain(channel, deadline)
            return self._failed(command, why, ended(channel, deadline))
        except LOST as error:
            return self._cut(command, error)

    def close(self) -> None:
        self._connection.close()


def _send_part(channel: Channel, part: Part) -> None:
    head = {"file": part.file, "offset": part.offset, "bytes": part.bytes}
    channel.sendall(json.dumps(head).encode() + b"\n")
    with part.path.open("rb") as file:
        file.seek(part.offset)
        left = part.bytes
        while left and (piece := file.read(min(PIECE, left))):
            channel.sendall(piece)
            left -= len(piece)


def _drain(channel: Channel, deadline: float) -> tuple[str, str]:
    said, complaint = io.BytesIO(), io.BytesIO()
    for read, into in ((channel.recv, said), (channel.recv_stderr, complaint)):
        while True:
            channel.settimeout(max(deadline - time.monotonic(), 0.01))
            part = read(65536)
            if not part:
                break
            into.write(part)
    return said.getvalue().decode("utf-8", "replace"), complaint.getvalue().decode("utf-8", "replace")


def _beat(channel: Channel, over: threading.Event) -> None:
    with contextlib.suppress(*LOST):
        while not over.wait(HEARTBEAT):
            channel.sendall(b".")


def _verb(command: Command) -> str:
    words = command.argv[command.argv.index("--") + 1 :] if "--" in command.argv else command.argv
    return words[4] if words[0] == "python3" else " ".join(words[:2])
