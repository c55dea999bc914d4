"""Hosts that only a jump host reaches: pinned, prepared and rolled out through it.

Run by `make proof`.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.fleet import open_fleet
from deployer.hosts import Host, read_hosts
from tests.deployer.sshd import hosts_on_loopback
from tests.hosts.conftest import Site
from tests.hosts.machines import USER, Machine, run

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("far hosts")]
PORT = 2222


@pytest.fixture
def jump(sites: Site) -> Iterator[str]:
    """A third sshd, between the last host (where the deployer runs) and the others."""
    near = sites.machines.hosts[-1]
    place = f"{near.network}.1"
    config = near.folder / "jump_config"
    config.write_text(
        (near.folder / "sshd_config")
        .read_text()
        .replace(f"ListenAddress {near.address}:22", f"ListenAddress {place}:{PORT}")
        .replace("sshd.pid", "jump.pid")
    )
    sshd = subprocess.Popen(
        ["/usr/sbin/sshd", "-D", "-e", "-f", str(config)], stderr=subprocess.DEVNULL
    )
    try:
        while not listens(place):
            assert sshd.poll() is None
            time.sleep(0.05)
        yield f"{USER}@{place}:{PORT}"
    finally:
        sshd.terminate()
        sshd.wait()


def listens(place: str) -> bool:
    try:
        with socket.create_connection((place, PORT), 5):
            return True
    except OSError:
        return False


def test_a_rollout_through_a_jump_host(sites: Site, jump: str) -> None:
    near: Machine = sites.machines.hosts[-1]
    far = replace(sites, hosts=2, before=tuple(near.inside()))
    first = far.release("one")
    refused = far.rollout(first, check=3)
    assert "unreachable" in refused.stderr
    assert (
        "jump host"
        in far.rollout(first, check=3, jump=jump, known_hosts=f"{far.folder}/nobody").stderr
    )

    known = f"{far.folder}/known_hosts"
    pinned = far.deploy("prepare", "--pin", check=0, jump=jump, known_hosts=known).stderr
    assert "jump host: pinned" in pinned
    far.rollout(first, check=0, jump=jump, known_hosts=known)
    assert [sites.live(n) for n in range(2)] == [first, first]
    assert far.deploy("status", check=0, jump=jump, known_hosts=known).stdout.count("up since") == 2


def test_a_host_and_its_jump_host_by_ipv6(tmp_path: Path) -> None:
    """Each in brackets, as one writes them beside a port."""
    # On the loopback: not every kernel has devices to make up.
    own = ("fd5b:7c::1/128", "dev", "lo")
    run("ip", "addr", "add", *own, "nodad")
    try:
        with (
            hosts_on_loopback(tmp_path, "h", address="fd5b:7c::1", jump=True) as hosts,
            open_fleet(read_hosts(hosts, "stage")) as fleet,
        ):
            assert fleet.environment.jump_host == Host(
                "jump host", "fd5b:7c::1", fleet.environment.hosts[0].port
            )
            assert fleet.states()["h"].prepared is False
    finally:
        run("ip", "addr", "del", *own)
