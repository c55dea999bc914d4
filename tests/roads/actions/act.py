"""Runs the workflows for real, in a scratch repository, by act and without containers: every step
of ours, with a `make` and a `gh` that only write down, and with stand-ins for others' actions."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forge.conftest import git
from tests.roads.stub_make import StubMake
from tests.whole_line.line import ROOT

ACT = Path(sys.executable).parent / "act"
WORKFLOWS = ROOT / ".github/workflows"
FILES = (".github/workflows", ".github/with_rollout_key.sh", ".github/show_evidence.sh")
# An action of others, as far as a run without GitHub needs it: it says what it was given.
STAND_IN = """name: stand-in
runs:
  using: composite
  steps:
    - run: 'true'
      shell: bash
"""


@dataclass(frozen=True)
class Ran:
    """How act ended, what it said, and the jobs that did anything."""

    code: int
    log: str

    @property
    def jobs(self) -> list[str]:
        return sorted({json.loads(line).get("jobID", "") for line in self._steps()})

    def _steps(self) -> list[str]:
        return [line for line in self.log.splitlines() if line.startswith("{") and '"step"' in line]


def scratch_repository(folder: Path) -> Path:
    """The workflows and what they type, as the only commit of a repository on `stage`."""
    tree = folder / "tree"
    for name in FILES:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, tree / name)
    git(tree, "init", "--quiet")
    git(tree, "remote", "add", "origin", "https://github.com/team/searchbar.git")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "-m", "The workflows")
    return tree


def pinned_actions() -> set[str]:
    """Every action of others that the workflows use, with its commit."""
    texts = (path.read_text(encoding="utf-8") for path in WORKFLOWS.glob("*.yml"))
    return {name for text in texts for name in re.findall(r"uses: ([\w.-]+/[\w./-]+@\S+)", text)}


def run_act(
    tree: Path,
    make: StubMake,
    workflow: str,
    event: str,
    payload: Mapping[str, Any],
    *,
    secrets: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Ran:
    """Let one event happen; returns how it ended."""
    stand_in = make.folder / "action"
    stand_in.mkdir(exist_ok=True)
    (stand_in / "action.yml").write_text(STAND_IN, encoding="utf-8")
    (event_file := make.folder / "event.json").write_text(json.dumps(payload), encoding="utf-8")
    home = make.folder / "home"
    (home / ".config/act").mkdir(parents=True, exist_ok=True)
    (home / ".config/act/actrc").touch()
    words = [str(ACT), event, "-W", f".github/workflows/{workflow}.yml", "--json"]
    words += ["-e", str(event_file)]
    words += ["-P", "ubuntu-24.04=-self-hosted", "--no-cache-server", "--action-offline-mode"]
    for name in pinned_actions():
        words += ["--local-repository", f"{name}={stand_in}"]
    given = {"LINE": "actions", **(variables or {})}
    words += [word for name, value in given.items() for word in ("--var", f"{name}={value}")]
    words += [w for n, v in (secrets or {}).items() for w in ("-s", f"{n}={v}")]
    clean = {
        n: v
        for n, v in os.environ.items()
        if not n.startswith(("FORGE_", "SEARCHBAR_", "BRANCH_", "CHANGE_", "GITHUB_", "ACT"))
    }
    environment = {**clean, "HOME": str(home), "PATH": make.path, "XDG_CACHE_HOME": str(home)}
    done = subprocess.run(
        words, cwd=tree, env=environment, capture_output=True, text=True, timeout=120
    )
    return Ran(done.returncode, done.stdout + done.stderr)
