"""Real hosts, once a session: started, prepared by the real command, their routers running."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from release_format.store.folder import Folder
from tests.hosts.machines import Machines, machines, run
from tests.hosts.sealed import compared, questions, sealed

ROOT = Path(__file__).parent.parent.parent
KILL = "kill -9 $PPID"


@dataclass
class Site:
    """A store, hosts and their hosts.toml: everything that a rollout is about."""

    machines: Machines
    store: Folder
    image: str
    folder: Path
    hosts: int = 1
    before: tuple[str, ...] = ()

    def begin(
        self, verb: str, *arguments: str, at: str = "", do: str = KILL, **settings: object
    ) -> subprocess.Popen[str]:
        """Begin one deployer command.

        At the moment `at` of its rollout, the shell line `do` is run ($PPID is the deployer).
        """
        toml = self.machines.hosts_toml(self.folder / "hosts.toml", hosts=self.hosts, **settings)  # type: ignore[arg-type]
        program = [*self.before, sys.executable, "-m", "tests.hosts.moment" if at else "deployer"]
        place = ["--environment", "stage", "--hosts", str(toml)]
        return subprocess.Popen(
            [*program, verb, *arguments, *place],
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "SEARCHBAR_STORE": str(self.store.root), "MOMENT": at, "DO": do},
        )

    def deploy(
        self, verb: str, *arguments: str, check: int | None = None, **options: object
    ) -> subprocess.CompletedProcess[str]:
        """Run one deployer command to its end; `check` is the exit code that it must have."""
        return ended(self.begin(verb, *arguments, **options), check)  # type: ignore[arg-type]

    def rollout(
        self, release: str, *arguments: str, **options: object
    ) -> subprocess.CompletedProcess[str]:
        return self.deploy("rollout", *self.rollout_arguments(release, *arguments), **options)  # type: ignore[arg-type]

    def rollout_arguments(self, release: str, *arguments: str) -> list[str]:
        """What a rollout of this release is told."""
        path = questions(self.folder / "questions.txt")
        image = () if "--image" in arguments else ("--image", self.image)
        return [release, *image, "--questions", str(path), *arguments]

    def status(self) -> dict[str, Any]:
        """Every host as the deployer sees it, by name."""
        return dict(json.loads(self.deploy("status", "--json").stdout)["hosts"])

    def release(self, name: str, *, over: str = "", **behaviour: object) -> str:
        """A sealed release; compared with what is live, as the builder would."""
        id = sealed(self.store, name, **behaviour)  # type: ignore[arg-type]
        if over:
            compared(self.store, id, over)
        return id

    def channel(self) -> str:
        """The release that the store says is live."""
        channel = self.store.channel("stage")
        return channel.release if channel else ""

    def live(self, host: int = 0) -> str:
        """The release that the public reaches, as it says itself."""
        machine = self.machines.hosts[host]
        with urllib.request.urlopen(f"http://{machine.address}:8000/release", timeout=10) as answer:
            return str(json.load(answer)["release"])


def ended(
    begun: subprocess.Popen[str], check: int | None = None
) -> subprocess.CompletedProcess[str]:
    """What a deployer command printed and how it ended."""
    try:
        out, error = begun.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        begun.kill()
        raise
    assert check in (None, begun.returncode), (
        f"{begun.args!r} exited {begun.returncode}:\n" + out + error
    )
    return subprocess.CompletedProcess(begun.args, begun.returncode, out, error)


class Started:
    """The hosts of this session; each is started and prepared when a test first needs it."""

    def __init__(self, machines: Machines, image: str, folder: Path) -> None:
        self.machines, self.image, self.folder = machines, image, folder

    def need(self, count: int) -> None:
        if not (new := self.machines.need(count)):
            return
        toml = self.machines.hosts_toml(self.folder / "hosts.toml")
        words = f"-m deployer prepare --pin --environment stage --hosts {toml}".split()
        line = [sys.executable, *words]
        run(*line, cwd=ROOT)
        for host in new:
            host.start_router()
            run("sh", "-c", f"docker save {self.image} | docker -H {host.docker_host} load -q")
        run(*line, cwd=ROOT)  # a second time, without harm


@pytest.fixture(scope="session")
def _started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        if os.environ.get("CI"):
            pytest.fail("these tests need root, a Docker engine, sshd and HAProxy")
        pytest.skip("needs root, a Docker engine, sshd and HAProxy")
    stub = run(
        "docker", "build", "--network=host", "--quiet", str(ROOT / "tests/hosts/stub")
    ).stdout.strip()
    with machines(0) as hosts:
        yield Started(hosts, stub, tmp_path_factory.mktemp("prepare"))


def _site(started: Started, folder: Path, hosts: int) -> Site:
    started.need(hosts)
    for host in started.machines.hosts:
        host.blank()
    return Site(started.machines, Folder(folder / "store"), started.image, folder, hosts)


@pytest.fixture
def site(_started: Started, tmp_path: Path) -> Site:
    """One host with nothing rolled out yet, and a store of its own."""
    return _site(_started, tmp_path, 1)


@pytest.fixture
def sites(_started: Started, tmp_path: Path) -> Site:
    """The same with three hosts."""
    return _site(_started, tmp_path, 3)
