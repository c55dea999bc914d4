"""Programs in place of docker and aws that write down what they were called with, and clones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Answers as its table says, by the beginning of its arguments; what it is told goes into a log.
PROGRAM = f"""#!{sys.executable}
import json, os, sys
name, folder = os.path.basename(sys.argv[0]), os.path.dirname(os.path.dirname(sys.argv[0]))
config = os.environ.get("DOCKER_CONFIG", "")
row = {{"argv": [name, *sys.argv[1:]], "stdin": "" if name == "aws" else sys.stdin.read()}}
row["config"] = {{p: open(os.path.join(config, p)).read() for p in ("config.json", "contexts/own")
                 if os.path.exists(os.path.join(config, p))}}
row["folder"] = config
with open(os.path.join(folder, "log"), "a") as log:
    log.write(json.dumps(row) + "\\n")
for answer in json.load(open(os.path.join(folder, "answers"))):
    if row["argv"][: len(answer["to"])] == answer["to"]:
        sys.stdout.write(answer.get("out", ""))
        sys.stderr.write(answer.get("err", ""))
        sys.exit(answer.get("code", 0))
"""


@dataclass(frozen=True)
class Recorder:
    """Stands in for docker and aws."""

    folder: Path

    def answers(self, *answers: dict[str, Any]) -> None:
        (self.folder / "answers").write_text(json.dumps(answers))

    @property
    def calls(self) -> list[dict[str, Any]]:
        log = self.folder / "log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    folder = tmp_path / "recorder"
    (folder / "bin").mkdir(parents=True)
    for name in ("docker", "aws"):
        (folder / "bin" / name).write_text(PROGRAM)
        (folder / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}/bin{os.pathsep}{os.environ['PATH']}")
    recorder = Recorder(folder)
    recorder.answers()
    return recorder


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A clone with one commit, in which the test stands; `clone()` gives its commit."""
    tree = tmp_path / "clone"

    def git(*arguments: str) -> str:
        author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        done = subprocess.run(
            ["git", *author, "-C", str(tree), *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    subprocess.run(["git", "init", "--quiet", str(tree)], check=True)
    (tree / "a").write_text("a")
    git("add", "a")
    git("commit", "--quiet", "-m", "Begin")
    monkeypatch.chdir(tree)
    return lambda *arguments: git(*(arguments or ("rev-parse", "HEAD")))
