"""What goes wrong on one host, with its promised outcome.

Run by `make proof`, which writes the table.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from deployer.host import haproxy, switch
from deployer.host.layout import Layout, read_record
from deployer.hosts import Environment
from deployer.router.config import router_config
from tests.hosts.conftest import Site
from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC, run
from tests.hosts.table import watched

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("hosts")]


def refused(
    site: Site,
    failure: str,
    code: int,
    sentence: str,
    *arguments: str,
    settings: dict[str, object] | None = None,
    **behaviour: object,
) -> None:
    """A rollout over a live release is refused, visitors notice nothing, the next one repairs."""
    first = site.release("one")
    site.rollout(first, check=0)
    bad, good = site.release("bad", over=first, **behaviour), site.release("good", over=first)
    with watched(
        failure, f"exit {code}, “{sentence}”; live was never touched; the next rollout repairs"
    ) as row:
        with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            result = site.rollout(bad, *arguments, check=code, **(settings or {}))
            assert sentence in result.stderr
            assert (site.live(), site.channel()) == (first, first)
            site.rollout(good, check=0)
            assert (site.live(), site.channel()) == (good, good)
        assert load.counted.failures == 0, load.counted.failed


def test_wrong_answers_to_probes(site: Site) -> None:
    refused(site, "wrong answers to probes", 1, "probes-slot: no", wrong_probes=True)


def test_wrong_release_behind_the_right_port(site: Site) -> None:
    refused(
        site, "wrong release behind the right port", 1, "release-and-image: no", claims="f" * 64
    )


def test_slow_start_beyond_patience(site: Site) -> None:
    settings: dict[str, object] = {"start_seconds": 3.0}
    refused(
        site,
        "slow start, beyond `start_seconds`",
        1,
        "ready: no",
        start_seconds=60,
        settings=settings,
    )


def test_slow_answers(site: Site) -> None:
    # Both colours are asked at the same moments, so what is allowed is what live took: no busy
    # machine decides this.
    settings: dict[str, object] = {"latency_times": 1.0, "latency_floor_ms": 1.0}
    refused(site, "slow answers", 1, "shadow-latency: no", slow_ms=1500, settings=settings)


def test_image_missing(site: Site) -> None:
    refused(
        site, "image missing", 3, "neither on the hosts nor here", "--image", "sha256:" + "0" * 64
    )


def test_crash_at_the_start(site: Site) -> None:
    settings: dict[str, object] = {"start_seconds": 3.0}
    refused(site, "crash at the start", 1, "ready: no", crash_at_start=True, settings=settings)


def test_slow_start_within_patience_is_waited_for(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    slow = site.release("slow", over=first, start_seconds=5)
    with watched("slow start, within `start_seconds`", "waited for; then live") as row:
        with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            site.rollout(slow, check=0)
            assert site.live() == slow
        assert load.counted.failures == 0, load.counted.failed


@pytest.mark.parametrize(
    ("how", "arguments", "most"), [("all at once", (), 50), ("canary 5 %", ("--canary", "5%"), 15)]
)
def test_what_a_release_costs_that_fails_only_for_visitors(
    site: Site, how: str, arguments: tuple[str, ...], most: int
) -> None:
    """It answers probes and logged questions, but fails 30 % of what visitors ask."""
    first = site.release("one")
    site.rollout(first, check=0)
    bad = site.release("bad", over=first, fail_when="visitor", fail_percent=30)
    with watched(
        f"30 % of visitors' questions fail, {how}", f"the guard turns back; at most {most} failed"
    ) as row:
        with row.visitors(
            Load(site.machines.hosts[0].address, PUBLIC, rate=400, visitors=16)
        ) as load:
            result = site.rollout(bad, *arguments, check=1, guard_seconds=4.0)
            assert "failed" in result.stderr
            assert (site.live(), site.channel()) == (first, first)
        assert 0 < load.counted.failures <= most, load.counted.failed


def test_crash_after_the_switch(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    bad = site.release("bad", over=first, crash_when="visitor")
    with watched("crash after the switch", "the guard turns back; at most 50 failed") as row:
        with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=100)) as load:
            site.rollout(bad, check=1, guard_seconds=3.0)
            assert (site.live(), site.channel()) == (first, first)
        assert load.counted.failures <= 50, load.counted.failed


@pytest.mark.parametrize("moment", ["before switch", "after switch", "before confirm"])
def test_router_restarts_around_the_switch(site: Site, moment: str) -> None:
    """Visitors of a dead router meet a closed port; it comes back with the right colour."""
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    host = site.machines.hosts[0]
    promised = "the right colour when it is back; only who met the dead router failed"
    with watched(f"router killed −9 {moment.replace(' ', ' *')}*", promised) as row:
        with row.visitors(Load(host.address, PUBLIC, rate=50)) as load:
            site.rollout(second, at=moment, do=host.kill_router_line(), check=0)
            assert (site.live(), site.channel()) == (second, second)
        assert not [what for what in load.counted.failed if what.isdigit()], load.counted.failed


def test_router_restarts_again_and_again(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    stop = threading.Event()

    def kill_again_and_again() -> None:
        while not stop.wait(0.4):
            site.machines.hosts[0].kill_router()

    killer = threading.Thread(target=kill_again_and_again)
    with watched(
        "router killed −9 every 0.4 s during a rollout",
        "one of both, whole; the next rollout repairs",
    ):
        killer.start()
        site.rollout(second)
        stop.set()
        killer.join()
        site.machines.hosts[0].await_router()
        assert site.live() in (first, second)
        site.rollout(second, check=0)
        assert (site.live(), site.channel()) == (second, second)


def test_changed_host_key(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    known = site.machines.known_hosts
    before = known.read_text()
    with watched(
        "changed host key", "exit 3, “its host key is not the one”; nothing was done"
    ) as row:
        with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            try:
                other = (site.machines.folder / "client_key.pub").read_text().split()[1]
                known.write_text(f"{site.machines.hosts[0].address} ssh-ed25519 {other}\n")
                assert "host key is not the one" in site.rollout(second, check=3).stderr
                known.write_text("")
                assert "prepare --pin" in site.rollout(second, check=3).stderr
                assert site.live() == first
            finally:
                known.write_text(before)
            site.rollout(second, check=0)
        assert load.counted.failures == 0, load.counted.failed


def test_tampered_file_on_the_host(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    host = site.machines.hosts[0].site
    shared = host / "releases" / first / "shared.bin"
    with watched("tampered file on the host", "noticed, set aside and sent again") as row:
        with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            shared.write_bytes(b"x" * shared.stat().st_size)
            site.rollout(second, check=0)
            assert site.live() == second
        assert (host / "releases" / second / "shared.bin").read_bytes().startswith(b"the same")
        assert "tampered" in (host / "journal.jsonl").read_text()
        assert load.counted.failures == 0, load.counted.failed


def test_disk_full_while_shipping(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first, payload=os.urandom(8_000_000))
    incoming = site.machines.hosts[0].site / "incoming"
    with watched(
        "disk full while shipping", "exit 3, “no room”, before the first byte; live answers"
    ) as row:
        with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            run("mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", str(incoming))
            try:
                assert "no room" in site.rollout(second, check=3).stderr
                assert (site.live(), site.channel()) == (first, first)
            finally:
                run("umount", str(incoming))
            site.rollout(second, check=0)
            assert site.live() == second
        assert load.counted.failures == 0, load.counted.failed


def test_disk_full_after_the_switch(tmp_path: Path) -> None:
    """A real router whose directory is full: it does not switch, but it turns back."""
    run("mount", "-t", "tmpfs", "-o", "size=512k,mode=777", "tmpfs", str(tmp_path))
    layout = Layout(tmp_path)
    try:
        layout.make()
        layout.map.write_text(haproxy.Route("blue").text())
        environment = Environment("stage", public="127.0.0.1:18000", preview=18009)
        (layout.router / "haproxy.cfg").write_text(router_config(environment, str(tmp_path)))
        failure = "disk full between the switch and its confirmation"
        with Router(layout), watched(failure, "no switch, but a way back"):
            haproxy.put(layout, haproxy.Route("green"))
            with pytest.raises(OSError, match="No space"):
                (tmp_path / "ballast").write_bytes(b"x" * 600_000)
            with pytest.raises(OSError, match="No space"):
                haproxy.put(layout, haproxy.Route("green", standby=True))
            assert haproxy.route_in_router(layout) == haproxy.Route("green")
            with pytest.raises(OSError, match="No space"):
                switch.turn_back(layout, "blue", "the disk is full", 1)
            assert haproxy.route_in_router(layout) == haproxy.Route("blue")
            (tmp_path / "ballast").unlink()
            assert switch.turn_back(layout, "blue", "there is room again", 1)
            blue = haproxy.Route("blue")
            assert haproxy.route_in_file(layout) == haproxy.route_in_router(layout) == blue
            assert read_record(layout.pending) == {}
    finally:
        run("umount", str(tmp_path))


class Router:
    """A router of one's own while the block runs."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def __enter__(self) -> None:
        self.process = subprocess.Popen(
            ["/usr/sbin/haproxy", "-db", "-f", str(self.layout.router / "haproxy.cfg")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not self.layout.admin.exists():
            assert self.process.poll() is None
            time.sleep(0.02)

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def test_live_killed_while_the_other_stands_by(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    site.rollout(second, check=0)
    [host] = site.status().values()
    with watched(
        "live slot killed −9 three times, idle stands by", "at most one failed per kill"
    ) as row:
        with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=200)) as load:
            for _ in range(3):
                before = load.counted.requests
                while load.counted.requests < before + 200:
                    time.sleep(0.1)
                site.machines.hosts[0].kill_container(host["live_colour"])
        assert load.counted.failures <= 3, load.counted.failed
