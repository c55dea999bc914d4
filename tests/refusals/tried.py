"""`make tried`: what was tried on the line, how it ended and what it said, as docs/proofs/tried.md.

A test calls `tried` where it has seen an ending; the table is written from the tests that ran.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import machine
from release_format.progress import printable

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/proofs/tried.md"
RECORD = "TRIED"
HEAD = """# What was tried on the line, and how it ended

Written by `make tried`, which runs the tests that make these things happen: real git remotes with
real hooks, real stores in folders and buckets, real tables, a real PostgreSQL and real web
servers. Exit 1: a gate or the line's policy
said no · 2: somebody must change the command, a file or a setting · 3: could not tell, so it may
help to wait. Words: the [glossary](../glossary.md).
"""
LONGEST = 260


def tried(kind: str, what: str, code: int, sentence: str) -> None:
    """Write down one thing that a test tried.

    Args:
        kind: the part of the line that it is about.
        what: the input or the trouble, in a few words.
        code: the exit code.
        sentence: what the program said; of several lines the last counts.
    """
    if not (record := os.environ.get(RECORD)):
        return
    lines = [line for line in sentence.strip().splitlines() if line.strip()]
    row = {"kind": kind, "what": what, "code": code, "sentence": lines[-1] if lines else ""}
    with Path(record).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def page(rows: Sequence[dict[str, object]], folder: str) -> str:
    """The table: one row a thing, in the order of kinds and things.

    Args:
        rows: what `tried` wrote.
        folder: where the tests had their files, which no sentence needs.
    """
    cells = {(str(row["kind"]), _cell(str(row["what"]), folder)): row for row in rows}
    text = "| kind | input | exit | sentence |\n|---|---|--:|---|\n"
    for (kind, what), row in sorted(cells.items()):
        text += f"| {kind} | {what} | {row['code']} | {_cell(str(row['sentence']), folder)} |\n"
    return text


def _cell(text: str, folder: str) -> str:
    text = re.sub(rf"{re.escape(folder)}(/[^/\s:]+)?/?", "", text) if folder else text
    text = printable(" ".join(text.split()))
    cut = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return cut.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def main(arguments: Sequence[str]) -> int:
    """Run the tests that try something (or those named) and write the page."""
    callers = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if "import tried" in path.read_text(encoding="utf-8") and path.parent.name != "refusals"
    ]
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "tried.jsonl"
        record.touch()
        files = f"{folder}/t"
        command = (sys.executable, "-m", "pytest", "-q", f"--basetemp={files}")
        environment = {**os.environ, RECORD: str(record)}
        done = subprocess.run(
            (*command, *(arguments or callers)), cwd=ROOT, env=environment, check=False
        )
        rows = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    head = (
        f"{HEAD}\n{time.strftime('%Y-%m-%d', time.gmtime())}, {machine()}: {len(rows)} tried.\n\n"
    )
    PAGE.write_text(head + page(rows, files), encoding="utf-8")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
