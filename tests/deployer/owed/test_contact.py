"""One host of three does not answer: what is done on the others, and what it does when it is back.

Real deployers and real host programs over a real sshd.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest

from deployer.__main__ import main
from deployer.fleet import HostSession, open_fleet
from deployer.hosts import read_hosts
from deployer.owed import host_act
from deployer.owed.record import OwedActs
from release_format.cli import run_program
from release_format.store.folder import Folder
from tests.deployer.facts import IMAGE
from tests.deployer.sshd import hosts_on_loopback
from tests.deployer.test_withdraw import LiveSlot, serving
from tests.hosts.sealed import sealed

NAMES = ("one", "two", "three")
# Whatever this machine has.
NO_ENGINE = "SetEnv DOCKER_HOST=unix:///no-engine.sock\n"


@dataclass
class Site:
    """Three hosts, of which the last can be cut off, and a store."""

    hosts: Path
    store: Folder
    capsys: pytest.CaptureFixture[str]

    def typed(self, *words: str) -> tuple[int, str]:
        place = ("--environment", "stage", "--hosts", str(self.hosts))
        code = run_program("deployer", main, [*words, *place, "--store", str(self.store.root)])
        told = self.capsys.readouterr()
        return code, told.out + told.err

    def status(self) -> dict[str, Any]:
        _, told = self.typed("status", "--json")
        return dict(json.loads(told))

    def cut_off(self) -> None:
        """Nobody listens any more where the last host was."""
        before, _, last = self.hosts.read_text().rpartition("port = ")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.hosts.write_text(f"{before}port = {port}\n{last.partition(chr(10))[2]}")

    def back(self) -> None:
        ports = re.findall(r"port = (\d+)", self.hosts.read_text())
        self.hosts.write_text(self.hosts.read_text().replace(f"= {ports[-1]}\n", f"= {ports[0]}\n"))

    def frozen(self) -> list[str]:
        return [name for name in NAMES if (self.hosts.parent / name / "frozen.json").exists()]

    def listed(self, id: str) -> list[str]:
        lists = {n: self.hosts.parent / n / "site/withdrawn.txt" for n in NAMES}
        return [name for name, path in lists.items() if id in path.read_text().splitlines()]

    def owed(self) -> list[tuple[str, str]]:
        return [(act.host, act.act) for act in OwedActs(self.store, "stage").read()]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """hosts.toml of three hosts that show what LiveSlot shows."""
    folder = tmp_path_factory.mktemp("hosts")
    with (
        HTTPServer(("127.0.0.1", 0), LiveSlot) as server,
        serving(server),
        hosts_on_loopback(folder, *NAMES, sshd_config=NO_ENGINE) as hosts,
    ):
        text = hosts.read_text()
        hosts.write_text(text.replace("[stage]", f'[stage]\npublic = ":{server.server_port}"', 1))
        with open_fleet(read_hosts(hosts, "stage")) as fleet:
            fleet.each(lambda session: session.ask(session.commands.make_directories()))
        yield hosts


@pytest.fixture
def site(
    prepared: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    monkeypatch.setattr("deployer.transport.connection.TRIES", 1)
    monkeypatch.setattr(host_act, "PATIENCE", 0.0)
    for name in NAMES:
        (prepared.parent / name / "frozen.json").unlink(missing_ok=True)
    site = Site(prepared, Folder(tmp_path / "store"), capsys)
    site.cut_off()
    yield site
    site.back()


def test_status_shows_who_answers_and_who_does_not(site: Site) -> None:
    code, told = site.typed("status")
    assert (code, "stage: NOT WELL" in told, "three: NO ANSWER" in told) == (3, True, True), told
    assert "Start it, or take it out of hosts.toml." in told
    assert {"one:", "two:"} < set(told.splitlines())
    record = site.status()
    assert (record["well"], list(record["hosts"])) == (False, ["one", "two"])
    assert "connecting: unreachable" in record["unreachable"]["three"]


@pytest.mark.proof
def test_a_freeze_is_done_where_it_can_be_and_by_the_other_when_it_is_back(site: Site) -> None:
    code, told = site.typed("freeze", "--why", "audit")
    assert (code, site.frozen(), site.owed()) == (3, ["one", "two"], [("three", "freeze")]), told
    assert "stage on one, two: rollouts are frozen" in told
    assert "not done on three: three (" in told
    assert "It is owed there: `status` tells what is owed" in told
    assert "owed by three: freeze (audit), since 20" in site.typed("status")[1]
    site.back()
    # The rollout has it done first, and is then refused as by any freeze.
    code, told = site.typed("rollout", sealed(site.store, "one"), "--image", IMAGE)
    assert (code, site.frozen(), site.owed()) == (1, [*NAMES], []), told
    assert "three: done, as it was owed: freeze (audit), since 20" in told
    assert "rollouts are frozen since" in told


@pytest.mark.proof
def test_a_thaw_replaces_a_freeze_that_is_still_owed(site: Site) -> None:
    assert site.typed("freeze", "--why", "audit")[0] == 3
    code, told = site.typed("freeze", "--off")
    assert (code, site.frozen(), site.owed()) == (3, [], [("three", "thaw")]), told
    assert "stage on one, two: rollouts are allowed again." in told
    site.back()
    (site.hosts.parent / "three/frozen.json").write_text("{}")
    code, told = site.typed("withdraw", "gone-1")
    assert (code, site.frozen(), site.owed()) == (0, [], []), told
    assert "three: done, as it was owed: thaw" in told


@pytest.mark.proof
def test_a_withdrawal_reaches_the_host_that_was_away_with_the_next_verb(site: Site) -> None:
    code, told = site.typed("withdraw", "gone-7", "hidden-7")
    assert (code, site.listed("gone-7")) == (3, ["one", "two"]), told
    assert "gone-7, hidden-7: withdrawn on 2 hosts" in told
    assert "not done on three: three (" in told
    site.back()
    code, told = site.typed("prune")
    assert "three: done, as it was owed: withdraw gone-7, hidden-7, since 20" in told
    assert (site.listed("gone-7"), site.owed()) == ([*NAMES], [])


@pytest.mark.proof
@pytest.mark.parametrize("verb", ["prune", "rollback"])
def test_a_host_whose_slots_nobody_can_tell_is_left_alone(site: Site, verb: str) -> None:
    """These hosts have no engine: whatever lies there may be in use."""
    site.back()
    release = site.hosts.parent / "one/releases" / ("9" * 64)
    release.mkdir(exist_ok=True)
    (release / "manifest.json").write_text("{}")
    code, told = site.typed(verb)
    assert (code, release.is_dir()) == (3, True), told
    assert "one: nobody can tell what is live there: " in told


def test_a_rollback_is_refused_with_the_option_that_would_go_on(site: Site) -> None:
    code, told = site.typed("rollback")
    assert code == 3
    assert "three: no answer, so nothing was done. " in told
    assert "To go back on one, two alone, add --partial." in told
    code, told = site.typed("rollback", "--only", "four")
    assert (code, "stage has no host 'four'." in told) == (2, True), told
    code, told = site.typed("rollback", "--only", "three", "--partial")
    assert (code, "add --partial" in told) == (3, False), told


@pytest.mark.proof
@pytest.mark.parametrize("moment", ["freeze", "still-shown"])
def test_what_a_deployer_that_died_had_begun_is_owed_by_all(
    site: Site, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = HostSession.ask

    def die(self: HostSession, command: Any) -> Any:
        if command.argv[4] == moment:
            raise KeyboardInterrupt
        return ask(self, command)

    site.back()
    words = ["freeze", "--why", "audit"] if moment == "freeze" else ["withdraw", "gone-9"]
    with monkeypatch.context() as patched:
        patched.setattr(HostSession, "ask", die)
        assert site.typed(*words)[0] == 130
    assert [host for host, _ in site.owed()] == [*NAMES]
    code, told = site.typed("freeze", "--off")
    assert (code, site.owed(), site.frozen()) == (0, [], []), told
    if moment == "still-shown":
        assert told.count("done, as it was owed: withdraw gone-9") == 3
        assert site.listed("gone-9") == [*NAMES]


def test_a_host_that_refuses_keeps_a_rollout_from_beginning(site: Site) -> None:
    site.typed("freeze", "--off")
    assert site.owed() == [("three", "thaw")]
    site.back()
    (stuck := site.hosts.parent / "three/frozen.json").mkdir()
    code, told = site.typed("rollout", sealed(site.store, "one"), "--image", IMAGE)
    stuck.rmdir()
    assert (code, site.owed()) == (3, [("three", "thaw")]), told
    assert "not done on three: three: thaw: " in told
    assert "seal: done" not in told, "nothing was begun"
