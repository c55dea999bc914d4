"""Fixtures of the data gate: admitting in this process, and two live snapshots."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from data_checks.__main__ import main
from data_checks.comparison import suite_runner
from release_format.cli import run_program
from release_format.store.folder import Folder
from release_format.verdict import Outcome, Verdict
from tests.data_checks.library import library, write_jsonl

# The suite as it is, imported once for all resamples.
LOOP = (
    "import importlib.util, sys; spec = importlib.util.spec_from_file_location('suite',"
    " sys.argv[1]);suite = importlib.util.module_from_spec(spec);"
    " spec.loader.exec_module(suite)\nfor line in sys.stdin: suite.main(line.split());"
    " print('done', flush=True)"
)


@dataclass(frozen=True)
class Admitted:
    """The answer of `admit`."""

    code: int
    stderr: str
    id: str
    reports: Path

    @property
    def verdict(self) -> Verdict:
        return Verdict.from_json((self.reports / "data-verdict.json").read_bytes())

    @property
    def refused_by(self) -> list[str]:
        return [condition.name for condition in self.verdict.refusals()]

    def answer(self, name: str) -> Outcome:
        return next(c.answer for c in self.verdict.conditions if c.name == name)

    @property
    def quarantine(self) -> list[dict[str, Any]]:
        lines = (self.reports / "data-quarantine.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    @property
    def rules(self) -> dict[str, int]:
        return dict(self.verdict.facts["quarantined_by_rule"])


Admit = Callable[..., Admitted]


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "store")


@pytest.fixture
def admit(tmp_path: Path, store: Folder, capsys: pytest.CaptureFixture[str]) -> Admit:
    """`python -m data_checks admit CATALOGUE …`, in this process and a store of its own."""

    def run(catalogue: Path | str, *options: str, live: Path | str = "") -> Admitted:
        reports = tmp_path / "reports"
        folders = ["--store", str(store.root), "--report", str(reports)]
        arguments = ["admit", str(catalogue), *folders, *options]
        arguments += ["--live", str(live)] if live else []
        if "--reviewed" not in options:
            arguments += ["--reviewed", str(catalogue if Path(catalogue).is_dir() else tmp_path)]
        code = run_program("data_checks", main, arguments)
        out, err = capsys.readouterr()
        return Admitted(code, err, out.strip().rpartition("\n")[2], reports)

    return run


def admitted_once(folder: Path, size: int) -> Path:
    """A sealed snapshot of a library."""
    catalogue = write_jsonl(folder / "library.jsonl", library(size))
    store = folder / "store"
    folders = ["--store", str(store), "--report", str(folder), "--reviewed", str(folder)]
    assert run_program("data_checks", main, ["admit", str(catalogue), *folders]) == 0
    (snapshot,) = (
        path for path in (store / "snapshots").iterdir() if not path.name.startswith(".")
    )
    return snapshot


@pytest.fixture(scope="session")
def small_live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot too small for drift to mean anything: only exact comparisons are asked."""
    return admitted_once(tmp_path_factory.mktemp("small"), 190)


@pytest.fixture(scope="session")
def large_live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot large enough for Deepchecks."""
    return admitted_once(tmp_path_factory.mktemp("large"), 2_600)


@pytest.fixture
def warm_suite(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Deepchecks in its own environment, kept running."""
    python, suite = str(suite_runner.environment()), str(suite_runner.SUITE)
    command = [python, "-P", "-W", "ignore", "-c", LOOP, suite]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:

        def call(python: Path, folder: Path, checks: Sequence[str]) -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{folder} {' '.join(checks)}\n")
            process.stdin.flush()
            return process.stdout.readline()

        monkeypatch.setattr(suite_runner, "_call", call)
        yield
        process.kill()
