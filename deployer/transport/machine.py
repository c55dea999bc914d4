"""Machine: a host that runs commands; in rehearsal, what would change it is only written down."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from deployer.command import Command
from deployer.host_bundle import host_programs
from deployer.host_commands import carried
from deployer.hosts import Host


@dataclass(frozen=True)
class FileRange:
    """A range of a local file that a host lacks; `file` is its name there."""

    file: str
    path: Path
    offset: int
    bytes: int


class Machine(Protocol):
    """A host that can be asked: over SSH, or in rehearsal."""

    host: Host

    def ask(self, command: Command) -> Any:
        """Run a host program; its answer, read as JSON."""

    def read(self, command: Command) -> str:
        """Run a program of another maker; what it prints."""

    def send(self, command: Command, ranges: Sequence[FileRange]) -> int:
        """Send ranges through several channels to the receiving command; returns the bytes."""

    def hold(self, command: Command) -> contextlib.AbstractContextManager[Any]:
        """Hold the host's lock while the block runs; gives its answer: a fence, or who has it."""

    def close(self) -> None:
        """Let go of the connection."""


class Rehearsal:
    """A host on which nothing changes: changes are written down, and only reads are run.

    Once it was to install the host programs, reads bring them along.
    """

    def __init__(
        self,
        host: Host,
        write: Callable[[str], None],
        read: Callable[[Command], Any],
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.host, self._write, self._read = host, write, read
        self.close = close
        self._lacks_programs = False

    def ask(self, command: Command) -> Any:
        if not command.changes:
            return self._read(carried(command) if self._lacks_programs else command)
        self._write_down(command)
        return json.loads(command.assume)

    def read(self, command: Command) -> str:
        self._write_down(command)
        self._lacks_programs |= command.stdin == host_programs().content
        return ""

    def _write_down(self, command: Command) -> None:
        note = f"   # reads {len(command.stdin):,} bytes" if command.stdin else ""
        self._write(f"{self.host.name}$ {command.line()}{note}")

    def send(self, command: Command, ranges: Sequence[FileRange]) -> int:
        size = sum(part.bytes for part in ranges)
        self._write(
            f"{self.host.name}$ {command.line()}   # sent {size:,} bytes in {len(ranges)} parts"
        )
        return size

    @contextlib.contextmanager
    def hold(self, command: Command) -> Iterator[Any]:
        self._write_down(command)
        yield json.loads(command.assume)
