"""Every failure with its promised outcome: live keeps answering, and the next rollout repairs. Run by `make proof`."""

from __future__ import annotations

import json
import threading
import time

import pytest

from tests.hosts.conftest import Site
from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC
from tests.hosts.test_rollout import killed_and_repaired

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("hosts")]

STEPS = ("seal", "look", "allow", "ship", "start", "gate", "switch", "guard", "confirm", "drain", "record")


@pytest.mark.parametrize("moment", [f"{when} {step}" for step in STEPS for when in ("before", "after")])
def test_killed_before_and_after_every_step(site: Site, moment: str) -> None:
    killed_and_repaired(site, moment)


def refused(
    site: Site, code: int, said: str, *arguments: str, settings: dict[str, object] | None = None, **behaviour: object
) -> None:
    """A rollout over a live release is refused with that sentence; visitors notice nothing; the next one repairs."""
    one = site.release("one")
    site.rollout(one, check=0)
    bad = site.release("bad", over=one, **behaviour)
    with Load(site.machines.hosts[0].address, PUBLIC, rate=50) as load:
        done = site.rollout(bad, *arguments, check=code, **(settings or {}))
        assert said in done.stderr
        for host in range(site.hosts):
            assert site.live(host) == one
        good = site.release("good", over=one)
        site.rollout(good, check=0)
        assert site.live() == good
    assert load.counted.failures == 0, load.counted.failed


def test_wrong_answers_to_probes(site: Site) -> None:
    refused(site, 1, "probes-slot: no", wrong_probes=True)


def test_wrong_release_behind_the_right_port(site: Site) -> None:
    refused(site, 1, "release-and-image: no", claims="f" * 64)


def test_slow_start_within_patience_is_waited_for(site: Site) -> None:
    slow = site.release("slow", start_seconds=5)
    site.rollout(slow, check=0)
    assert site.live() == slow


def test_slow_start_beyond_patience(site: Site) -> None:
    refused(site, 1, "ready: no", start_seconds=60, settings={"start_seconds": 3.0})


def test_slow_answers(site: Site) -> None:
    refused(site, 1, "shadow-latency: no", slow_ms=1200)


def test_image_missing(site: Site) -> None:
    refused(site, 3, "neither on the hosts nor here", "--image", "sha256:" + "0" * 64)


def test_failing_for_visitors_only_costs_at_most_fifty(site: Site) -> None:
    cost(site, (), 50)


def test_behind_a_canary_it_costs_at_most_fifteen(site: Site) -> None:
    cost(site, ("--canary", "5%"), 15)


def cost(site: Site, arguments: tuple[str, ...], most: int) -> None:
    """A release that answers probes and logged questions, but fails 30 % of what visitors ask."""
    one = site.release("one")
    site.rollout(one, check=0)
    bad = site.release("bad", over=one, fail_when="visitor", fail_percent=30)
    with Load(site.machines.hosts[0].address, PUBLIC, rate=400, visitors=16) as load:
        time.sleep(1)
        done = site.rollout(bad, *arguments, check=1, guard_seconds=4.0)
        assert "failed" in done.stderr
        assert site.live() == one
    assert 0 < load.counted.failures <= most, load.counted.failed


def test_crash_after_the_switch(site: Site) -> None:
    one = site.release("one")
    site.rollout(one, check=0)
    bad = site.release("bad", over=one, crash_when="visitor")
    with Load(site.machines.hosts[0].address, PUBLIC, rate=100) as load:
        site.rollout(bad, check=1, guard_seconds=3.0)
        assert site.live() == one
    assert load.counted.failures <= 50, load.counted.failed


def test_router_killed_during_the_switch(site: Site) -> None:
    one = site.release("one")
    site.rollout(one, check=0)
    two = site.release("two", over=one)
    stop = threading.Event()

    def kill_again_and_again() -> None:
        while not stop.wait(0.4):
            site.machines.hosts[0].kill_router()

    killer = threading.Thread(target=kill_again_and_again)
    killer.start()
    site.rollout(two)
    stop.set()
    killer.join()
    time.sleep(1)
    assert site.live() in (one, two)
    site.rollout(two, check=0)
    assert site.live() == two


def test_two_rollouts_at_once(site: Site) -> None:
    one = site.release("one")
    site.rollout(one, check=0)
    two, three = site.release("two", over=one), site.release("three", over=one)
    codes: list[int] = []
    both = [
        threading.Thread(target=lambda r=r: codes.append(site.rollout(r, guard_seconds=3.0).returncode))
        for r in (two, three)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(codes) == [0, 3]
    assert site.live() in (two, three)


def test_changed_host_key(site: Site) -> None:
    one = site.release("one")
    site.rollout(one, check=0)
    known = site.machines.known_hosts
    before = known.read_text()
    try:
        other = (site.machines.folder / "client_key.pub").read_text().split()[1]
        known.write_text(f"{site.machines.hosts[0].address} ssh-ed25519 {other}\n")
        assert "host key is not the one" in site.rollout(one, check=3).stderr
        known.write_text("")
        assert "prepare --pin" in site.rollout(one, check=3).stderr
    finally:
        known.write_text(before)
    site.rollout(one, check=0)


def test_tampered_file_on_the_host(site: Site) -> None:
    one = site.release("one")
    site.rollout(one, check=0)
    two = site.release("two", over=one)
    host = site.machines.hosts[0].site
    shared = host / "releases" / one / "shared.bin"
    shared.write_bytes(b"x" * shared.stat().st_size)
    site.rollout(two, check=0)
    assert (host / "releases" / two / "shared.bin").read_bytes().startswith(b"the same")
    assert "tampered" in (host / "journal.jsonl").read_text()


def test_disk_full(site: Site) -> None:
    one = site.release("one")
    site.rollout(one, check=0)
    two = site.release("two", over=one, payload=b"p" * 8_000_000)
    host = site.machines.hosts[0]
    incoming = host.site / "incoming"
    from tests.hosts.machines import run

    run("mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", str(incoming))
    try:
        assert "no room" in site.rollout(two, check=3).stderr
        assert site.live() == one
    finally:
        run("umount", str(incoming))
    site.rollout(two, check=0)


def test_connection_cut_while_shipping(site: Site) -> None:
    one = site.release("one")
    site.rollout(one, check=0)
    import os

    two = site.release("two", over=one, payload=os.urandom(300_000_000))
    host = site.machines.hosts[0]
    cut = threading.Timer(2.5, lambda: host.kill_connections())
    cut.start()
    done = site.rollout(two)
    cut.join()
    assert site.live() in (one, two)
    if done.returncode:
        assert "cut" in done.stderr or "lost" in done.stderr or "unreachable" in done.stderr
    time.sleep(6)
    site.rollout(two, check=0)
    assert site.live() == two


def test_one_host_unreachable_in_the_middle_of_several(sites: Site) -> None:
    one = sites.release("one")
    sites.rollout(one, check=0)
    two = sites.release("two", over=one)
    with sites.machines.hosts[1].cut_off():
        assert "unreachable" in sites.rollout(two, check=3).stderr
        assert sites.live(0) == one
    assert [sites.live(n) for n in range(3)] == [one, one, one]
    sites.rollout(two, check=0)
    assert [sites.live(n) for n in range(3)] == [two, two, two]


def test_a_guard_that_says_no_turns_every_host_back(sites: Site) -> None:
    one = sites.release("one")
    sites.rollout(one, check=0)
    bad = sites.release("bad", over=one, fail_when="visitor", fail_percent=30)
    with Load(sites.machines.hosts[2].address, PUBLIC, rate=200):
        time.sleep(0.5)
        sites.rollout(bad, check=1, guard_seconds=3.0)
    assert [sites.live(n) for n in range(3)] == [one, one, one]


def test_live_killed_while_the_other_stands_by(site: Site) -> None:
    one = site.release("one")
    site.rollout(one, check=0)
    two = site.release("two", over=one)
    site.rollout(two, check=0)
    status = json.loads(site.deploy("status", "--json", check=0).stdout)
    [host] = status["hosts"].values()
    with Load(site.machines.hosts[0].address, PUBLIC, rate=200) as load:
        time.sleep(1)
        for _ in range(3):
            site.machines.hosts[0].kill_container(host["live_colour"])
            time.sleep(2)
    assert load.counted.failures <= 3, load.counted.failed
