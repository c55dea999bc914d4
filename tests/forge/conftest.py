"""Real git remotes, the forge's own main function, reports as gates leave them, and a GitHub and a
GitLab on loopback."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from forge.__main__ import main
from release_format.cli import run_program
from release_format.verdict import Condition, Outcome, Verdict
from tests.forge.gitlab_hub import PROJECT, GitLab, recording_gitlab
from tests.forge.hub import REPOSITORY, TOKEN, GitHub, recording_github

GIT = "/usr/bin/git"


def git(tree: Path, *words: str) -> str:
    identity = [
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.org",
        "-c",
        "init.defaultBranch=stage",
    ]
    result = subprocess.run(
        ["git", *identity, *words], cwd=tree, capture_output=True, text=True, check=True
    )
    return result.stdout.strip()


def write(tree: Path, name: str, text: str) -> None:
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text(text, encoding="utf-8")


def commit(tree: Path, message: str, **files: str) -> str:
    for name, text in files.items():
        write(tree, name.replace("__", "/"), text)
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "-m", message)
    return git(tree, "rev-parse", "HEAD")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare remote with `stage` and `prod` at the same commit, and a clone of it on stage: made
    once, copied often."""
    folder = tmp_path_factory.mktemp("template")
    first = folder / "first"
    first.mkdir()
    git(folder, "init", "--quiet", "--bare", "remote.git")
    git(first, "init", "--quiet")
    commit(
        first,
        "Begin",
        catalogue__items="a,b\n",
        searchbar__app="1\n",
        Makefile="all:\n",
        **{".gitignore": "var/\n"},
    )
    git(first, "push", "--quiet", "../remote.git", "stage:stage", "stage:prod")
    git(folder, "clone", "--quiet", "--branch", "stage", "remote.git", "tree")
    return folder


@pytest.fixture
def remote(template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(template / "remote.git", tmp_path / "remote.git")


@pytest.fixture
def tree(template: Path, remote: Path, tmp_path: Path) -> Path:
    tree = shutil.copytree(template / "tree", tmp_path / "tree")
    git(tree, "remote", "set-url", "origin", str(remote))
    return tree


class Result(NamedTuple):
    """How a verb ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Forge:
    """`python -m forge` in a work tree."""

    tree: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, **environment: str) -> Result:
        """Run the program's own main function here: a process for each of these would cost most
        of the test's time."""
        clean = {
            n: v
            for n, v in os.environ.items()
            if not n.startswith(("FORGE_", "CHANGE_", "BRANCH_", "BUILD_", "GIT_", "CI_"))
        }
        variables = {
            **clean,
            "SEARCHBAR_STORE": str(self.tree / "var/store"),
            **self.environment,
            **environment,
        }
        out, err = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            for name in os.environ:
                patch.delenv(name)
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.chdir(self.tree)
            code = run_program("forge", main, words)
        result = Result(code, out.getvalue(), err.getvalue())
        assert TOKEN not in result.stdout + result.stderr
        assert "could not tell, because of" not in result.stderr, result.stderr
        return result


@pytest.fixture
def forge(tree: Path) -> Forge:
    return Forge(tree)


def overtake(forge: Forge, remote: Path, branch: str, commit: str) -> None:
    """Let another move a branch of the remote just before whatever is pushed."""
    (other := forge.tree.parent / "git").write_text(
        f'#!/bin/sh\ngit() {{ {GIT} -C "{remote}" "$@"; }}\ncase " $* " in *" push "*) git'
        f' update-ref refs/heads/{branch} "$(git rev-parse {commit})" ;; esac\nexec {GIT} "$@"\n'
    )
    other.chmod(0o755)
    forge.environment["PATH"] = f"{other.parent}:{os.environ['PATH']}"


def condition(name: str, answer: Outcome = Outcome.YES, **fields: Any) -> Condition:
    return Condition(
        name, answer, fields.pop("seen", "1"), fields.pop("allowed", "at most 2"), **fields
    )


RED = condition(
    "removed",
    Outcome.NO,
    seen="40 %",
    allowed="at most 10 %",
    why="Restore them, or accept it by name.",
)


def report(tree: Path, gate: str, *conditions: Condition, **facts: Any) -> None:
    """What a gate leaves: its verdict and a Markdown page."""
    verdict = Verdict(gate, "a" * 64, "", conditions or (condition(f"{gate}-rows"),), facts)
    write(tree, f"var/reports/{gate}.json", verdict.to_json())
    write(tree, f"var/reports/{gate}.md", f"### what the {gate} gate tells\n")


@pytest.fixture
def hub() -> Iterator[GitHub]:
    with recording_github() as hub:
        yield hub


@pytest.fixture
def on_github(forge: Forge, hub: GitHub) -> Forge:
    forge.environment = {
        "FORGE_REPOSITORY": REPOSITORY,
        "FORGE_TOKEN": TOKEN,
        "FORGE_API": hub.url,
        "FORGE_GIVE_UP": "1",
    }
    return forge


@pytest.fixture
def pull(on_github: Forge, hub: GitHub) -> Forge:
    hub.head_of = lambda _: git(on_github.tree, "rev-parse", "HEAD")
    hub.add_pull("feature/x", "stage")
    hub.files = ["catalogue/items"]
    return on_github


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with recording_gitlab() as hub:
        yield hub


def gitlab_settings(hub: GitLab) -> dict[str, str]:
    return {
        "FORGE_REPOSITORY": PROJECT,
        "FORGE_TOKEN": TOKEN,
        "FORGE_API": f"{hub.url}/api/v4",
        "FORGE_GIVE_UP": "1",
    }


@pytest.fixture
def on_gitlab(forge: Forge, gitlab: GitLab) -> Forge:
    forge.environment = gitlab_settings(gitlab)
    return forge


@pytest.fixture
def request_on_gitlab(on_gitlab: Forge, gitlab: GitLab) -> Forge:
    gitlab.head_of = lambda _: git(on_gitlab.tree, "rev-parse", "HEAD")
    gitlab.add_pull("feature/x", "stage")
    gitlab.files = ["catalogue/items"]
    return on_gitlab


@pytest.fixture(params=["github", "gitlab"])
def hosted(request: pytest.FixtureRequest) -> tuple[Forge, GitHub | GitLab]:
    """The same forge on either hosting, and what records there."""
    hub = request.getfixturevalue("hub" if request.param == "github" else "gitlab")
    return request.getfixturevalue(f"on_{request.param}"), hub
