"""gitlab-ci-local at its locked version, in a scratch clone of nothing but .gitlab-ci.yml."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.npm import npm_packages
from tests.roads.gitlab.pipeline import KINDS, PROJECT, TEXT
from tests.roads.stub_make import StubMake, Typed, stub_make
from tests.whole_line.line import git

EVIDENCE = "RELEASE IMAGE EVIDENCE\n"


@dataclass(frozen=True)
class Ran:
    """How gitlab-ci-local ended, what it said, and what its jobs typed."""

    code: int
    said: str
    typed: list[Typed]

    @property
    def lines(self) -> list[str]:
        return [one.line for one in self.typed]


Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def program() -> Path:
    return npm_packages(Path(__file__).parent, "node-gitlab") / "gitlab-ci-local/src/index.js"


@pytest.fixture
def run(program: Path, tmp_path: Path) -> Run:
    """`run(kind, …)`: that kind of pipeline by gitlab-ci-local, a stub `make` first in PATH."""

    def run(kind: str, *words: str, text: str = TEXT, fails: tuple[str, ...] = ()) -> Ran:
        make = stub_make(
            tmp_path / "bin",
            prints={"make -s approve": EVIDENCE},
            writes={
                "make -s approve": {"var/line/approved": EVIDENCE},
                "make build compare": {"var/line/release": "1234\n"},
            },
            fails=fails,
        )
        variables = {**PROJECT, **KINDS[kind]}
        clone = _clone(tmp_path / "clone", text, variables.get("CI_COMMIT_BRANCH", "feature/x"))
        return _ran(program, clone, make, variables, words)

    return run


def _clone(folder: Path, text: str, branch: str) -> Path:
    """A clone as gitlab-ci-local wants it: a remote that looks like GitLab's, and its head."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", branch)
    (folder / ".gitlab-ci.yml").write_text(text, encoding="utf-8")
    (folder / ".gitignore").write_text("var/\n.gitlab-ci-local/\n", encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "Begin")
    git(folder, "remote", "add", "origin", "https://gitlab.example.com/team/searchbar.git")
    git(folder, "update-ref", "refs/remotes/origin/stage", "HEAD")
    git(folder, "remote", "set-head", "origin", "stage")
    return folder


def _ran(
    program: Path, clone: Path, make: StubMake, variables: Mapping[str, str], words: tuple[str, ...]
) -> Ran:
    given = [word for name in variables for word in ("--variable", f"{name}={variables[name]}")]
    shell = ["--shell-isolation", "--force-shell-executor", "--no-color"]
    done = subprocess.run(
        ["node", str(program), *shell, *given, *words],
        cwd=clone,
        env=_clean(PATH=make.path, HOME=str(clone.parent)),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Ran(done.returncode, done.stdout + done.stderr, make.typed())


def _clean(**more: Any) -> dict[str, str]:
    left_out = ("CI_", "FORGE_", "CHANGE_", "BRANCH_", "SEARCHBAR_", "GIT_")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(left_out)}
    return {**kept, **more}
