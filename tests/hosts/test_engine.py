"""Hosts whose engine is stopped, or whose releases are gone: what is refused, and what is said.

Run by `make proof`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.hosts.conftest import Site
from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC, Machine
from tests.hosts.table import watched

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("far hosts")]
AS_BEFORE = "the live slot answers as before"


@pytest.fixture
def host(site: Site) -> Iterator[Machine]:
    """The host, whose engine runs again afterwards."""
    host = site.machines.hosts[0]
    yield host
    if host.processes["dockerd"].poll() is not None:
        host.start_engine()
        host.await_engine()


def test_engine_stopped(site: Site, host: Machine) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    with watched("Docker engine stopped", "exit 3, “Start Docker there”; nothing was touched"):
        host.stop_engine()
        journal = (host.site / "journal.jsonl").read_text()
        for result in (site.rollout(second, check=3), site.deploy("rollback", check=3)):
            assert "Start Docker there" in result.stderr
            assert AS_BEFORE not in result.stderr
        assert (host.site / "journal.jsonl").read_text() == journal
        assert site.deploy("status", check=1).stdout.count("Start Docker there") == 1
        host.start_engine()
        host.await_engine()
        site.rollout(second, check=0)
        assert site.live() == second


@pytest.mark.parametrize("moment", ["before start", "before gate", "after switch"])
def test_engine_stopped_in_the_middle(site: Site, host: Machine, moment: str) -> None:
    """The slots end with it, so nothing answers as before, and nothing may say so."""
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    promised = "exit 1 or 3; what the public has is told as it is"
    with watched(f"Docker engine stopped {moment.replace(' ', ' *')}*", promised):
        stop = f"kill {host.processes['dockerd'].pid}; sleep 12"
        result = site.rollout(second, at=moment, do=stop)
        assert result.returncode in (1, 3)
        assert AS_BEFORE not in result.stderr
        assert "the live slot does not answer" in result.stderr
        host.processes["dockerd"].wait(60)
        host.start_engine()
        host.await_engine()
        site.rollout(second, check=0)
        assert site.live() == second


def test_releases_files_are_gone(site: Site, host: Machine) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    site.rollout(second, check=0)
    assert "stands by" in site.deploy("status", check=0).stdout
    promised = "status does not say that it stands by; rollback: exit 3; visitors notice nothing"
    with watched("files of the release before are gone", promised) as row:
        with row.visitors(Load(host.address, PUBLIC, rate=50)) as load:
            shutil.rmtree(host.site / "releases" / first)
            told = site.deploy("status", check=0).stdout
            assert "files of its release are gone: neither stands by nor" in told
            assert "are gone on" in site.deploy("rollback", check=3).stderr
            assert site.live() == second
            site.rollout(site.release("three", over=second), check=0)
        assert load.counted.failures == 0, load.counted.failed


def test_releases_files_are_gone_of_what_is_live(site: Site, host: Machine) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    with watched("files of the live release are gone", "status: exit 1; a rollout repairs") as row:
        with row.visitors(Load(host.address, PUBLIC, rate=50)) as load:
            next((host.site / "releases" / first).glob("*.bin")).unlink()
            assert "it could not start again" in site.deploy("status", check=1).stdout
            site.rollout(first, check=0)
            assert "ODD" not in site.deploy("status", check=0).stdout
        assert load.counted.failures == 0, load.counted.failed
