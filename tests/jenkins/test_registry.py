"""`deployer push` against a real registry (Debian's docker-registry) by a real engine: with and
without a login, and when it is away."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import bcrypt
import pytest
import yaml

from deployer.__main__ import main
from release_format.cli import run_program

pytestmark = [pytest.mark.xdist_group("images"), pytest.mark.proof]

USER, PASSWORD = "line", "a pass'word$of the registry"
Push = Callable[..., "Pushed"]


@dataclass(frozen=True)
class Pushed:
    """How a push ended, and what it said."""

    code: int
    out: str
    err: str


@contextlib.contextmanager
def registry(folder: Path, *, login: bool = False) -> Iterator[str]:
    """A registry on loopback; yields its address."""
    program = shutil.which("docker-registry")
    assert program, "install docker-registry (tests/hosts/debian-packages.txt)"
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    folder.mkdir()
    settings = {
        "version": "0.1",
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    if login:
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        (folder / "htpasswd").write_text(f"{USER}:{hashed}\n")
        settings["auth"] = {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}
    (folder / "config.yml").write_text(yaml.safe_dump(settings))
    with subprocess.Popen(
        [program, "serve", str(folder / "config.yml")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_until_it_answers(port)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_until_it_answers(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(urllib.error.HTTPError, OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
            return
        time.sleep(0.05)
    raise AssertionError(f"no registry answers at {port}")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with a commit, in which the test stands."""
    folder = tmp_path / "tree"
    for words in (
        ["init", "--quiet", str(folder)],
        ["-C", str(folder), *author(), "commit", "--quiet", "--allow-empty", "-m", "Begin"],
    ):
        subprocess.run(["git", *words], check=True)
    monkeypatch.chdir(folder)
    return folder


def author() -> list[str]:
    return ["-c", "user.name=a", "-c", "user.email=a@example.org"]


def commit_of(tree: Path) -> str:
    done = subprocess.run(
        ["git", "-C", str(tree), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def images(docker: str, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """`images("text")`: an image that holds a text and nothing else; all tags of it go afterwards.

    Its label is this test's, by which it and what was tagged of it are found again.
    """
    label = f"searchbar-test={os.getpid()}-{tmp_path.name}"

    def build(text: str) -> str:
        folder = tmp_path / "image"
        folder.mkdir(exist_ok=True)
        (folder / "text").write_text(text)
        (folder / "Dockerfile").write_text("FROM scratch\nCOPY text /text\n")
        words = [docker, "build", "--quiet", "--label", label, str(folder)]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()

    yield build
    listed = [docker, "images", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}"]
    ids = set(subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split())
    if ids:
        subprocess.run([docker, "image", "rm", "--force", *ids], capture_output=True, check=True)


@pytest.fixture
def push(tree: Path, capsys: pytest.CaptureFixture[str]) -> Push:
    def typed(address: str, image: str, *more: str) -> Pushed:
        assert tree.exists()
        words = ["push", address, "--image", image, "--name", "searchbar", *more]
        code = run_program("deployer", main, words)
        said = capsys.readouterr()
        return Pushed(code, said.out, said.err)

    return typed


def manifest_of(address: str, tag: str, password: str = "") -> tuple[str, dict[str, object]]:
    """The digest that the registry itself tells of a tag, and the tag's manifest."""
    kinds = "application/vnd.docker.distribution.manifest.v2+json"
    request = urllib.request.Request(
        f"http://{address}/v2/searchbar/manifests/{tag}",
        headers={"Accept": f"{kinds}, application/vnd.oci.image.manifest.v1+json"},
    )
    if password:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, f"http://{address}", USER, password)
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
    else:
        opener = urllib.request.build_opener()
    with opener.open(request, timeout=10) as reply:
        return reply.headers["Docker-Content-Digest"], json.load(reply)


def test_a_push_prints_the_registrys_own_digest_and_the_second_is_quiet(
    docker: str, tree: Path, push: Push, images: Callable[[str], str], tmp_path: Path
) -> None:
    with registry(tmp_path / "registry") as address:
        image = images("one")
        first, second = push(address, image), push(address, image)
        digest, _ = manifest_of(address, commit_of(tree)[:12])
        assert (first.code, first.out) == (0, f"{address}/searchbar@{digest}\n"), first.err
        assert f"pushing {address}/searchbar:{commit_of(tree)[:12]} …" in first.err
        assert second == Pushed(0, first.out, "")
        pulled = subprocess.run(
            [docker, "pull", "--quiet", first.out.strip()], capture_output=True, check=False
        )
        assert pulled.returncode == 0, pulled.stderr
        with urllib.request.urlopen(f"http://{address}/v2/searchbar/tags/list", timeout=10) as said:
            assert json.load(said)["tags"] == [commit_of(tree)[:12]], "no latest, nothing else"


def test_a_tag_that_is_taken_keeps_its_meaning_until_the_next_commit(
    tree: Path, push: Push, images: Callable[[str], str], tmp_path: Path
) -> None:
    with registry(tmp_path / "registry") as address:
        first = push(address, images("one"))
        refused = push(address, images("two"))
        assert (refused.code, refused.out) == (2, "")
        assert f"use {first.out.strip()}, or make a commit" in refused.err
        assert manifest_of(address, commit_of(tree)[:12])[0] in first.out
        subprocess.run(["git", *author(), "commit", "-q", "--allow-empty", "-m", "Two"], check=True)
        second = push(address, images("two"))
        assert second.code == 0
        assert second.out != first.out


def test_a_changed_tree_pushes_nothing(
    tree: Path, push: Push, images: Callable[[str], str], tmp_path: Path
) -> None:
    with registry(tmp_path / "registry") as address:
        (tree / "new").touch()
        refused = push(address, images("one"))
        assert (refused.code, refused.out) == (2, "")
        assert "(new)" in refused.err
        assert not (tmp_path / "registry/images").exists()


def test_a_login_is_asked_for_taken_and_forgotten(
    docker: str, tree: Path, push: Push, images: Callable[[str], str], tmp_path: Path
) -> None:
    (tmp_path / "right").write_text(f"{PASSWORD}\n")
    (tmp_path / "wrong").write_text("not the password")
    with registry(tmp_path / "registry", login=True) as address:
        image = images("one")
        nobody = push(address, image)
        assert nobody.code == 2, nobody
        assert "REGISTRY_PASSWORD_FILE" in nobody.err
        login = ("--user", USER, "--password-file")
        wrong = push(address, image, *login, str(tmp_path / "wrong"))
        assert wrong.code == 2, wrong
        assert "does not let this user in" in wrong.err
        assert "not the password" not in wrong.err
        right = push(address, image, *login, str(tmp_path / "right"))
        digest, _ = manifest_of(address, commit_of(tree)[:12], PASSWORD)
        assert (right.code, right.out) == (0, f"{address}/searchbar@{digest}\n"), right.err
        assert push(address, image).code == 2, "the login was for that push alone"


def test_dockers_own_login_does_without_a_name(
    docker: str,
    push: Push,
    images: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    mine = tmp_path / "docker"
    mine.mkdir()
    if (own / "cli-plugins").is_dir():
        (mine / "cli-plugins").symlink_to(own / "cli-plugins")
    with registry(tmp_path / "registry", login=True) as address:
        monkeypatch.setenv("DOCKER_CONFIG", str(mine))
        subprocess.run(
            [docker, "login", "--username", USER, "--password-stdin", address],
            input=PASSWORD,
            text=True,
            capture_output=True,
            check=True,
        )
        assert re.fullmatch(
            rf"{address}/searchbar@sha256:[0-9a-f]{{64}}\n", push(address, images("one")).out
        )


def test_a_registry_that_is_away_is_told(
    push: Push, images: Callable[[str], str], tmp_path: Path
) -> None:
    with registry(tmp_path / "registry") as address:
        image = images("one")
    (tmp_path / "password").write_text(PASSWORD)
    login = ("--user", USER, "--password-file", str(tmp_path / "password"))
    for more in ((), login):
        away = push(address, image, *more)
        assert (away.code, away.out) == (3, ""), away
        assert f"the registry {address} does not take it" in away.err
        assert PASSWORD not in away.err
