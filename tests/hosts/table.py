"""Table of proven failures: a row is written in its place, and the others stay."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import machine
from tests.hosts.load import Load

PATH = Path(__file__).parents[2] / "docs/proofs/rollout_failures.md"
HEAD = """# Rollouts that fail

Written by `make proof` (tests/hosts): real sshd, HAProxy and Docker engines, each host a network
namespace. A row is one failure, what was promised, whether that was seen, how many of the visitors'
requests failed meanwhile, and the seconds from the beginning of the failing rollout to the end of
the one that repaired it. Visitors ask without pause, with and without keeping their connection, by
GET and by POST; every answer but 200, every reset and every timeout counts.
Words: the [glossary](../glossary.md).
"""
COLUMNS = (
    "| failure | promised | seen | failed / requests | seconds | day |\n|---|---|---|--:|--:|---|\n"
)


@dataclass
class Row:
    """One failure while it is being watched."""

    load: Load | None = None

    def visitors(self, load: Load) -> Load:
        """These are counted in the row."""
        self.load = load
        return load

    def counted(self) -> str:
        return (
            f"{self.load.counted.failures} / {self.load.counted.requests:,}" if self.load else "–"
        )


@contextlib.contextmanager
def watched(failure: str, promised: str) -> Iterator[Row]:
    """Watch one failure; its row is written however it ends."""
    row, began, seen = Row(), time.monotonic(), "**no**"
    try:
        yield row
        seen = "yes"
    finally:
        seconds = time.monotonic() - began
        day = time.strftime("%Y-%m-%d", time.gmtime())
        write(
            failure,
            f"| {failure} | {promised} | {seen} | {row.counted()} | {seconds:.1f} | {day} |",
        )


def write(failure: str, row: str) -> None:
    """Put a row in its place: over the one of the same failure, or at the end."""
    rows = {}
    if PATH.exists():
        rows = {
            line.split(" | ")[0]: line
            for line in PATH.read_text(encoding="utf-8").splitlines()
            if line[:2] == "| "
        }
    rows.pop("| failure", None)
    rows[f"| {failure}"] = row
    PATH.parent.mkdir(parents=True, exist_ok=True)
    text = f"{HEAD}\n{machine()}\n\n{COLUMNS}" + "".join(f"{line}\n" for line in rows.values())
    PATH.write_text(text, encoding="utf-8")
