"""A host whose disk fills up, at one moment or another.

Run by `make proof`, which writes the table.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hosts.conftest import Site
from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC, Machine, run
from tests.hosts.table import watched
from tests.hosts.test_rollout import once_free

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("far hosts")]

MEGABYTES = 400
ADVICE = "free some space"


@contextmanager
def small_disk(host: Machine) -> Iterator[None]:
    """The site's directory is a disk of its own, with little room beyond what a rollout wants."""
    with elsewhere(host):
        run("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "tmpfs", str(host.site))
    try:
        yield
    finally:
        with elsewhere(host):
            host.docker("rm", "--force", "searchbar-blue", "searchbar-green", check=False)
            run("umount", str(host.site))


@contextmanager
def elsewhere(host: Machine) -> Iterator[None]:
    """The site's files move to what the block puts in their place, while the router is away."""
    host.stop_router()
    saved = host.folder / "saved"
    run("cp", "-a", str(host.site), str(saved))
    (saved / "router/admin.sock").unlink(missing_ok=True)
    yield
    run("cp", "-a", f"{saved}/.", str(host.site))
    shutil.rmtree(saved)
    host.start_router()


@pytest.fixture
def small(site: Site) -> Iterator[Site]:
    with small_disk(site.machines.hosts[0]):
        yield site


def load_of(site: Site) -> Load:
    return Load(site.machines.hosts[0].address, PUBLIC, rate=50)


def ballast(site: Site) -> Path:
    return site.machines.hosts[0].site / "ballast"


def fill(site: Site) -> str:
    """Somebody else fills the disk to the last byte, as a shell line."""
    return f"head -c 1G /dev/zero >{ballast(site)} 2>/dev/null || true"


def free(site: Site) -> int:
    statistics = os.statvfs(site.machines.hosts[0].site)
    return statistics.f_bavail * statistics.f_frsize


@pytest.mark.parametrize(
    "moment",
    ["before host reserve", "after host reserve", "after host accept", "before host lay-out"],
)
def test_full_while_shipping(small: Site, moment: str) -> None:
    """What was reserved is given back, or the release is laid out whole."""
    first = small.release("one")
    small.rollout(first, check=0)
    second = small.release("two", over=first, payload=os.urandom(8_000_000))
    promised = f"exit 3, “{ADVICE}”, or done with what was reserved; live answers; room given back"
    with watched(f"disk full {moment.replace('host ', '*')}*", promised) as row:
        with row.visitors(load_of(small)) as load:
            result = small.rollout(second, at=moment, do=fill(small))
            assert result.returncode in (0, 3), result.stderr
            if result.returncode:
                assert ADVICE in result.stderr, result.stderr
                assert (small.live(), small.channel()) == (first, first)
                ballast(small).unlink()
                assert free(small) > (MEGABYTES << 20) - 3e6, "nothing stays reserved"
                once_free(small, second)
            else:
                ballast(small).unlink()
            assert (small.live(), small.channel()) == (second, second)
        assert load.counted.failures == 0, load.counted.failed
    assert is_sound(small)


def is_sound(site: Site) -> bool:
    return not any(host["pending"] or host["drift"] for host in site.status().values())


@pytest.mark.parametrize("moment", ["before switch", "after switch", "before confirm"])
def test_full_around_the_switch(small: Site, moment: str) -> None:
    """The small records have room that was kept back."""
    first = small.release("one")
    small.rollout(first, check=0)
    second = small.release("two", over=first)
    promised = "done with the room that is kept back; live answers"
    with watched(f"disk full {moment.replace(' ', ' *')}*", promised) as row:
        with row.visitors(load_of(small)) as load:
            small.rollout(second, at=moment, do=fill(small), check=0)
            assert (small.live(), small.channel()) == (second, second)
        assert load.counted.failures == 0, load.counted.failed
    ballast(small).unlink()
    assert is_sound(small)


def test_what_must_go_on_a_full_disk(small: Site) -> None:
    """Withdraw, freeze, go back, prune: each is what somebody with a full disk is in need of."""
    first = small.release("one")
    small.rollout(first, check=0)
    second = small.release("two", over=first, payload=os.urandom(8_000_000))
    small.rollout(second, check=0)
    with watched("disk full, then withdraw, freeze, rollback and prune", "all of it passes") as row:
        with row.visitors(load_of(small)) as load:
            run("sh", "-c", fill(small))
            assert free(small) == 0
            small.deploy("withdraw", "item1", check=0)
            small.deploy("freeze", "--why", "the disk is full", check=0)
            small.deploy("rollback", check=0)
            assert (small.live(), small.channel()) == (first, first)
            [host] = small.status().values()
            assert host["withdrawn"] == ["item1"]
            assert host["frozen"]["why"] == "the disk is full"
            time.sleep(1.1)  # The window is told in whole seconds.
            small.deploy("prune", check=0, rollback_hours=0, keep_releases=0)
            assert small.live() == first
            assert free(small) > 7_000_000
        assert load.counted.failures == 0, load.counted.failed
    ballast(small).unlink()
    small.deploy("freeze", "--off", check=0)
    assert is_sound(small)


def test_full_without_anything_kept_back(small: Site) -> None:
    """Another took even that room: each refuses with what to do, and nothing is half."""
    first = small.release("one")
    small.rollout(first, check=0)
    second = small.release("two", over=first)
    small.rollout(second, check=0)
    spare = small.machines.hosts[0].site / "spare"
    promised = f"exit 3, “{ADVICE}”; live and every list as they were; then all of it passes"
    with watched("disk full to the last byte, nothing kept back", promised) as row:
        with row.visitors(load_of(small)) as load:
            spare.unlink()
            run("sh", "-c", fill(small))
            for words in (
                ("withdraw", "item1"),
                ("freeze", "--why", "x"),
                ("rollback",),
                ("prune",),
            ):
                refused = small.deploy(*words, check=3)
                assert ADVICE in refused.stderr, refused.stderr
            [host] = small.status().values()
            assert (host["withdrawn"], host["frozen"], small.live()) == ([], {}, second)
            ballast(small).unlink()
            small.deploy("withdraw", "item1", check=0)
            small.deploy("rollback", check=0)
            assert (small.live(), small.channel()) == (first, first)
        assert load.counted.failures == 0, load.counted.failed
    assert is_sound(small)
