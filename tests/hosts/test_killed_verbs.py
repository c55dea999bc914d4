"""The deployer dies in a rollback, a withdrawal, a prune, a freeze: what then?

Run by `make proof`, which writes the table.
"""

from __future__ import annotations

import subprocess
import time
from typing import Any

import pytest

from tests.hosts.conftest import Site
from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC
from tests.hosts.table import watched

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("hosts")]

STEPS = ("look", "wake", "gate", "hold", "switch", "confirm", "record")
WITHDRAWAL = ("withdraw", "facts", "still-shown")
PRUNE = ("lock", "facts", "stand-by", "docker rm", "prune", "forget-images")


def load_of(site: Site) -> Load:
    return Load(site.machines.hosts[0].address, PUBLIC, rate=50)


def again(
    site: Site, verb: str, *arguments: str, **settings: Any
) -> subprocess.CompletedProcess[str]:
    """The same command, as soon as the lock of whoever died is free; it promises 10 seconds."""
    deadline = time.monotonic() + 10
    while True:
        result = site.deploy(verb, *arguments, **settings)
        if result.returncode == 0:
            return result
        assert "locked since" in result.stderr, result.stderr
        assert time.monotonic() < deadline


def held(site: Site) -> list[str]:
    channel = site.store.channel("stage")
    return list(channel.hold) if channel else []


def is_sound(site: Site) -> bool:
    return not any(host["pending"] or host["drift"] for host in site.status().values())


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_in_a_rollback(site: Site, when: str, step: str) -> None:
    """It is not gone back and forth, and what it leaves is held from before it is left."""
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    site.rollout(second, check=0)
    promised = "live answers; what is left is held; the same rollback finishes it"
    position = STEPS.index(step) + (when == "after")
    with watched(f"rollback killed −9 {when} *{step}*", promised) as row:
        with row.visitors(load_of(site)) as load:
            site.deploy("rollback", at=f"{when} {step}", check=-9)
            assert site.live() == (first if position > STEPS.index("switch") else second)
            assert held(site) == ([second] if position > STEPS.index("hold") else [])
            if (when, step) == ("after", "record"):
                assert "is held" in site.deploy("rollback", check=1).stderr
            else:
                again(site, "rollback")
            assert (site.live(), site.channel(), held(site)) == (first, first, [second])
        assert load.counted.failures == 0, load.counted.failed
        assert is_sound(site)


def test_a_rollback_that_died_lets_nothing_come_back_that_it_left(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    site.rollout(second, check=0)
    site.deploy("rollback", at="after confirm", check=-9)
    promised = "a rollout of what it left is refused as held"
    with watched("rollback killed −9 after *confirm*, and a rollout comes", promised):
        assert "is held" in site.rollout(second, "--wait", "10s", check=1).stderr
        assert site.live() == first


def test_killed_in_a_withdrawal(site: Site) -> None:
    site.rollout(site.release("one"), check=0)
    site.deploy("withdraw", "item0", check=0)
    listed = ["item0"]
    moments = [f"{when} host {verb}" for verb in WITHDRAWAL for when in ("before", "after")]
    for number, moment in enumerate(moments):
        new, name = f"item{number + 1}", moment.replace("host ", "*") + "*"
        promised = "nothing is lost from the list; the same withdrawal finishes it"
        with watched(f"withdrawal killed −9 {name}", promised) as row:
            with row.visitors(load_of(site)) as load:
                site.deploy("withdraw", new, at=moment, check=-9)
                [host] = site.status().values()
                is_listed = moments.index("after host withdraw") <= number
                assert host["withdrawn"] == [*listed, *[new] * is_listed]
                again(site, "withdraw", new)
                listed = [*listed, new]
                [host] = site.status().values()
                assert host["withdrawn"] == listed
            assert load.counted.failures == 0, load.counted.failed
            assert is_sound(site)


def test_killed_while_it_freezes_and_thaws(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    promised = "frozen or not, whole; the same command finishes it"
    freeze: tuple[str, ...] = ("freeze", "--why", "audit")
    for when in ("before", "after"):
        for words, verb in ((freeze, "freeze"), (("freeze", "--off"), "thaw")):
            with watched(f"{verb} killed −9 {when} *{verb}*", promised) as row:
                with row.visitors(load_of(site)) as load:
                    site.deploy(*words, at=f"{when} host {verb}", check=-9)
                    [host] = site.status().values()
                    is_frozen = (verb == "freeze") == (when == "after")
                    assert (host["frozen"] or {}).get("why") == ("audit" if is_frozen else None)
                    again(site, *words)
                    if verb == "freeze":
                        assert "frozen" in site.rollout(second, check=1).stderr
                assert load.counted.failures == 0, load.counted.failed
    site.rollout(second, check=0)


@pytest.mark.parametrize("verb", PRUNE)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_in_a_prune(site: Site, when: str, verb: str) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    site.rollout(second, check=0)
    settings: dict[str, Any] = {"rollback_hours": 0, "keep_releases": 0}
    promised = "live answers, nothing half removed counts; the same prune finishes it"
    with watched(f"prune killed −9 {when} *{verb}*", promised) as row:
        with row.visitors(load_of(site)) as load:
            time.sleep(1.1)  # The window is told in whole seconds.
            site.deploy("prune", at=f"{when} host {verb}", check=-9, **settings)
            assert site.live() == second
            again(site, "prune", **settings)
            assert site.live() == second
            [host] = site.status().values()
            assert host["releases"] == [second]
            assert list(host["slots"]) == [host["live_colour"]]
        assert load.counted.failures == 0, load.counted.failed
        assert is_sound(site)
        third = site.release("three", over=second)
        site.rollout(third, check=0)
