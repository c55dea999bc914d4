"""Here is a source tree and two environments: type the pipeline's own recorded lines, as Jenkins
would.

The lines come from tests/jenkins/recorded.json, which a test holds to what the Jenkinsfile does;
nothing is typed here that does not stand there.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests/jenkins/recorded.json"
APPROVE = "make -s approve"
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
}  # fmt: skip


class RefusedError(Exception):
    """A line of the pipeline did not end well: which, and what it said last."""

    def __init__(self, line: str, said: str) -> None:
        super().__init__(f"`{line}` ended badly: {said}")
        self.line, self.said = line, said


def git(tree: Path, *words: str, **environment: str) -> str:
    done = subprocess.run(
        ["git", *words],
        cwd=tree,
        capture_output=True,
        text=True,
        env={**os.environ, **IDENTITY, **environment},
    )
    if done.returncode:
        raise AssertionError(f"git {' '.join(words)}: {done.stderr}")
    return done.stdout.strip()


def source_as_remote(folder: Path, *more: str, committed: bool = False) -> Path:
    """The source as it stands in this work tree, committed or not, as a bare remote with
    `stage`, `prod` and more."""
    bare, index = folder / "new.git", {"GIT_INDEX_FILE": str(folder / "index")}
    if not committed:
        git(ROOT, "add", "--all", **index)
    source = (
        git(ROOT, "rev-parse", "HEAD^{tree}") if committed else git(ROOT, "write-tree", **index)
    )
    commit = git(ROOT, "commit-tree", source, "-m", "The source under test")
    git(folder, "init", "--quiet", "--bare", str(bare))
    git(
        ROOT,
        "push",
        "--quiet",
        str(bare),
        *(f"{commit}:refs/heads/{branch}" for branch in ("stage", "prod", *more)),
    )
    return bare


@dataclass
class Line:
    """A git daemon, a store, a workspace an agent, and the hosts of two environments."""

    root: Path
    hosts: Path
    say: Callable[[str], None] = print
    environment: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    approve: Callable[[str], bool] = lambda _: True
    _daemon: subprocess.Popen[bytes] | None = None
    _port: int = 0

    def __enter__(self) -> Line:
        for folder in ("git", "pull-requests/reports"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        source_as_remote(self.root).rename(self.root / "git/searchbar.git")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._daemon = subprocess.Popen(
            [
                "git",
                "daemon",
                "--reuseaddr",
                "--export-all",
                "--enable=receive-pack",
                "--listen=127.0.0.1",
                f"--port={self._port}",
                f"--base-path={self.root}/git",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.tree = self.workspace("ada")
        return self

    def __exit__(self, *_: object) -> None:
        if self._daemon:
            os.killpg(self._daemon.pid, 15)
            self._daemon.wait(10)

    @property
    def remote(self) -> str:
        return f"git://127.0.0.1:{self._port}/searchbar.git"

    def workspace(self, name: str) -> Path:
        """A clone of an agent's own, kept between builds as Jenkins keeps it."""
        place = self.root / "workspaces" / name
        if not place.is_dir():
            place.parent.mkdir(exist_ok=True)
            for _ in range(100):
                done = subprocess.run(
                    ["git", "clone", "--quiet", "--branch", "stage", self.remote, str(place)],
                    capture_output=True,
                )
                if done.returncode == 0:
                    break
                time.sleep(0.05)
            (place / "var").mkdir()
            # What is cached by content and costs minutes: the exported weights, and vectors.
            (ROOT / "var/cache").mkdir(parents=True, exist_ok=True)
            (place / "var/cache").symlink_to(ROOT / "var/cache")
        return place

    def build(self, kind: str, branch: str, **environment: str) -> None:
        """Type the lines of one kind of build of one branch; like Jenkins, after a failure only
        what always runs.

        Raises:
            RefusedError: a line failed.
        """
        events = json.loads(RECORDED.read_text(encoding="utf-8"))[kind]
        failed: RefusedError | None = None
        given = {"BRANCH_NAME": branch, **environment}
        checked_out: set[str] = set()
        for event in events:
            if failed and not event["post"]:
                continue
            # A job's workspace is its own: what the daily run pulled does not lie in stage's way.
            place = self.workspace(event["agent"] if kind not in ("comment", "daily") else kind)
            if event["agent"] not in checked_out:
                git(place, "fetch", "--quiet", "origin")
                git(place, "checkout", "--quiet", "--force", "--detach", f"origin/{branch}")
                checked_out.add(event["agent"])
            if (
                "rollout" in event["line"]
                and "EVIDENCE" in given
                and not self.approve(given["EVIDENCE"])
            ):
                raise RefusedError("Approve", "a person said no")
            try:
                printed = self.type(
                    event["line"], place, {**given, **self._with_secrets(event["env"])}
                )
            except RefusedError as error:
                failed = failed or error
                continue
            if event["line"] == APPROVE:
                given["EVIDENCE"] = printed
        if failed:
            raise failed

    def _with_secrets(self, recorded: Mapping[str, str]) -> dict[str, str]:
        """What a stage sets; a credential is known by its stars, and empty where the team gave
        none."""
        return {
            name: self.secrets.get(name, "") if value == "****" else value
            for name, value in recorded.items()
        }

    def type(self, line: str, place: Path, environment: Mapping[str, str]) -> str:
        """One line in one workspace; returns what it printed."""
        started = time.monotonic()
        paths = {"/pull-requests": f"{self.root}/pull-requests", "/store": f"{self.root}/store"}
        given = {name: _rooted(value, paths) for name, value in environment.items()}
        clean = {
            n: v
            for n, v in os.environ.items()
            if not n.startswith(("FORGE_", "SEARCHBAR_", "BRANCH", "CHANGE_", "MAKE"))
        }
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=place,
            capture_output=True,
            text=True,
            env={
                **clean,
                "SEARCHBAR_STORE": f"{self.root}/store",
                "VENV": str(Path(sys.executable).parents[1]),
                "HOSTS": str(self.hosts),
                "TESTS_RUN": "by whoever types this",
                # There is no MLflow: what the line tells it waits, and stops nothing.
                "SEARCHBAR_LEDGER": f"{self.root}/ledger",
                "MLFLOW_TRACKING_URI": "http://127.0.0.1:1",
                **given,
                **self.environment,
            },
        )
        seconds = time.monotonic() - started
        self.say(f"  {'✓' if done.returncode == 0 else '✗'} {line}  ({seconds:.1f} s)")
        if done.returncode:
            raise RefusedError(line, _last(done.stderr) or _last(done.stdout))
        return done.stdout.strip()

    def change(self, branch: str, message: str, edit: Callable[[Path], None]) -> None:
        """What a person does: a branch off stage with one commit, pushed."""
        git(self.tree, "fetch", "--quiet", "origin")
        git(self.tree, "checkout", "--quiet", "--force", "-B", branch, "origin/stage")
        edit(self.tree)
        git(self.tree, "commit", "--quiet", "--all", "-m", message)
        git(self.tree, "push", "--quiet", "--force", "origin", branch)

    def merge(self, branch: str, into: str = "stage") -> None:
        """`make merge`: only what its gates called green."""
        store = {"SEARCHBAR_STORE": f"{self.root}/pull-requests/store"}
        git(self.tree, "checkout", "--quiet", "--force", "--detach", "origin/stage")
        self.type("make merge", self.tree, {"BRANCH": branch, "INTO": into, **store})

    def merge_on_the_forge(self, branch: str, into: str) -> None:
        """What GitHub does when a person presses the button."""
        git(self.tree, "fetch", "--quiet", "origin")
        git(self.tree, "checkout", "--quiet", "--force", "-B", into, f"origin/{into}")
        git(
            self.tree,
            "merge",
            "--quiet",
            "--no-ff",
            "-m",
            f"Merge {branch} into {into}",
            f"origin/{branch}",
        )
        git(self.tree, "push", "--quiet", "origin", into)

    def page(self, agent: str, name: str) -> str:
        return (self.workspace(agent) / f"var/pages/{name}.md").read_text(encoding="utf-8")


def _rooted(value: str, paths: Mapping[str, str]) -> str:
    for path, here in paths.items():
        if value == path or value.startswith(f"{path}/"):
            return here + value[len(path) :]
    return value


def _last(text: str) -> str:
    """The last line that is not make's own."""
    lines = [line for line in text.strip().splitlines() if not line.startswith("make")]
    return lines[-1] if lines else ""


def recorded(builds: Mapping[str, Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What is kept of the stub's answers: line, agent, whether it always runs, and what its
    stage sets."""
    kept = ("SEARCHBAR_STORE", "LIVE_STORE", "SHARED", "FORGE_TOKEN", "FORGE_REPORTS")
    return {
        kind: [
            {
                "line": event["sh"], "agent": event["agent"], "post": event["post"],
                "env": {name: event["env"][name] for name in kept if name in event["env"]},
            }
            for event in build["events"] if "sh" in event
        ]
        for kind, build in builds.items()
    }  # fmt: skip
