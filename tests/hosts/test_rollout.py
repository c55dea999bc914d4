"""Real hosts: sshd, Docker engine and HAProxy, each host in a network namespace of its own."""

from __future__ import annotations

import json
import subprocess
import time

import pytest

from tests.hosts.conftest import Site
from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC
from tests.hosts.table import Row

pytestmark = pytest.mark.xdist_group("hosts")


def certificate(site: Site, said: str) -> dict[str, object]:
    text = site.store.record("certificate", said.strip().splitlines()[-1])
    assert text is not None
    return dict(json.loads(text))


def test_rollout_rollback_and_all_that_belongs_to_it(site: Site) -> None:
    one = site.release("one")
    site.rollout(one, check=0)
    assert site.live() == one
    with Load(site.machines.hosts[0].address, PUBLIC, rate=150) as load:
        two = site.release("two", over=one)
        done = site.rollout(two, "--canary", "20%", check=0)
        assert site.live() == two
        site.deploy("rollback", check=0)
        assert site.live() == one
    assert load.counted.failures == 0, load.counted.failed
    assert load.counted.requests > 300

    record = certificate(site, done.stdout)
    assert record["failed"] == 0
    assert int(str(record["requests"])) > 0
    assert record["to"] == {"release": two, "image": site.image}
    channel = site.store.channel("stage")
    assert channel is not None
    assert (channel.release, list(channel.hold)) == (one, [two])

    assert "is held" in site.rollout(two, check=1).stderr
    site.deploy("unhold", two[:12], check=0)
    site.deploy("freeze", "--why", "audit", check=0)
    assert "frozen" in site.rollout(two, check=1).stderr
    site.deploy("freeze", "--off", check=0)

    site.deploy("withdraw", "item2", check=0)
    status = json.loads(site.deploy("status", "--json", check=0).stdout)
    [host] = status["hosts"].values()
    assert host["withdrawn"] == ["item2"]
    assert host["live_colour"] == "green"

    again = site.rollout(one, check=0)
    assert "nothing was done" in again.stderr
    rehearsed = site.rollout(two, "--rehearse", check=0).stdout
    assert "docker run --detach --name searchbar-blue" in rehearsed
    assert site.live() == one

    # Nobody compared one with three: that is no yes.
    three = site.release("three")
    assert "nobody compared" in site.rollout(three, check=3).stderr


@pytest.mark.parametrize("moment", ["after start", "after switch", "before record"])
def test_deployer_killed(site: Site, moment: str) -> None:
    site.rollout(site.release("one"), check=0)
    killed_and_repaired(site, moment, Row())


def killed_and_repaired(site: Site, moment: str, row: Row, *arguments: str) -> None:
    """Live answers throughout, nothing half-done is taken for done, and the next rollout repairs."""
    one, two = site.channel(), site.release("two", over=site.channel())
    with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=50)) as load:
        site.rollout(two, *arguments, at=moment, check=-9)
        assert site.live() in {"before": (one,), "between": (one, two), "after": (two,)}[_when(moment)]
        assert site.channel() == (two if moment == "after record" else one)
        once_free(site, two)
        assert site.live() == two
    assert load.counted.failures == 0, load.counted.failed
    assert not any(host["pending"] or host["drift"] for host in site.status().values())
    assert site.channel() == two


def once_free(site: Site, release: str) -> subprocess.CompletedProcess[str]:
    """Roll out as soon as the lock of whoever died is free; it promises 10 seconds."""
    deadline = time.monotonic() + 10
    while (done := site.rollout(release)).returncode and "locked since" in done.stderr:
        assert time.monotonic() < deadline, done.stderr
    assert done.returncode == 0, done.stderr
    return done


def _when(moment: str) -> str:
    """Before any visitor sees the new slot, between that and the confirmation, or after it."""
    when, step = moment.split(" ", 1)
    steps = ["seal", "look", "allow", "ship", "start", "gate", "canary", "canary guard", "switch", "guard", "confirm",
             "drain", "record"]  # fmt: skip
    done = steps.index(step) + (when == "after")
    seen = steps.index("canary" if "canary" in step else "switch")
    return "before" if done <= seen else "between" if done <= steps.index("confirm") else "after"
