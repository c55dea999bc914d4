"""A command line for a host, as a value."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Command:
    """One command line for a host.

    `assume` is what a rehearsal takes for its answer when it may not be run. What it reads may hold
    secrets: it is never shown.
    """

    argv: tuple[str, ...]
    stdin: bytes = field(default=b"", repr=False)
    changes: bool = True
    timeout: float = 60.0
    assume: str = "{}"

    def line(self) -> str:
        """The command as a shell reads it."""
        return shlex.join(self.argv)
