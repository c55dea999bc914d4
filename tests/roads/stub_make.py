"""A `make` that only writes down what was typed, and what the Jenkinsfile types of each kind of
build."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.whole_line.line import RECORDED

# Of a job's environment only what the line's verbs read.
WATCHED = (
    *("BRANCH_NAME", "CHANGE_", "SEARCHBAR_", "LIVE_", "FORGE_", "SHARED", "EVIDENCE", "TEXT"),
    *("WORKFLOW_RUN", "BUILD_URL", "ROLLOUT_KEY", "SSH_AUTH_SOCK"),
)
# Started often, so without what site-packages would add.
PROGRAM = """#!{python} -IS
import json, os, pathlib, sys
here = pathlib.Path({folder!r})
line = " ".join(["make", *sys.argv[1:]])
env = {{k: v for k, v in os.environ.items() if k.startswith({watched!r})}}
with (here / "typed.jsonl").open("a") as log:
    log.write(json.dumps({{"line": line, "env": env, "folder": os.getcwd()}}) + "\\n")
plan = json.loads((here / "plan.json").read_text())
for name, text in plan["writes"].get(line, {{}}).items():
    pathlib.Path(name).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(name).write_text(text)
sys.stdout.write(plan["prints"].get(line, ""))
sys.exit(plan["fails"].get(line, 0))
"""


@dataclass(frozen=True)
class Typed:
    """One line, with those of its variables that the line's verbs read."""

    line: str
    env: Mapping[str, str]
    folder: str


@dataclass(frozen=True)
class StubMake:
    """Where the stub lies; `path` is a PATH that finds it first."""

    folder: Path

    @property
    def path(self) -> str:
        return f"{self.folder}{os.pathsep}{os.environ['PATH']}"

    def typed(self) -> list[Typed]:
        """What was typed so far, oldest first."""
        log = self.folder / "typed.jsonl"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [Typed(**json.loads(line)) for line in lines]

    def lines(self) -> list[str]:
        return [one.line for one in self.typed()]


def stub_make(
    folder: Path,
    *,
    prints: Mapping[str, str] | None = None,
    writes: Mapping[str, Mapping[str, str]] | None = None,
    fails: Iterable[str] | Mapping[str, int] = (),
) -> StubMake:
    """Put a stub into a folder.

    `prints` is what a line says, `writes` the files that it leaves (name → text), `fails` the
    lines that end badly (with which exit code, else 1).
    """
    folder.mkdir(parents=True, exist_ok=True)
    codes = dict(fails) if isinstance(fails, Mapping) else dict.fromkeys(fails, 1)
    plan = {"prints": dict(prints or {}), "writes": dict(writes or {}), "fails": codes}
    (folder / "plan.json").write_text(json.dumps(plan, default=dict), encoding="utf-8")
    program = folder / "make"
    program.write_text(
        PROGRAM.format(python=sys.executable, folder=str(folder), watched=WATCHED),
        encoding="utf-8",
    )
    program.chmod(0o755)
    return StubMake(folder)


def recorded_lines(kind: str) -> list[str]:
    """What the Jenkinsfile types of a kind of build: "pull request", "stage", "prod", "hotfix",
    "comment", "daily"."""
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    return [event["line"] for event in recorded[kind]]
