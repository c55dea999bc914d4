"""The locks of all hosts, held and waited for: real deployers over a real sshd."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.errors import RolloutError
from deployer.fleet import open_fleet
from deployer.hosts import read_hosts
from tests.deployer.sshd import hosts_on_loopback

ROOT = Path(__file__).parents[2]
# A deployer that does nothing with the locks, and says when it has them.
DEPLOYER = """
import sys
from pathlib import Path
from deployer.errors import RolloutError
from deployer.fleet import open_fleet
from deployer.hosts import read_hosts
try:
    with open_fleet(read_hosts(Path(sys.argv[1]), "stage")) as fleet:
        with fleet.locked(sys.argv[2], patience=float(sys.argv[3])):
            print(*[session.fence for session in fleet.sessions], flush=True)
            sys.stdin.read()
except RolloutError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with hosts_on_loopback(tmp_path_factory.mktemp("hosts"), "one", "two") as path:
        yield path


def deployer(hosts: Path, who: str, patience: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DEPLOYER, str(hosts), f"rollout of {who}", str(patience)],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"SEARCHBAR_BY": who, "PATH": "/usr/bin:/bin"},
    )


def fences(holder: subprocess.Popen[str]) -> list[int]:
    """The numbers that it got with the locks, as soon as it has them."""
    assert holder.stdout
    return [int(number) for number in holder.stdout.readline().split()]


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    return process.stderr.readline()


def let_go(process: subprocess.Popen[str]) -> None:
    process.communicate("", timeout=60)
    assert process.returncode == 0


@pytest.mark.parametrize("end", ["lets go", "is killed"])
def test_a_rollout_waits_for_another_and_goes_on_when_that_is_over(hosts: Path, end: str) -> None:
    """As after a restart of the controller: the rollout that it began goes on, and the next one
    comes."""
    with deployer(hosts, "ada", 0) as ada:
        before = fences(ada)
        with deployer(hosts, "bob", 600) as bob:
            line = next_line(bob)
            assert line.startswith("one: locked since 20")
            assert " by ada for rollout of ada. Waiting, " in line
            if end == "is killed":
                ada.kill()
            else:
                let_go(ada)
            assert fences(bob) == [fence + 1 for fence in before]
            let_go(bob)


def test_a_lock_is_never_taken_from_whoever_holds_it(hosts: Path) -> None:
    with open_fleet(read_hosts(hosts, "stage")) as fleet, deployer(hosts, "ada", 0) as ada:
        held = fences(ada)
        for patience, waited in ((0, ""), (1, " Waited 1 s for it.")):
            with (
                pytest.raises(RolloutError) as caught,
                fleet.locked("rollout of bob", patience=patience),
            ):
                raise AssertionError("two hold the lock")
            assert caught.value.exit_code == 3
            assert f"by ada for rollout of ada.{waited} Look at" in str(caught.value)
        record = json.loads((hosts.parent / "one/lock.json").read_text())
        assert (record["holder"], record["fence"]) == ("ada", held[0])
        let_go(ada)
