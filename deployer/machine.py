"""Here is a host that can be asked: over SSH (remote.py), or only in rehearsal, where all is written down."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from deployer.commands import Command
from deployer.hosts import Host


@dataclass(frozen=True)
class Part:
    """A stretch of a local file that a host lacks."""

    file: str
    path: Path
    offset: int
    bytes: int


class Machine(Protocol):
    """A host that can be asked: over SSH, or in rehearsal."""

    host: Host

    def ask(self, command: Command) -> Any:
        """Run a command; its answer read as JSON ({} when it says nothing)."""

    def read(self, command: Command) -> str:
        """What a command that changes nothing prints."""

    def send(self, command: Command, parts: Sequence[Part]) -> int:
        """Send parts of files through several channels to the command that receives them; returns the bytes."""

    def hold(self, command: Command) -> contextlib.AbstractContextManager[Any]:
        """Hold the host's lock while the block runs; gives what the lock says, its fence above all."""

    def close(self) -> None:
        """Let go of the connection."""


class Rehearsal:
    """A host on which nothing changes: what would be run is written down; what only reads is run where it can be."""

    def __init__(self, host: Host, write: Callable[[str], None], read: Callable[[Command], Any]) -> None:
        self.host, self._write, self._read = host, write, read

    def ask(self, command: Command) -> Any:
        if not command.changes:
            return self._read(command)
        self._put(command)
        return json.loads(command.assume)

    def read(self, command: Command) -> str:
        self._put(command)
        return ""

    def _put(self, command: Command) -> None:
        fed = f"   # reads {len(command.stdin):,} bytes" if command.stdin else ""
        self._write(f"{self.host.name}$ {command.line()}{fed}")

    def send(self, command: Command, parts: Sequence[Part]) -> int:
        size = sum(part.bytes for part in parts)
        self._write(f"{self.host.name}$ {command.line()}   # sent {size:,} bytes in {len(parts)} parts")
        return size

    @contextlib.contextmanager
    def hold(self, command: Command) -> Iterator[Any]:
        self._put(command)
        yield json.loads(command.assume)

    def close(self) -> None:
        """There is nothing to let go of."""
