"""What the Docker engine of a host is asked, by a client of our own making."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from deployer.host.containers import containers, engine, load_image
from deployer.host.layout import HostError, Layout


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a test writes what `docker` does."""
    (programs := tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    (path := programs / "docker").touch(0o755)
    return path


def record(name: str) -> dict[str, object]:
    return {
        "Name": f"/{name}",
        "State": {
            "Running": True,
            "Pid": 0,
            "ExitCode": 0,
            "OOMKilled": False,
            "StartedAt": "today",
        },
        "Config": {"Labels": {"searchbar.release": "r1", "searchbar.image": "i1"}},
        "RestartCount": 0,
    }


def test_slots_are_those_of_this_site(client: Path) -> None:
    answer = json.dumps([record("search-green")])
    client.write_text(
        "#!/bin/sh\n"
        """case "$1 $4" in "ps "*) echo other; echo search-green; echo search-green-2;;\n"""
        f"""'inspect search-green') echo '{answer}';; *) exit 9;; esac\n"""
    )
    slots = containers("search")
    assert {colour: slot["release"] for colour, slot in slots.items()} == {"green": "r1"}


def test_a_host_without_containers_has_empty_slots(client: Path) -> None:
    client.write_text("#!/bin/sh\ntest $1 = ps\n")
    assert containers("search") == {}


def test_slots_of_an_engine_that_is_down_are_not_taken_for_empty(client: Path) -> None:
    client.write_text("#!/bin/sh\necho '[]'; echo 'No such file: docker.sock' >&2; exit 1\n")
    with pytest.raises(
        HostError, match=r"gave no answer .No such file: docker\.sock.\. Start Docker there"
    ):
        containers("search")


def test_an_engine_that_complains_at_length_takes_an_image(client: Path, tmp_path: Path) -> None:
    layout = Layout(tmp_path / "site")
    layout.make()
    (layout.objects / "layer").write_bytes(bytes(1 << 20))
    loading = 'head -c 1048576 /dev/zero | tr "\\0" x >&2; cat >"$0.tar"; exit $(cat "$0.exit")'
    client.write_text(f"#!/bin/sh\ntest $1 = image || timeout 20 sh -c '{loading}' \"$0\"\n")
    client.with_name("docker.exit").write_text("0")
    load_image(layout, "sha256:1", {"blobs/layer": "layer"})
    assert client.with_name("docker.tar").stat().st_size > 1 << 20
    client.with_name("docker.exit").write_text("1")
    with pytest.raises(HostError, match=r"did not take image sha256:1: x{300}\. Build it again"):
        load_image(layout, "sha256:1", {"blobs/layer": "layer"})


def test_a_host_without_an_engine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(HostError, match=r"there is no docker here\. Run prepare on this host"):
        containers("search")


def test_an_engine_that_fails_or_stalls_is_told(client: Path) -> None:
    client.write_text("#!/bin/sh\necho 'no such image: x' >&2; exit 125\n")
    with pytest.raises(HostError, match=r"no such image: x\. Look at the Docker engine"):
        engine(("docker", "run", "x"), 5)
    client.write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(HostError, match=r"did not answer within 0 s\. Look at the host"):
        engine(("docker", "run", "x"), 0.1)
