"""Real hosts: sshd, Docker engine and HAProxy, each host in a network namespace of its own."""

from __future__ import annotations

import json

import pytest

from tests.hosts.conftest import Site
from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC

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
    killed_and_repaired(site, moment)


def killed_and_repaired(site: Site, moment: str) -> None:
    """Live answers throughout, nothing half-done is taken for done, and the next rollout repairs."""
    one = site.release("one")
    site.rollout(one, check=0)
    two = site.release("two", over=one)
    with Load(site.machines.hosts[0].address, PUBLIC, rate=100) as load:
        site.rollout(two, killed=moment, check=-9)
        assert site.live() == (one if not _is_past(moment) else site.live())
        site.rollout(two, check=0)
        assert site.live() == two
    assert load.counted.failures == 0, load.counted.failed
    status = json.loads(site.deploy("status", "--json", check=0).stdout)
    assert not any(host["pending"] for host in status["hosts"].values())
    channel = site.store.channel("stage")
    assert channel is not None
    assert channel.release == two


def _is_past(moment: str) -> bool:
    return moment in (
        "after switch",
        "before guard",
        "after guard",
        "before confirm",
        "after confirm",
    ) or moment.endswith(("drain", "record"))
