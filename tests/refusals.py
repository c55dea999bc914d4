"""`make refusals`: which refusals and exit codes the tests reach, as docs/proofs/refusals.md."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from traceback import walk_stack
from types import NoneType
from typing import NamedTuple

from coverage import CoverageData

from benchmarks.machine import machine
from release_format.cli import Program
from release_format.exit_codes import COULD_NOT_TELL, ProgramError

ROOT = Path(__file__).parent.parent
PAGE, DATA = ROOT / "docs/proofs/refusals.md", ROOT / "var/refusals"
PACKAGES = ("release_format", "data_checks", "index_builder", "searchbar", "deployer", "forge")
ENDINGS = "REFUSALS_ENDINGS"
# Verbs that no gate and no policy can refuse with exit code 1.
UNGATED = {
    "data_checks diff", "data_checks pull", "deployer freeze", "deployer prepare", "deployer prune",
    "deployer unhold", "deployer withdraw", "forge live", "forge notify", "index_builder evaluate",
    "index_builder ledger", "searchbar ask", "searchbar batch", "searchbar serve",
}  # fmt: skip
# Why no test here reaches a place (its file and function) or an exit code (its verb and number).
HOST = "the host's program runs without site packages, unmeasured: tests/deployer/host/test_lock.py"
REASONS: Mapping[str, str] = {
    "deployer/host/__main__.py main": HOST,
    "deployer/host/lock.py hold": HOST,
    "deployer/host/lock.py _take": HOST,
    "data_checks/comparison/suite.py": "Deepchecks has an environment of its own, unmeasured:"
    " tests/data_checks/comparison/test_suite.py",
    "searchbar/commands/serve.py run": "uvicorn raises the signal that stopped it again, and that"
    " ends the program with 0",
    "forge notify 3": "it ends with 0 whatever happens, so that no message stops a line",
}
MEASURED = """[run]
parallel = true
patch = subprocess, _exit, execv
sigterm = true
disable_warnings = no-data-collected, module-not-measured, module-not-imported
omit = */tests/*
include =
"""
HEAD = """# Refusals and exit codes that the tests reach

Written by `make refusals`. A refusal is a place that makes an error with an exit code and a
sentence; it is reached when a test ran that very line, in whatever process. Below stands how many
runs of each verb in the tests ended with which exit code; – where no gate and no policy says no.
"""


class Site(NamedTuple):
    """A place that makes a refusal, or chooses an exit code."""

    path: str
    line: int
    function: str
    is_refusal: bool


def sites(root: Path, packages: Sequence[str] = PACKAGES) -> list[Site]:
    """Every such place of these packages."""
    paths = [path for package in packages for path in sorted((root / package).rglob("*.py"))]
    trees = {path.relative_to(root).as_posix(): ast.parse(path.read_bytes()) for path in paths}
    kinds = {"ProgramError", "HostError"}
    while more := {n for tree in trees.values() for n in _named(tree, ast.ClassDef, kinds)} - kinds:
        kinds |= more
    helpers = {path: set(_named(tree, ast.FunctionDef, kinds)) for path, tree in trees.items()}
    public = kinds | {n for names in helpers.values() for n in names if not n.startswith("_")}
    return [
        Site(path, node.lineno, function, is_refusal)
        for path, tree in trees.items()
        for node, function, is_refusal in _chosen(tree, "", public | helpers[path], _codes(tree))
    ]


def _named(tree: ast.AST, kind: type[ast.stmt], kinds: set[str]) -> Iterator[str]:
    """The classes that derive from one of these kinds, or the functions that return one."""
    for node in ast.walk(tree):
        if isinstance(node, kind) and isinstance(node, ast.ClassDef | ast.FunctionDef):
            uses = node.bases if isinstance(node, ast.ClassDef) else [node.returns]
            if kinds & {_name(use) for use in uses if use}:
                yield node.name


def _name(node: ast.AST) -> str:
    return ast.unparse(node).rpartition(".")[2]


def _codes(tree: ast.AST) -> set[str]:
    """What exit codes are called in this module."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return {a.name for i in imports if (i.module or "").endswith("exit_codes") for a in i.names}


def _chosen(
    node: ast.AST, function: str, kinds: set[str], codes: set[str]
) -> Iterator[tuple[ast.expr, str, bool]]:
    """What makes a refusal or chooses an exit code below a node, and in which function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            name, is_ours = _name(child.func), isinstance(child.func, ast.Name)
            if name in kinds and (is_ours or name.startswith("_")):
                yield child.func, function, True
            elif ast.unparse(child.func) == "sys.exit":
                yield child.func, function, False
        elif isinstance(child, ast.Return) and not isinstance(child.value, ast.Call | NoneType):
            uses = [n for n in ast.walk(child) if isinstance(n, ast.Name | ast.Attribute)]
            if {_name(use) for use in uses} & (codes | {"exit_code"}):
                yield child.value, function, False
        inner = function
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{function}.{child.name}".lstrip(".")
        yield from _chosen(child, inner, kinds, codes)


def verbs(root: Path) -> list[str]:
    """Every program with every verb."""
    return [
        f"{program} {path.stem.replace('_', '-')}"
        for program in PACKAGES
        for path in sorted((root / program / "commands").glob("*.py"))
        if "\nEXAMPLE = " in path.read_text("utf-8")
    ]


def measure(arguments: Sequence[str], data: Path) -> int:
    """Run pytest, and keep in a folder which lines ran and how each verb ended."""
    data.mkdir(parents=True, exist_ok=True)
    # Of a short name: sockets lie in it.
    with tempfile.TemporaryDirectory() as folder:
        include = "".join(f"    */{package}/*\n" for package in PACKAGES)
        (rc := Path(folder) / "rc").write_text(f"{MEASURED}{include}", encoding="utf-8")
        begin = ("coverage", "run", f"--rcfile={rc}", f"--data-file={data}/lines", "-m", "pytest")
        command = (sys.executable, "-m", *begin, "-p", "tests.refusals", f"--basetemp={folder}/t")
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


def page(data: Path, root: Path = ROOT) -> tuple[str, list[str]]:
    """The tables, and what lacks a test and has no reason to."""
    every, lines, ends = sites(root), lines_of(data), _ends(data)
    text = "| package | refusals | reached | choices of an exit code | reached |\n"
    text += "|---|--:|--:|--:|--:|\n"
    for package in ("", *PACKAGES):
        cells = []
        for is_refusal in (True, False):
            own = [s for s in every if s.is_refusal is is_refusal and s.path.startswith(package)]
            cells += [len(own), sum(s.line in lines[s.path] for s in own)]
        text += f"| {package or '**all**'} | {' | '.join(map(str, cells))} |\n"
    text += "\n| runs of | 0 | 1 | 2 | 3 |\n|---|--:|--:|--:|--:|\n"
    missing = Counter(
        f"{s.path} {s.function}".strip() for s in every if s.line not in lines[s.path]
    )
    for verb in verbs(root):
        cells = [ends[verb, code] for code in range(4)]
        absent = [code for code in range(4) if not (cells[code] or (code == 1 and verb in UNGATED))]
        missing.update(f"{verb} {code}" for code in absent)
        shown = [str(cells[code] or ("0" if code in absent else "–")) for code in range(4)]
        text += f"| {verb} | {' | '.join(shown)} |\n"
    rows = [
        f"- `{m}` ({n}): {REASONS.get(m, '**a test is missing**')}\n" for m, n in missing.items()
    ]
    text += "\n## What no test reaches\n\n" + ("".join(rows) or "Nothing.\n")
    return text, [name for name in missing if name not in REASONS]


def _ends(data: Path) -> Counter[tuple[str, int]]:
    """How many runs ended with which exit code, by program and verb."""
    ends = map(json.loads, (data / "endings").read_text("utf-8").splitlines())
    return Counter((f"{end['program']} {''.join(end['verb'])}", end["exit_code"]) for end in ends)


def main(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments and write the page; --add keeps what earlier runs reached."""
    if "--add" not in arguments:
        shutil.rmtree(DATA, ignore_errors=True)
    code = measure([word for word in arguments if word != "--add"], DATA)
    text, missing = page(DATA)
    head = f"{HEAD}\n{time.strftime('%Y-%m-%d', time.gmtime())}, {machine()}\n\n"
    PAGE.write_text(head + text, encoding="utf-8")
    for name in missing:
        print(f"A test is missing: {name}")
    return code or int(bool(missing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
