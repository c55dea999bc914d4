"""A host at the end of a slow link: latency, loss, a connection that is cut, or that goes silent.

Run by `make proof`, which writes the table.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.hosts.conftest import Site
from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC
from tests.hosts.slow_link import LinkQuality, SlowLink
from tests.hosts.table import watched

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("far hosts")]

# A link over which much is lost, at 300 ms there and back.
SLOW = LinkQuality(latency=0.15, lost=0.02, resent_after=2.0, rate=1e6)


@contextmanager
def linked(site: Site, quality: LinkQuality, seed: int = 0) -> Iterator[SlowLink]:
    """The deployer reaches the host by such a link while the block runs."""
    host = site.machines.hosts[0]
    known = site.machines.known_hosts
    key = next(line for line in known.read_text().splitlines() if host.address in line.split()[0])
    before = known.read_text()
    with SlowLink(host.address, quality, seed=seed) as link:
        known.write_text(f"{before}[127.0.0.1]:{link.port} {key.partition(' ')[2]}\n")
        host.link = link.port
        try:
            yield link
        finally:
            host.link = 0
            known.write_text(before)


def load_of(site: Site) -> Load:
    return Load(site.machines.hosts[0].address, PUBLIC, rate=50)


def test_everything_over_a_slow_link(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first, payload=os.urandom(15_000_000))
    name = "300 ms there and back, 2 % of chunks 2 s late, 1 MB/s: rollout, withdrawal, rollback"
    with watched(name, "all of it passes, slowly") as row:
        with row.visitors(load_of(site)) as load, linked(site, SLOW) as link:
            # A chunk that is late in the middle of a request costs nobody the lock.
            site.rollout(second, check=0)
            assert (site.live(), site.channel()) == (second, second)
            site.deploy("withdraw", "item1", check=0)
            site.deploy("rollback", check=0)
            assert (site.live(), site.channel()) == (first, first)
            assert link.lost
        assert load.counted.failures == 0, load.counted.failed
    assert not any(host["pending"] or host["drift"] for host in site.status().values())


@pytest.mark.parametrize("seed", range(6))
def test_a_link_that_is_cut_at_random(site: Site, seed: int) -> None:
    """Every verb passes, or ends with 3 and a sentence; live is whole; the same again finishes."""
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    quality = LinkQuality(latency=0.02, lost=0.02, resent_after=1.0, cut=0.01, rate=4e6)
    verbs: list[tuple[str, Callable[[], subprocess.CompletedProcess[str]], str]] = [
        ("rollout", lambda: site.rollout(second, "--wait", "10s"), second),
        ("withdrawal", lambda: site.deploy("withdraw", "item1"), second),
        ("rollback", lambda: site.deploy("rollback"), first),
    ]
    for name, act, wanted in verbs:
        promised = "passes, or exit 3 and live as it was; the same again finishes it"
        with watched(f"connection cut at random in a {name} ({seed})", promised) as row:
            with row.visitors(load_of(site)) as load:
                with linked(site, quality, seed):
                    tried = act()
                assert tried.returncode in (0, 3), tried.stderr
                assert "Traceback" not in tried.stderr
                assert site.live() in (first, second)
                if tried.returncode:
                    finish(site, act)
                assert (site.live(), site.channel()) == (wanted, wanted)
            assert load.counted.failures == 0, load.counted.failed
    assert not any(host["pending"] or host["drift"] for host in site.status().values())


def finish(site: Site, act: Callable[[], subprocess.CompletedProcess[str]]) -> None:
    deadline = time.monotonic() + 30
    while (again := act()).returncode:
        assert "locked since" in again.stderr, again.stderr
        assert time.monotonic() < deadline


@pytest.mark.parametrize("chunks", [0, 6, 30, 60, 90])
def test_a_link_that_goes_silent(site: Site, chunks: int) -> None:
    """Both ends stay connected and nothing comes through: every wait of the deployer ends."""
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    quality = LinkQuality(latency=0.01, lost=0.0, rate=1e8, silent_after=chunks + 1)
    promised = "exit 3 within the time limits; live is whole; the next rollout repairs"
    name = f"link silent after {chunks} chunks of a rollout, both ends connected"
    with watched(name, promised) as row:
        with row.visitors(load_of(site)) as load:
            with linked(site, quality):
                settings: dict[str, Any] = {"start_seconds": 5.0}
                result = site.rollout(second, check=3, **settings)
            assert result.stderr.strip().endswith("."), result.stderr
            site.rollout(second, "--wait", "20s", check=0)
            assert (site.live(), site.channel()) == (second, second)
        assert load.counted.failures == 0, load.counted.failed
