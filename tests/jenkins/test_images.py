"""The images of docker-compose.yml, really built: an agent lets its controller in, a site
serves, a remote takes pushes."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from release_format.release import Release
from tests.jenkins.conftest import ROOT, compose
from tests.whole_line.line import source_as_remote

pytestmark = pytest.mark.xdist_group("images")

SOCKET_GROUP = 47_111
STAND_IN = """FROM debian:bookworm-slim
RUN mkdir -p /opt/java/openjdk/bin /usr/local/libexec/docker/cli-plugins \\
 && printf '#!/bin/sh\\necho stand-in\\n' \\
  | tee /opt/java/openjdk/bin/java /usr/local/bin/docker >/dev/null \\
 && chmod +x /opt/java/openjdk/bin/java /usr/local/bin/docker
"""


def run(*words: str, check: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload]
    assert not check or done.returncode == 0, (
        f"{' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    )
    return done  # type: ignore[no-any-return]


def build(docker: str, dockerfile: str, *words: str) -> str:
    """Build one image from the repository; returns its digest."""
    return run(
        docker, "build", "--quiet", "--network", "host", "-f", dockerfile, *words, "."
    ).stdout.strip()


@pytest.fixture(scope="module")
def stand_in(docker: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """In place of the images that lend Java and the docker client: no registry can be reached
    from everywhere."""
    folder = tmp_path_factory.mktemp("stand-in")
    (folder / "Dockerfile").write_text(STAND_IN)
    return run(
        docker,
        "build",
        "--quiet",
        "--network",
        "host",
        "-t",
        "searchbar-test-stand-in",
        str(folder),
    ).stdout.strip()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the init service makes, by its own script."""
    folder = tmp_path_factory.mktemp("keys")
    made = secrets(folder)
    assert "docker compose exec controller cat" in made.stdout
    return folder


def secrets(folder: Path) -> subprocess.CompletedProcess[str]:
    places = [str(folder / name) for name in ("secrets", "agents", "given")]
    return run("sh", "jenkins/init/secrets.sh", *places)


def test_init_makes_every_secret_once_and_prints_none(tmp_path: Path) -> None:
    said = secrets(tmp_path).stdout
    made = {p.name: p.read_text() for p in (tmp_path / "secrets").iterdir()}
    assert set(made) == {
        "agent-key", "agent-key.pub", "rollout-key", "rollout-key.pub", "admin-password",
        "host-key-pull-request", "host-key-line", "host-key-gpu",
        "github-read", "github-write", "notify", "sql-password",
    }  # fmt: skip
    assert (made["github-read"], len(made["admin-password"])) == ("", 36)
    assert made["admin-password"] not in said
    assert "PRIVATE KEY" not in said
    assert {
        p.stat().st_mode & 0o077 for p in (tmp_path / "secrets").iterdir() if p.suffix != ".pub"
    } == {0}
    secrets(tmp_path)
    assert {p.name: p.read_text() for p in (tmp_path / "secrets").iterdir()} == made


def test_what_a_team_gives_wins(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given/github-write").write_text("theirs\n")
    (tmp_path / "given/notify").write_text("")
    secrets(tmp_path)
    assert (tmp_path / "secrets/github-write").read_text() == "theirs\n"
    assert (tmp_path / "secrets/notify").read_text() == ""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def agent(docker: str, image: str, keys: Path, *more: str, outside: bool = False) -> Iterator[int]:
    """The agent as compose runs it, with its keys mounted; yields its port.

    Outside: it reaches the package indexes.
    """
    with (
        alone() if outside else contextlib.nullcontext(),
        _agent(docker, image, keys, *more, outside=outside) as port,
    ):
        yield port


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """While it lasts no other process of the tests has an agent on the machine's own network,
    where all of them listen at the same port."""
    with (Path(tempfile.gettempdir()) / "searchbar-test-agent.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _agent(docker: str, image: str, keys: Path, *more: str, outside: bool) -> Iterator[int]:
    owned = keys / "agents/line"
    port, name = 2222 if outside else free_port(), f"searchbar-test-agent-{os.getpid()}"
    network = (
        ["--network", "host"]
        if outside
        else ["--network", name, "--publish", f"127.0.0.1:{port}:2222"]
    )
    run(docker, "network", "create", name)
    try:
        run(
            docker,
            "run",
            "--detach",
            "--name",
            name,
            *network,
            "--cap-drop",
            "ALL",
            *[w for cap in compose()["x-agent"]["cap_add"] for w in ("--cap-add", cap)],
            "--security-opt",
            "no-new-privileges:true",
            *more,
            "--volume",
            f"{owned}:/run/agent:ro",
            image,
        )
        yield port
    finally:
        run(docker, "rm", "--force", name, check=False)
        run(docker, "network", "rm", name, check=False)


def ssh(
    keys: Path, port: int, command: str, key: str = "agent-key"
) -> subprocess.CompletedProcess[str]:
    """As the controller comes: its key, and the host key that it was told."""
    known = keys / f"known-{port}"
    known.write_text(f"[127.0.0.1]:{port} {(keys / 'secrets/host-key-line').read_text()}")
    options = (
        "StrictHostKeyChecking=yes",
        f"UserKnownHostsFile={known}",
        "IdentitiesOnly=yes",
        "BatchMode=yes",
        "ConnectTimeout=5",
    )
    words = [word for option in options for word in ("-o", option)]
    return run(
        "ssh",
        *words,
        "-i",
        str(keys / "secrets" / key),
        "-p",
        str(port),
        "jenkins@127.0.0.1",
        command,
        check=False,
    )


def patiently(keys: Path, port: int, command: str) -> subprocess.CompletedProcess[str]:
    for _ in range(100):
        if (done := ssh(keys, port, command)).returncode != 255:
            return done
        time.sleep(0.1)
    return done


@pytest.fixture(scope="module")
def agent_port(docker: str, stand_in: str, keys: Path) -> Iterator[int]:
    if os.geteuid() != 0 and os.environ.get("CI") != "true":
        pytest.skip("mounted keys must belong to another user: needs root")
    images = (
        "--build-arg",
        "JAVA_IMAGE=searchbar-test-stand-in",
        "--build-arg",
        "DOCKER_IMAGE=searchbar-test-stand-in",
    )
    image = build(docker, "jenkins/agent/Dockerfile", "--target", "base", *images)
    with (
        docker_socket(keys / "docker.sock") as mounted,
        agent(docker, image, keys, *mounted) as port,
    ):
        yield port


@contextlib.contextmanager
def docker_socket(path: Path) -> Iterator[tuple[str, str]]:
    """A socket of a group that only this machine knows, as an engine's is."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        os.chown(path, 0, SOCKET_GROUP)
        yield "--volume", f"{path}:/var/run/docker.sock"


def test_the_controller_gets_in_as_jenkins_and_finds_its_java(keys: Path, agent_port: int) -> None:
    done = patiently(
        keys,
        agent_port,
        "id -un; command -v java; echo $AGENT_VENV; grep CapEff /proc/self/status; command -v git"
        " make",
    )
    assert done.returncode == 0, done.stderr
    user, java, venv, capabilities, *tools = done.stdout.split("\n")
    assert (user, java, venv) == ("jenkins", "/opt/java/openjdk/bin/java", "/opt/searchbar/.venv")
    assert int(capabilities.split()[1], 16) == 0
    assert tools[:2] == ["/usr/bin/git", "/usr/bin/make"]


def test_no_build_reads_the_hosts_key(keys: Path, agent_port: int) -> None:
    """A build is jenkins, who signs in; with the key it could be the agent to its controller."""
    done = patiently(
        keys, agent_port, "cat /run/agent/host_key; head -c 11 /run/agent/authorized_keys"
    )
    assert done.stdout == "ssh-ed25519"
    assert "host_key: Permission denied" in done.stderr
    made = {path.read_text() for path in (keys / "secrets").glob("host-key-*")}
    assert len(made) == 3, "an agent whose key is stolen must not pass for another"


def test_the_group_of_the_docker_socket_is_the_agents(keys: Path, agent_port: int) -> None:
    assert str(SOCKET_GROUP) in patiently(keys, agent_port, "id -G").stdout.split()


def test_files_come_by_sftp(keys: Path, agent_port: int, tmp_path: Path) -> None:
    """Without it the controller says so at each start, and falls back to scp."""
    patiently(keys, agent_port, "true")
    (tmp_path / "batch").write_text("ls /opt/java/openjdk/bin\n")
    known = ("-o", f"UserKnownHostsFile={keys / f'known-{agent_port}'}", "-o", "IdentitiesOnly=yes")
    key = ("-i", str(keys / "secrets/agent-key"))
    done = run(
        "sftp",
        "-b",
        str(tmp_path / "batch"),
        *known,
        *key,
        "-P",
        str(agent_port),
        "jenkins@127.0.0.1",
    )
    assert "/opt/java/openjdk/bin/java" in done.stdout


def test_makes_shell_says_nothing_of_its_own(keys: Path, agent_port: int) -> None:
    """bash takes one that ssh started for a person's shell, and stumbles over /etc/bash.bashrc
    under -u."""
    done = patiently(keys, agent_port, "sh -c \"bash -euo pipefail -c 'echo line'\"")
    assert (done.stdout, done.stderr) == ("line\n", "")


def test_nobody_else_gets_in(keys: Path, agent_port: int) -> None:
    patiently(keys, agent_port, "true")
    done = ssh(keys, agent_port, "true", key="rollout-key")
    assert done.returncode == 255
    assert "Permission denied" in done.stderr


def test_the_agent_can_write_nothing_but_its_own(keys: Path, agent_port: int) -> None:
    done = patiently(
        keys,
        agent_port,
        "touch /run/agent/x; touch /etc/x; touch /home/jenkins/agent/x && echo own",
    )
    assert done.stdout.strip() == "own"
    assert done.stderr.count("cannot touch") == 2


@contextlib.contextmanager
def composed(
    docker: str, *services: str, profile: str = "", **environment: str
) -> Iterator[list[str]]:
    """Services of docker-compose.yml, up; everything of them gone afterwards."""
    project = f"sbtest{os.getpid()}"
    words = [
        docker,
        "compose",
        "--project-name",
        project,
        *(("--profile", profile) if profile else ()),
    ]
    given = {**os.environ, **environment}
    try:
        run(*words, "up", "--detach", "--build", *services, env=given)
        yield words
    finally:
        run(*words, "down", "--volumes", "--rmi", "local", "--timeout", "2", check=False, env=given)


def get(port: int, path: str) -> tuple[int, str]:
    for _ in range(900):
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as said,
        ):
            return said.status, said.read().decode()
        time.sleep(0.2)
    raise AssertionError(f"nothing answers at {port}")


NOT_COMPILED = """
import os, sys, uvicorn, searchbar.http.app
specs = [module.__spec__ for module in sys.modules.values() if getattr(module, "__spec__", None)]
print([spec.name for spec in specs if spec.cached and not os.path.exists(spec.cached)])
"""


def test_the_site_really_serves(docker: str, bundled_release: Release) -> None:
    port, place = free_port(), str(bundled_release.path.resolve())
    with composed(
        docker,
        "router",
        "blue",
        "green",
        profile="site",
        SITE_PORT=str(port),
        BLUE_PORT=str(free_port()),
        GREEN_PORT=str(free_port()),
        BLUE=place,
        GREEN=place,
    ):
        assert json.loads(get(port, "/release")[1])["release"] == bundled_release.id
        status, text = get(port, "/search?q=version+control")
        assert status == 200
        assert json.loads(text)["hits"]
        loaded = run(
            docker,
            "run",
            "--rm",
            "--read-only",
            "--entrypoint",
            "python3",
            "searchbar",
            "-c",
            NOT_COMPILED,
        )
        assert loaded.stdout == "[]\n", "a module that every start would compile anew"


def test_a_clone_without_github_becomes_a_remote_with_stage_and_prod(
    docker: str, tmp_path: Path
) -> None:
    port = free_port()
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    run(*git, "init", "--quiet", str(tmp_path / "clone"))
    run(*git, "-C", str(tmp_path / "clone"), "commit", "--quiet", "--allow-empty", "-m", "Begin")
    with composed(
        docker,
        "repository",
        "repository-push",
        GIT_PORT=str(port),
        REPOSITORY=str(tmp_path / "clone"),
    ):
        remote = f"git://127.0.0.1:{port}/searchbar.git"
        for _ in range(100):
            if (heads := run("git", "ls-remote", "--heads", remote, check=False)).returncode == 0:
                break
            time.sleep(0.2)
        assert {"refs/heads/stage", "refs/heads/prod"} <= set(heads.stdout.split())
        run("git", "clone", "--quiet", "--branch", "stage", remote, str(tmp_path / "tree"))
        run("git", "-C", str(tmp_path / "tree"), "push", "--quiet", "origin", "stage:change/x")
        assert "change/x" in run("git", "ls-remote", "--heads", remote).stdout


LOGS_A_RUN = """
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
if sys.argv[2] == "write":
    with mlflow.start_run() as run:
        mlflow.log_metric("ndcg", 0.5)
        mlflow.log_text("a page", "page.md")
    print(run.info.run_id)
else:
    run = mlflow.get_run(sys.argv[3])
    print(run.data.metrics["ndcg"], mlflow.artifacts.load_text(run.info.artifact_uri + "/page.md"))
"""


@pytest.mark.proof
def test_the_ledger_keeps_runs_and_what_belongs_to_them(docker: str) -> None:
    port = free_port()
    client = (sys.executable, "-W", "ignore", "-c", LOGS_A_RUN, f"http://127.0.0.1:{port}")
    with composed(docker, "ledger", profile="ledger", LEDGER_PORT=str(port)) as compose:
        assert get(port, "/health") == (200, "OK")
        written = run(*client, "write").stdout.split()[-1]
        run(
            *compose,
            "up",
            "--detach",
            "--force-recreate",
            "ledger",
            env={**os.environ, "LEDGER_PORT": str(port)},
        )
        assert get(port, "/health") == (200, "OK")
        assert run(*client, "read", written).stdout.split("\n")[-2] == "0.5 a page"
        assert run(*compose, "exec", "-T", "ledger", "id", "-u").stdout.strip() == "10001"
        rebound = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search",
            headers={"Host": "evil.example"},
        )
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(rebound, timeout=10)


@contextlib.contextmanager
def torch_index(folder: Path) -> Iterator[str]:
    """PyTorch's own index of CPU builds, or, where PIP_FIND_LINKS names a folder that has them,
    that folder as one."""
    wheels = list(Path(os.environ.get("PIP_FIND_LINKS") or "/nowhere").glob("torch-*.whl"))
    if not wheels:
        yield "https://download.pytorch.org/whl/cpu"
        return
    (folder / "torch").mkdir(parents=True)
    for wheel in wheels:
        (folder / "torch" / wheel.name).symlink_to(wheel)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    # Always the same port: a layer is named by its arguments, and this one takes minutes.
    with http.server.ThreadingHTTPServer(("127.0.0.1", 18_099), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


JAVA = "FROM debian:bookworm-slim\nRUN " + " && ".join((
    "apt-get update",
    "apt-get install -y --no-install-recommends openjdk-17-jre-headless",
    "mkdir -p /opt/java /usr/local/libexec/docker/cli-plugins",
    "cp -rL /usr/lib/jvm/java-17-openjdk-amd64 /opt/java/openjdk",
    "printf '#!/bin/sh\\nexit 1\\n' >/usr/local/bin/docker",
    "chmod +x /usr/local/bin/docker",
)) + "\n"  # fmt: skip


@pytest.fixture(scope="module")
def whole_agent(docker: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The agent as compose builds it, with a Java of Debian's: everything locked is in it
    (minutes, 5 GB)."""
    folder = tmp_path_factory.mktemp("java")
    (folder / "Dockerfile").write_text(JAVA)
    run(docker, "build", "--quiet", "--network", "host", "-t", "searchbar-test-java", str(folder))
    images = [
        word
        for name in ("JAVA_IMAGE", "DOCKER_IMAGE")
        for word in ("--build-arg", f"{name}=searchbar-test-java")
    ]
    with torch_index(folder / "index") as index:
        args = (*images, "--build-arg", f"TORCH_CPU_INDEX={index}")
        return build(docker, "jenkins/agent/Dockerfile", "--target", "agent", *args)


@pytest.mark.proof
def test_the_tests_run_as_the_agents_user_in_the_whole_agent(
    docker: str, keys: Path, whole_agent: str, tmp_path: Path
) -> None:
    """A build's first line over ssh, as the controller types it: policy, checks and the quick
    tests, as jenkins."""
    remote = source_as_remote(tmp_path, "change/x", committed=True)
    packed = subprocess.run(
        ["tar", "c", "-C", tmp_path, remote.name], capture_output=True, check=True
    ).stdout
    with agent(docker, whole_agent, keys, outside=True) as port:
        said = patiently(keys, port, "java -version 2>&1; touch $AGENT_VENV/x; id -un")
        assert "17." in said.stdout
        assert said.stdout.endswith("jenkins\n")
        assert "Permission denied" in said.stderr, "what one build runs on, no other changes"
        name = f"searchbar-test-agent-{os.getpid()}"
        place = ("--user", "jenkins", "--workdir", "/home/jenkins/agent")
        subprocess.run(
            [docker, "exec", "--interactive", *place, name, "tar", "x"], input=packed, check=True
        )
        assert (
            ssh(keys, port, f"cd agent && git clone -q -b change/x {remote.name} tree").returncode
            == 0
        )
        done = ssh(
            keys,
            port,
            "cd agent/tree && make test-packages && BRANCH_NAME=change/x make verify && ls -A",
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        assert ".venv" not in done.stdout.split(), "the environment of the image was not used"


@pytest.mark.proof
def test_a_branch_with_another_lock_gets_an_environment_of_its_own(
    docker: str, keys: Path, whole_agent: str
) -> None:
    with agent(docker, whole_agent, keys, outside=True) as port:
        copied = (
            "cd agent && mkdir other && cp -r /opt/searchbar/Makefile /opt/searchbar/locks other &&"
            " cd other"
        )
        same = patiently(keys, port, f"{copied} && make -n setup")
        assert "Nothing to be done for 'setup'" in same.stdout, same.stderr
        other = ssh(keys, port, "cd agent/other && echo '#' >>locks/up.txt && make -n setup")
        assert "-m venv .venv" in other.stdout, other.stderr
