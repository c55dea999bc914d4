"""Remote: a host over SSH, which runs commands and takes files."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from deployer.command import Command
from deployer.errors import NoProgramsError, RolloutError
from deployer.hosts import Environment, Host
from deployer.transport.connection import LOST, Connection, cause
from deployer.transport.frame import PIECE
from deployer.transport.machine import FileRange
from deployer.transport.running import Ended, Running, UnansweredError
from release_format.exit_codes import COULD_NOT_TELL, NO
from release_format.untrusted_json import parse_json

CHANNELS = 4
HEARTBEAT_SECONDS = 1.0
HOLD_SECONDS = 15.0
# How Python ends that cannot open its program; host programs end so on a wrong command line only.
NOT_OPENED = 2
# How a shell ends that has no such program.
NOT_FOUND = 127


class Remote:
    """One host over one SSH connection."""

    def __init__(self, environment: Environment, host: Host, user: str = "") -> None:
        self.host = host
        self._connection = Connection(environment, host, user or environment.user)

    def read(self, command: Command) -> str:
        return self.run(command)

    def ask(self, command: Command) -> Any:
        ended = self._ended(command)
        if ended.code == NO:
            self._refuse(command, ended.output)
        self._check(command, ended)
        return self._answer(command, ended.output)

    def _answer(self, command: Command, text: str) -> dict[str, Any]:
        try:
            answer = parse_json(text)
        except ValueError as error:
            raise self._failed(
                command, f"its answer cannot be read ({error}). Look at the host."
            ) from error
        if not isinstance(answer, dict):
            raise self._failed(command, "its answer cannot be read: no record. Look at the host.")
        return answer

    def _refuse(self, command: Command, text: str) -> None:
        """Say no where the record says so: much else ends with 1, sudo and Python itself too."""
        with contextlib.suppress(ValueError):
            answer = parse_json(text)
            if isinstance(answer, dict) and "no" in answer:
                raise RolloutError(f"{self.host.name}: {_verb(command)}: {answer['no']}", NO)

    def run(self, command: Command) -> str:
        """Run a command; what it wrote to standard output.

        Raises:
            RolloutError: it ended with another code than 0, took too long, or the connection broke.
        """
        ended = self._ended(command)
        self._check(command, ended)
        return ended.output

    def _ended(self, command: Command) -> Ended:
        deadline = time.monotonic() + command.timeout
        with (
            self._explained(command, command.timeout),
            contextlib.closing(self._begin(command, command.timeout)) as running,
        ):
            running.send(command.stdin)
            running.send_no_more()
            return running.ended(deadline)

    def _begin(self, command: Command, patience: float) -> Running:
        return Running(self._connection, command.line(), patience)

    @contextlib.contextmanager
    def _explained(self, command: Command, patience: float) -> Iterator[None]:
        """What breaks in the block, as a sentence."""
        try:
            yield
        except UnansweredError as error:
            raise self._failed(command, str(error)) from error
        except TimeoutError as error:
            raise self._failed(
                command, f"no answer within {patience:.0f} s. Look at the host, then run it again."
            ) from error
        except LOST as error:
            raise self._failed(
                command,
                f"the connection was cut ({cause(error)}). Run it again; it goes on where it"
                " stopped.",
            ) from error

    def _check(self, command: Command, ended: Ended) -> None:
        if ended.code:
            raise self._failed(command, ended.errors or ended.output, ended.code)

    def _failed(self, command: Command, why: str, code: int = COULD_NOT_TELL) -> RolloutError:
        """Could not tell, whatever the code: only a host program's own record says no."""
        lines = why.strip().splitlines() or [f"it ended with {code} and gave no reason"]
        sentence = lines[-1]
        if code == NOT_FOUND and command.argv[0] == "python3":
            sentence = "there is no python3 on it. Run `make prepare` for it first."
        elif not sentence.endswith((".", "`")):
            sentence = f"{sentence}. Look at the host."
        lacks_programs = code == NOT_OPENED and command.argv[0] == "python3"
        kind = NoProgramsError if lacks_programs else RolloutError
        return kind(f"{self.host.name}: {_verb(command)}: {sentence}", COULD_NOT_TELL)

    def send(self, command: Command, ranges: Sequence[FileRange]) -> int:
        unsent: queue.SimpleQueue[FileRange] = queue.SimpleQueue()
        for file_range in ranges:
            unsent.put(file_range)
        errors: list[RolloutError] = []
        senders = [
            threading.Thread(target=self._send_queue, args=(command, unsent, errors), daemon=True)
            for _ in range(min(CHANNELS, len(ranges)))
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        if errors:
            raise errors[0]
        return sum(file_range.bytes for file_range in ranges)

    def _send_queue(
        self, command: Command, unsent: queue.SimpleQueue[FileRange], errors: list[RolloutError]
    ) -> None:
        try:
            with (
                self._explained(command, command.timeout),
                contextlib.closing(self._begin(command, 60)) as running,
            ):
                while not errors:
                    try:
                        _send_range(running, unsent.get_nowait())
                    except queue.Empty:
                        break
                running.send_no_more()
                self._check(command, running.ended(time.monotonic() + command.timeout))
        except RolloutError as error:
            errors.append(error)

    @contextlib.contextmanager
    def hold(self, command: Command) -> Iterator[Any]:
        with contextlib.ExitStack() as stack:
            with self._explained(command, HOLD_SECONDS):
                running = stack.enter_context(
                    contextlib.closing(self._begin(command, HOLD_SECONDS))
                )
                answer = self._first_answer(command, running)
            over = threading.Event()
            heartbeat = threading.Thread(target=_send_heartbeats, args=(running, over), daemon=True)
            heartbeat.start()
            try:
                yield answer
            finally:
                over.set()
                running.close()
                heartbeat.join(2 * HEARTBEAT_SECONDS)

    def _first_answer(self, command: Command, running: Running) -> Any:
        deadline = time.monotonic() + HOLD_SECONDS
        if not (line := running.first_line(deadline)):
            self._check(command, running.ended(deadline))
        self._refuse(command, line)
        return self._answer(command, line)

    def close(self) -> None:
        self._connection.close()


def _send_range(running: Running, file_range: FileRange) -> None:
    head = {"file": file_range.file, "offset": file_range.offset, "bytes": file_range.bytes}
    running.send(json.dumps(head).encode() + b"\n")
    with file_range.path.open("rb") as file:
        file.seek(file_range.offset)
        left = file_range.bytes
        while left and (piece := file.read(min(PIECE, left))):
            running.send(piece)
            left -= len(piece)


def _send_heartbeats(running: Running, over: threading.Event) -> None:
    with contextlib.suppress(*LOST):
        while not over.wait(HEARTBEAT_SECONDS):
            running.beat(b".")


def _verb(command: Command) -> str:
    words = command.argv[command.argv.index("--") + 1 :] if "--" in command.argv else command.argv
    return words[4] if words[0] == "python3" else " ".join(words[:2])
