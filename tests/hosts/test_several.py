"""What goes wrong on one of several hosts: versions are never mixed.

Run by `make proof`, which writes the table.
"""

from __future__ import annotations

import json
import time

import pytest

from tests.hosts.conftest import Site
from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC, run
from tests.hosts.table import watched
from tests.hosts.test_rollout import once_free

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("far hosts")]
PROMISED = "every host answers with the old release; the next rollout repairs"


def lives(sites: Site) -> list[str]:
    return [sites.live(n) for n in range(3)]


def test_one_host_unreachable_from_the_beginning(sites: Site) -> None:
    first = sites.release("one")
    sites.rollout(first, check=0)
    second = sites.release("two", over=first)
    with watched("one of three hosts unreachable from the beginning", PROMISED) as row:
        with row.visitors(Load(sites.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            with sites.machines.hosts[1].cut_off():
                assert "unreachable" in sites.rollout(second, check=3).stderr
            assert lives(sites) == [first, first, first]
            sites.rollout(second, check=0)
            assert lives(sites) == [second, second, second]
        assert load.counted.failures == 0, load.counted.failed


def test_one_host_down_while_the_others_are_looked_after(sites: Site) -> None:
    """Looked at, withdrawn from, frozen, taken back and pruned without it; then it catches up."""
    first = sites.release("one")
    sites.rollout(first, check=0, guard_seconds=3.0)
    second = sites.release("two", over=first)
    sites.rollout(second, check=0, guard_seconds=3.0)
    down = sites.machines.hosts[1]
    others = [host.name for host in sites.machines.hosts if host is not down]
    promised = "the other two are looked after; what it owes it does when it is back"
    with watched(
        "sshd of one of three hosts stopped; status, withdraw, freeze, …", promised
    ) as row:
        with row.visitors(Load(sites.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            with down.without_sshd():
                status = json.loads(sites.deploy("status", "--json", check=3).stdout)
                assert sorted(status["hosts"]) == sorted(others)
                assert "unreachable" in status["unreachable"][down.name]
                told = sites.deploy("withdraw", "item2", check=3).stderr
                assert "item2: withdrawn on 2 hosts" in told
                assert f"not done on {down.name}: " in told
                assert f"not done on {down.name}: " in (
                    sites.deploy("freeze", "--why", "audit", check=3).stderr
                )
                assert "add --partial" in sites.deploy("rollback", check=3).stderr
                assert lives(sites) == [second, second, second]
                assert "MIXED: left as they were" in (
                    sites.deploy("rollback", "--partial", check=0).stderr
                )
                assert lives(sites) == [first, second, first]
                assert f"not pruned: {down.name}. " in sites.deploy("prune", check=3).stderr
                told = sites.deploy("status", check=3).stdout
                assert f"MIXED: the last rollback left out {down.name}" in told
                assert f"owed by {down.name}: withdraw item2, since " in told
            status = json.loads(sites.deploy("status", "--json", check=1).stdout)
            assert down.name in status["mixed"]
            assert [act["act"] for act in status["owed"]] == ["withdraw", "freeze"]
            told = sites.deploy("rollback", check=0).stderr
            assert f"{down.name}: done, as it was owed: withdraw item2" in told
            assert f"the last rollback left out {down.name}: this one finishes it" in told
        assert load.counted.failures == 0, load.counted.failed
        assert lives(sites) == [first, first, first]
        status = json.loads(sites.deploy("status", "--json", check=0).stdout)
        assert (status["well"], status["mixed"], status["owed"]) == (True, "", [])
        for host in status["hosts"].values():
            assert (host["withdrawn"], host["frozen"]["why"]) == (["item2"], "audit")


def test_one_host_down_is_brought_in_line_by_the_next_rollout(sites: Site) -> None:
    first = sites.release("one")
    sites.rollout(first, check=0, guard_seconds=3.0)
    second = sites.release("two", over=first)
    sites.rollout(second, check=0, guard_seconds=3.0)
    third = sites.release("three", over=first)
    with sites.machines.hosts[1].without_sshd():
        sites.deploy("rollback", "--partial", check=0)
    assert lives(sites) == [first, second, first]
    # The channel's own pair goes where it is not, and so does the next one.
    sites.rollout(first, check=0, guard_seconds=3.0)
    assert lives(sites) == [first, first, first]
    sites.rollout(third, check=0, guard_seconds=3.0)
    assert lives(sites) == [third, third, third]
    assert "MIXED" not in sites.deploy("status", check=0).stdout


@pytest.mark.parametrize(
    "moment", ["before ship", "before start", "before switch", "before confirm"]
)
def test_one_host_unreachable_in_the_middle(sites: Site, moment: str) -> None:
    first = sites.release("one")
    sites.rollout(first, check=0)
    second = sites.release("two", over=first)
    lost = sites.machines.hosts[1]
    with watched(
        f"one of three hosts unreachable from {moment.replace(' ', ' *')}* on", PROMISED
    ) as row:
        with row.visitors(Load(sites.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            result = sites.rollout(second, at=moment, do=f"ip link set {lost.name}o down")
            run("ip", "link", "set", f"{lost.name}o", "up")
            assert result.returncode == 3, result.stderr
            assert lost.name in result.stderr
            deadline = time.monotonic() + 60
            while lives(sites) != [first, first, first] or any(
                h["pending"] for h in sites.status().values()
            ):
                assert time.monotonic() < deadline, lives(sites)
            assert sites.channel() == first
            once_free(sites, second)
            assert lives(sites) == [second, second, second]
        assert load.counted.failures == 0, load.counted.failed


def test_a_guard_that_says_no_turns_every_host_back(sites: Site) -> None:
    first = sites.release("one")
    sites.rollout(first, check=0)
    bad = sites.release("bad", over=first, fail_when="visitor", fail_percent=30)
    with watched(
        "30 % of visitors' questions fail on one of three hosts",
        "all three turn back; at most 50 failed",
    ) as row:
        with row.visitors(Load(sites.machines.hosts[2].address, PUBLIC, rate=200)) as load:
            sites.rollout(bad, check=1, guard_seconds=3.0)
            assert lives(sites) == [first, first, first]
        assert 0 < load.counted.failures <= 50, load.counted.failed


def test_one_gate_that_says_no_switches_none(sites: Site) -> None:
    first = sites.release("one")
    sites.rollout(first, check=0)
    second = sites.release("two", over=first)
    host = sites.machines.hosts[1]
    idle = sites.status()[host.name]["idle_colour"]
    stop = f"docker -H {host.docker_host} stop --time 0 searchbar-{idle} >/dev/null"
    with watched("the idle slot of one of three hosts dies before the gate", PROMISED) as row:
        with row.visitors(Load(sites.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            result = sites.rollout(second, at="before gate", do=stop, check=1, start_seconds=15.0)
            assert f"{host.name}: The traffic gate says no" in result.stderr, result.stderr
            assert lives(sites) == [first, first, first]
            sites.rollout(second, check=0)
            assert lives(sites) == [second, second, second]
        assert load.counted.failures == 0, load.counted.failed
