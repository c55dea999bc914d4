"""What the whole data gate costs, by a number of rows (`python benchmarks/data_gate.py`).

A catalogue of that size, one row in a hundred changed since live: read, judged, compared,
Deepchecks, sealed. The environment for Deepchecks is made before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.machine import machine  # noqa: E402
from benchmarks.recorded import add_options, tell  # noqa: E402
from data_checks.comparison.suite_runner import environment  # noqa: E402
from release_format.cli import Parser, run_program  # noqa: E402
from release_format.progress import say  # noqa: E402

ROWS, WORDS, CHANGED = 63_000, 90, 0.01


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table or the JSON."""
    options = (parser := _parser()).parse_args(arguments)
    environment()
    measured = measure(options.rows)
    tell("data_gate", parser, options, measured, table(measured))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python benchmarks/data_gate.py",
        description=__doc__,
        example="python benchmarks/data_gate.py",
    )
    parser.add_argument("--rows", type=int, default=ROWS, help="default %(default)s")
    add_options(parser)
    return parser


def catalogue(rows: int, *, changed: float) -> Iterator[str]:
    """Rows of made-up words, as frequent as words are; a few say one word more."""
    chance = random.Random(1)
    words = [f"word{n}" for n in range(30_000)]
    weights = [1 / (n + 5) for n in range(len(words))]
    drawn = chance.choices(words, weights, k=400_000)
    changes = random.Random(2)
    for number in range(rows):
        start = chance.randrange(len(drawn) - WORDS)
        text = " ".join(drawn[start : start + chance.randint(WORDS // 3, WORDS)])
        more = " anew" if changes.random() < changed else ""
        row = {
            "id": f"item-{number:07}",
            "title": f"Item {number} {drawn[start]}",
            "description": text + more,
            "topics": [f"topic {number % 50}"],
            "url": f"https://items.example/{number}",
        }
        yield json.dumps(row) + "\n"


def measure(rows: int) -> dict[str, Any]:
    """All figures of one run."""
    with tempfile.TemporaryDirectory(prefix="bench.") as name:
        folder = Path(name)
        ids: list[str] = []
        figures: dict[str, Any] = {}
        for kind, changed, live in (("first", 0.0, False), ("one percent changed", CHANGED, True)):
            (path := folder / f"{kind}.jsonl").write_text(
                "".join(catalogue(rows, changed=changed)), encoding="utf-8"
            )
            say(f"Admitting {rows:,} rows ({kind}) …")
            options = ["--live", ids[0]] if live else []
            ids.append(admit(folder, path, options, figures, kind))
        started = time.monotonic()
        line(folder, "diff", *ids)
        figures["diff"] = {"seconds": round(time.monotonic() - started, 2)}
    return {"rows": rows, "machine": machine(), **figures}


def admit(folder: Path, path: Path, options: list[str], figures: dict[str, Any], kind: str) -> str:
    """One admission: its id, and what it cost by the clock, in processor seconds and in memory."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    folders = ["--report", str(folder / "reports"), "--reviewed", str(folder)]
    output = line(folder, "admit", str(path), *folders, *options)
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    figures[kind] = {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "peak_mb": after.ru_maxrss // 1024,
    }
    return output.strip().splitlines()[-1]


def line(folder: Path, *arguments: str) -> str:
    """Type one line of the data gate; its output."""
    command = [sys.executable, "-m", "data_checks", *arguments, "--store", str(folder / "store")]
    process = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return process.stdout


def table(measured: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        f"{measured['rows']:,} rows, {measured['machine']}",
        "",
        "| | seconds | CPU seconds | largest process, MB |",
        "|-|-:|-:|-:|",
    ]
    for kind in ("first", "one percent changed", "diff"):
        figures = measured[kind]
        lines.append(
            f"| {kind} | {figures['seconds']} | {figures.get('cpu_seconds', '')} |"
            f" {figures.get('peak_mb', '')} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(run_program("data_gate", main))
