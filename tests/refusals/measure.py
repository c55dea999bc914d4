"""What ran and how verbs ended while pytest ran: lines by coverage, endings by run logs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from traceback import walk_stack

from coverage import CoverageData

from release_format.cli import Program
from release_format.exit_codes import COULD_NOT_TELL, ProgramError
from tests.refusals.places import PACKAGES

ROOT = Path(__file__).parents[2]
ENDINGS = "REFUSALS_ENDINGS"
MEASURED = """[run]
parallel = true
patch = subprocess, _exit, execv
sigterm = true
disable_warnings = no-data-collected, module-not-measured, module-not-imported
omit = */tests/*
include =
"""


def measure(arguments: Sequence[str], data: Path) -> int:
    """Run pytest, and keep in a folder which lines ran and how each verb ended."""
    data.mkdir(parents=True, exist_ok=True)
    # Of a short name: sockets lie in it.
    with tempfile.TemporaryDirectory() as folder:
        include = "".join(f"    */{package}/*\n" for package in PACKAGES)
        (rc := Path(folder) / "rc").write_text(f"{MEASURED}{include}", encoding="utf-8")
        begin = ("coverage", "run", f"--rcfile={rc}", f"--data-file={data}/lines", "-m", "pytest")
        command = (
            sys.executable,
            "-m",
            *begin,
            "-p",
            "tests.refusals.measure",
            f"--basetemp={folder}/t",
        )
        environment = {**os.environ, ENDINGS: f"{data}/endings"}
        done = subprocess.run((*command, *arguments), cwd=ROOT, env=environment, check=False)
        logs = [log.read_text("utf-8", "replace") for log in Path(folder).rglob("*.jsonl")]
    with (data / "endings").open("a", encoding="utf-8") as endings:
        for line in "\n".join(logs).splitlines():
            if '"event": "end", "verb":' in line:
                endings.write(line + "\n")
    return done.returncode


def pytest_load_initial_conftests() -> None:
    """Write down how verbs end that a test runs inside its own process."""
    run = Program.main

    def main(program: Program, arguments: Sequence[str]) -> int:
        code: object = COULD_NOT_TELL
        try:
            code = run(program, arguments)
        except (ProgramError, SystemExit) as error:
            code = error.exit_code if isinstance(error, ProgramError) else error.code or 0
            raise
        finally:
            if "run_program" not in {frame.f_code.co_name for frame, _ in walk_stack(None)}:
                end = {"program": program.package, "verb": arguments[:1], "exit_code": code}
                with Path(os.environ[ENDINGS]).open("a", encoding="utf-8") as endings:
                    endings.write(json.dumps(end) + "\n")
        return int(str(code))

    setattr(Program, "main", main)  # noqa: B010


def lines_of(data: Path) -> dict[str, set[int]]:
    """The lines that ran of every module, by its path in the tree, wherever a copy of it lay."""
    lines: dict[str, set[int]] = defaultdict(set)
    for file in data.glob("lines.*"):
        (ran := CoverageData(str(file))).read()
        for name in ran.measured_files():
            parts = Path(name).parts
            first = max(number for number, part in enumerate(parts) if part in PACKAGES)
            lines["/".join(parts[first:])].update(ran.lines(name) or ())
    return lines


def ends_of(data: Path) -> Counter[tuple[str, int]]:
    """How many runs ended with which exit code, by program and verb."""
    ends = map(json.loads, (data / "endings").read_text("utf-8").splitlines())
    return Counter((f"{end['program']} {''.join(end['verb'])}", end["exit_code"]) for end in ends)
