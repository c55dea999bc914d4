"""Real hosts, once a session: started, prepared by the real command, their routers running."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from release_format.store import Folder
from tests.hosts.machines import Machines, machines, run
from tests.hosts.sealed import compared, questions, sealed

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Site:
    """A store, hosts and their hosts.toml: everything that a rollout is about."""

    machines: Machines
    store: Folder
    image: str
    folder: Path
    hosts: int = 1

    def deploy(
        self, verb: str, *arguments: str, killed: str = "", check: int | None = None, **settings: object
    ) -> subprocess.CompletedProcess[str]:
        """Type one deployer command; `check` is the exit code that must come."""
        toml = self.machines.hosts_toml(self.folder / "hosts.toml", hosts=self.hosts, **settings)  # type: ignore[arg-type]
        module = "tests.hosts.killed" if killed else "deployer"
        done = subprocess.run(
            [sys.executable, "-m", module, verb, *arguments, "--environment", "stage", "--hosts", str(toml)],
            cwd=ROOT, text=True, capture_output=True, timeout=180,
            env={**os.environ, "SEARCHBAR_STORE": str(self.store.root), "KILLED": killed},
        )  # fmt: skip
        if check is not None:
            assert done.returncode == check, (
                f"{verb} {arguments} exited {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done

    def rollout(self, release: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        asked = questions(self.folder / "questions.txt")
        image = () if "--image" in arguments else ("--image", self.image)
        return self.deploy("rollout", release, *image, "--questions", str(asked), *arguments, **options)  # type: ignore[arg-type]

    def release(self, name: str, *, over: str = "", **behaviour: object) -> str:
        """A sealed release; compared with what is live, as the builder would."""
        made = sealed(self.store, name, **behaviour)  # type: ignore[arg-type]
        if over:
            compared(self.store, made, over)
        return made

    def live(self, host: int = 0) -> str:
        """The release that the public reaches, as it says itself."""
        import json
        import urllib.request

        machine = self.machines.hosts[host]
        with urllib.request.urlopen(f"http://{machine.address}:8000/release", timeout=10) as answer:
            return str(json.load(answer)["release"])


class Started:
    """The hosts of this session; each is started and prepared when a test first needs it."""

    def __init__(self, machines: Machines, image: str, folder: Path) -> None:
        self.machines, self.image, self.folder = machines, image, folder

    def need(self, count: int) -> None:
        if not (new := self.machines.need(count)):
            return
        toml = self.machines.hosts_toml(self.folder / "hosts.toml")
        line = [sys.executable, "-m", "deployer", "prepare", "--pin", "--environment", "stage", "--hosts", str(toml)]
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
    stub = run("docker", "build", "--network=host", "--quiet", str(ROOT / "tests/hosts/stub")).stdout.strip()
    with machines(0) as made:
        yield Started(made, stub, tmp_path_factory.mktemp("prepare"))


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
