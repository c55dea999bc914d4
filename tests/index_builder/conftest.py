"""Fixtures of the builder's tests: small real snapshots, and `build` typed as a person would."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from index_builder.__main__ import PROGRAM
from release_format.cli import run_program
from release_format.fields import Schema
from release_format.items import Item
from release_format.release import Release
from release_format.snapshot import Snapshot, seal_snapshot, write_content
from release_format.store.folder import Folder
from release_format.verdict import Verdict

ROOT = Path(__file__).parent.parent.parent
CATALOGUE = ROOT / "catalogue"

Admit = Callable[..., Snapshot]


def catalogue_items(count: int = 80) -> list[Item]:
    """The first items of the bundled catalogue, sorted by id."""
    topics = defaultdict(list)
    for row in _rows("project_topics.csv"):
        topics[row["id"]].append(row["topic"])
    items = {
        row["id"]: Item(
            row["id"],
            row["title"],
            row["description"],
            tuple(sorted(set(topics[row["id"]]))),
            row["url"],
        )
        for row in _rows("project_descriptions.csv")
    }
    return [items[id] for id in sorted(items)[:count]]


def _rows(name: str) -> list[dict[str, str]]:
    with (CATALOGUE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "store")


@pytest.fixture
def admit(store: Folder) -> Admit:
    """Seal items as a snapshot in the store, with the schema of their own fields if given."""

    def put(items: Iterable[Item], schema: Schema | None = None) -> Snapshot:
        with store.staging("snapshot") as directory:
            made_from = write_content(directory, items, [], schema)
            id = seal_snapshot(directory, made_from, Verdict("data", "", "", [])).id
        return Snapshot.open(store.path("snapshot", id))

    return put


@dataclass(frozen=True)
class Ended:
    """What a command said."""

    stdout: str
    stderr: str


@dataclass(frozen=True)
class Line:
    """Types `python -m index_builder build …` into one store."""

    store: Folder
    reports: Path

    def arguments(self, *given: str) -> list[str]:
        return [sys.executable, "-m", "index_builder", "build", *given, *self._where()]

    def _where(self) -> list[str]:
        return ["--store", str(self.store.root), "--report", str(self.reports)]

    def build(self, *given: str, check: int = 0) -> Ended:
        """Build within this process, which has what takes long to import."""
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run_program(PROGRAM.package, PROGRAM.main, self.arguments(*given)[3:])
        assert code == check, out.getvalue() + err.getvalue()
        return Ended(out.getvalue(), err.getvalue())

    def start(self, *given: str) -> subprocess.Popen[str]:
        """Start a build of its own."""
        return subprocess.Popen(
            self.arguments(*given),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell that runs the tests in the background has Ctrl-C ignored, and what it starts
            # inherits that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def release(self, *given: str) -> Release:
        id = self.build(*given).stdout.strip().splitlines()[-1]
        return Release.open(self.store.path("release", id))


@pytest.fixture
def line(store: Folder, tmp_path: Path) -> Line:
    return Line(store, tmp_path / "reports")
