"""The deployer dies, stalls or is cut off at every moment: what then?

Run by `make proof`, which writes the table.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.hosts.claims import NAMESPACES
from tests.hosts.conftest import ROOT, Site, ended
from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC, machines
from tests.hosts.sealed import compared
from tests.hosts.table import watched
from tests.hosts.test_rollout import killed_and_repaired, once_free

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("hosts")]

STEPS = (
    "seal",
    "look",
    "allow",
    "ship",
    "start",
    "gate",
    "switch",
    "guard",
    "confirm",
    "drain",
    "record",
)
CANARY = ("canary", "canary guard")


@pytest.mark.parametrize("step", [*STEPS, *CANARY])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_before_and_after_every_step(site: Site, when: str, step: str) -> None:
    site.rollout(site.release("one"), check=0)
    canary = ("--canary", "20%") if step in CANARY else ()
    promised = "live answers; nothing half-done is taken for done; the next rollout repairs"
    with watched(f"deployer killed −9 {when} *{step}*", promised) as row:
        killed_and_repaired(site, f"{when} {step}", row, *canary)


def test_killed_after_the_switch_and_nobody_comes(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first)
    with watched(
        "deployer killed −9 after *switch*, and nobody comes", "the host turns back by itself"
    ) as row:
        with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            site.rollout(second, at="after switch", check=-9)
            assert site.live() == second
            deadline = time.monotonic() + 60
            while (host := site.status()[site.machines.hosts[0].name])["pending"]:
                assert time.monotonic() < deadline
            assert (host["slots"][host["live_colour"]]["pair"]["release"], site.live()) == (
                first,
                first,
            )
        assert load.counted.failures == 0, load.counted.failed


@pytest.mark.parametrize("moment", ["before start", "before switch"])
def test_stalled_while_another_rolls_out(site: Site, moment: str) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second, third = site.release("two", over=first), site.release("three", over=first)
    promised = "the lock is free within 10 s; what the stalled one does later is refused"
    name = f"deployer stalls before *{moment.split()[1]}*, another rolls out, it wakes up"
    with watched(name, promised) as row:
        with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            stalled = site.begin(
                "rollout", *site.rollout_arguments(third), at=moment, do="kill -STOP $PPID"
            )
            while "T" not in state(stalled):
                time.sleep(0.05)
            once_free(site, second)
            stalled.send_signal(signal.SIGCONT)
            late = ended(stalled, 3)
            assert "lost the host's lock" in late.stderr or "cut" in late.stderr, late.stderr
            assert (site.live(), site.channel()) == (second, second)
        assert load.counted.failures == 0, load.counted.failed


def state(process: subprocess.Popen[str]) -> str:
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_two_rollouts_at_once(site: Site, tmp_path: Path) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second, third = site.release("two", over=first), site.release("three", over=first)
    inside, over = tmp_path / "inside", tmp_path / "over"
    wait = f"touch {inside}; while [ ! -e {over} ]; do sleep 0.05; done"
    compared(site.store, third, second)
    promised = "the other is told by whom; where it may wait, it rolls out when the first is done"
    with watched("two rollouts at once", promised) as row:
        with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            earlier = site.begin(
                "rollout", *site.rollout_arguments(second), at="before switch", do=wait
            )
            while not inside.exists():
                assert earlier.poll() is None
                time.sleep(0.05)
            refused = site.rollout(third, "--wait", "0", check=3)
            assert "locked since" in refused.stderr
            later = site.begin("rollout", *site.rollout_arguments(third))
            assert later.stderr
            assert any("Waiting" in line for line in later.stderr)
            assert site.live() == first
            over.touch()
            ended(earlier, 0)
            ended(later, 0)
            assert site.live() == third
        assert load.counted.failures == 0, load.counted.failed


def test_connection_cut_while_shipping(site: Site) -> None:
    first = site.release("one")
    site.rollout(first, check=0)
    second = site.release("two", over=first, payload=os.urandom(256_000_000))
    sshd = site.machines.hosts[0].processes["sshd"].pid
    with watched(
        "connection cut while shipping", "live answers; the next rollout goes on where it stopped"
    ) as row:
        with row.visitors(Load(site.machines.hosts[0].address, PUBLIC, rate=50)) as load:
            result = site.rollout(second, at="while shipping", do=f"pkill -9 -P {sshd}", check=3)
            assert "the connection was cut" in result.stderr, result.stderr
            assert site.live() == first
            again = once_free(site, second)
            assert site.live() == second
        [sent] = re.findall(r"([\d.]+) MB sent", again.stderr)
        assert float(sent) < 250, again.stderr
        assert load.counted.failures == 0, load.counted.failed


def test_a_test_run_that_is_killed_leaves_nothing_for_long() -> None:
    """A promise of these tests: the next run clears away what a dead one left."""
    code = (
        "from tests.hosts.machines import machines\nwith machines(1) as m: print(m.folder, m.tag,"
        " flush=True); input()"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert run.stdout is not None
    folder, tag = run.stdout.readline().split()
    run.kill()
    run.communicate()
    assert list(NAMESPACES.glob(f"sb{tag}h*"))
    with machines(0):
        assert not list(NAMESPACES.glob(f"sb{tag}h*"))
        assert not Path(folder).exists()
