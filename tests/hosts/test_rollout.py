"""Real hosts: sshd, Docker engine and HAProxy, each host in a network namespace of its own."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.hosts.conftest import Site
from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC
from tests.hosts.table import Row

pytestmark = pytest.mark.xdist_group("hosts")


def certificate(site: Site, output: str) -> dict[str, object]:
    text = site.store.record("certificate", output.strip().splitlines()[-1])
    assert text is not None
    return dict(json.loads(text))


def test_rollout_rollback_and_all_that_belongs_to_it(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    assert site.live() == first
    with Load(site.machines.hosts[0].address, PUBLIC, rate=150) as load:
        second = site.release("two", over=first)
        result = site.rollout(second, "--canary", "20%", check=0)
        assert site.live() == second
        site.deploy("rollback", check=0)
        assert site.live() == first
    assert load.counted.failures == 0, load.counted.failed
    assert load.counted.requests > 300

    record = certificate(site, result.stdout)
    assert record["failed"] == 0
    assert int(str(record["requests"])) > 0
    assert record["to"] == {"release": second, "image": site.image}
    channel = site.store.channel("stage")
    assert channel is not None
    assert (channel.release, list(channel.hold)) == (first, [second])

    assert "is held" in site.rollout(second, check=1).stderr
    site.deploy("unhold", second[:12], check=0)
    site.deploy("freeze", "--why", "audit", check=0)
    assert "frozen" in site.rollout(second, check=1).stderr
    site.deploy("freeze", "--off", check=0)

    site.deploy("withdraw", "item2", check=0)
    status = json.loads(site.deploy("status", "--json", check=0).stdout)
    [host] = status["hosts"].values()
    assert host["withdrawn"] == ["item2"]
    assert host["live_colour"] == "green"

    again = site.rollout(first, check=0)
    assert "nothing was done" in again.stderr
    rehearsed = site.rollout(second, "--rehearse", check=0).stdout
    assert "docker run --detach --name searchbar-blue" in rehearsed
    assert site.live() == first

    # Nobody compared the first with the third: that is no yes.
    third = site.release("three")
    assert "nobody compared" in site.rollout(third, check=3).stderr


@pytest.mark.parametrize("moment", ["after start", "after switch"])
def test_deployer_killed(site: Site, moment: str) -> None:
    site.rollout(site.release("one"), check=0)
    killed_and_repaired(site, moment, Row())


def killed_and_repaired(site: Site, moment: str, row: Row, *arguments: str) -> None:
    """Live answers throughout, nothing half-done counts, and the next rollout repairs."""
    first, second = site.channel(), site.release("two", over=site.channel())
    with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=50)) as load:
        site.rollout(second, *arguments, at=moment, check=-9)
        assert (
            site.live()
            in {"before": (first,), "between": (first, second), "after": (second,)}[_when(moment)]
        )
        assert site.channel() == (second if moment == "after record" else first)
        once_free(site, second)
        assert site.live() == second
    assert load.counted.failures == 0, load.counted.failed
    assert not any(host["pending"] or host["drift"] for host in site.status().values())
    assert site.channel() == second


def once_free(site: Site, release: str) -> subprocess.CompletedProcess[str]:
    """Roll out as soon as the lock of whoever died is free; it promises 10 seconds."""
    return site.rollout(release, "--wait", "10s", check=0)


def _when(moment: str) -> str:
    """Before any visitor sees the new slot, between that and the confirmation, or after it."""
    when, step = moment.split(" ", 1)
    begun = ["seal", "look", "allow", "ship", "start", "gate", "canary", "canary guard"]
    steps = [*begun, "switch", "guard", "confirm", "drain", "record"]
    position = steps.index(step) + (when == "after")
    visible = steps.index("canary" if "canary" in step else "switch")
    if position <= visible:
        return "before"
    return "between" if position <= steps.index("confirm") else "after"
