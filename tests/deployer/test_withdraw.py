"""Withdrawal: nothing is called gone but what the live release itself says is gone."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest

from deployer.command import Command
from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession
from deployer.host import prober
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host
from deployer.owed import host_act
from deployer.owed.record import OwedActs
from deployer.transport.machine import Machine
from deployer.withdraw import withdraw as withdraw_from
from release_format.store.folder import Folder
from tests.deployer.facts import ONE, container, facts

REASONS = {"gone": "withdrawn", "hidden": "hidden", "refused": "quarantined"}


class LiveSlot(BaseHTTPRequestHandler):
    """Says of each item what the item's name says."""

    def do_GET(self) -> None:
        name = self.path.removeprefix("/items/").rpartition("id=")[2].partition("-")[0]
        status, body = 404, ""
        if name == "none":
            return
        if name.isdigit():
            status = int(name)
        elif name == "shown":
            status = 200
        elif self.path.startswith("/why-not") and name != "foreign":
            status, body = 200, json.dumps({"reason": REASONS.get(name, "unknown")})
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


@contextlib.contextmanager
def serving(server: HTTPServer) -> Iterator[None]:
    """The server answers while the block runs."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), LiveSlot) as server, serving(server):
        yield server.server_port


class Loopback:
    """A host whose live slot is at a port here."""

    def __init__(self, port: int, **differs: Any) -> None:
        self.host, self.port, self.differs = Host("h", "192.0.2.1"), port, differs
        self.listed: list[str] = list(differs.get("withdrawn", ()))

    def ask(self, command: Command) -> Any:
        verb, sent = command.argv[4], json.loads(command.stdin or b"null")
        if verb == "facts":
            return facts(**{**self.differs, "withdrawn": self.listed})
        if verb == "withdraw":
            self.listed = sorted({*self.listed, *sent})
            return {}
        return prober.still_shown(self.port, sent)


@pytest.fixture(autouse=True)
def owed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OwedActs:
    monkeypatch.setattr(host_act, "PATIENCE", 0.0)
    monkeypatch.chdir(tmp_path)
    return OwedActs(Folder(tmp_path / "store"), "stage")


def withdraw(host: Loopback, *ids: str, **silent: str) -> None:
    away = [Host(name, "192.0.2.9", directory=f"/srv/{name}") for name in silent]
    environment = Environment("stage", (host.host, *away))
    session = HostSession(cast(Machine, host), HostCommands(environment, host.host))
    fleet = Fleet(environment, [session], unreachable=silent)
    withdraw_from(fleet, OwedActs(Folder(Path("store")), "stage"), ids)


def test_what_the_release_calls_gone_is_withdrawn(
    port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    withdraw(host := Loopback(port, withdrawn=["before"]), "gone-1", "hidden-2")
    assert host.listed == ["before", "gone-1", "hidden-2"]
    assert "gone-1, hidden-2: withdrawn on 1 hosts" in capsys.readouterr().err
    assert OwedActs(Folder(Path("store")), "stage").read() == []


@pytest.mark.parametrize("id", ["401", "429", "503", "none", "foreign"])
def test_no_answer_is_no_withdrawal(port: int, id: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RolloutError, match=f"could not tell whether {id} is still") as caught:
        withdraw(host := Loopback(port), "gone-1", id)
    assert caught.value.exit_code == 3
    assert id in host.listed
    assert "withdrawn on" not in capsys.readouterr().err


def test_an_item_that_is_still_shown_is_told(port: int) -> None:
    with pytest.raises(RolloutError, match="shown-1 is still shown") as caught:
        withdraw(Loopback(port), "429", "shown-1")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("id", ["typo", "refused-7"])
def test_an_id_that_no_live_release_has_is_told(
    port: int, id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RolloutError, match=f"^{id}: no live release has an item") as caught:
        withdraw(host := Loopback(port), "gone-1", id)
    assert caught.value.exit_code == 2
    assert host.listed == ["gone-1", id]
    assert "\ngone-1: withdrawn on" in f"\n{capsys.readouterr().err}"


def test_where_nothing_is_live_nobody_is_asked(
    port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    withdraw(Loopback(port, containers={}, slots={}), "shown-1")
    assert "shown-1: on the list of 1 hosts, nothing live" in capsys.readouterr().err


@pytest.mark.parametrize(
    "differs",
    [
        {"containers": {}, "slots": {}, "docker_why": "the engine is down. Start it."},
        {"containers": {}, "slots": {}, "route": {"why": "slots.map cannot be read."}},
        {
            "containers": {"green": container(ONE)},
            "route": {"live": "blue-green", "canary": "none", "share": "0"},
        },
    ],
    ids=["engine", "route", "standby"],
)
def test_what_nobody_could_tell_is_not_nothing_live(
    port: int, differs: dict[str, Any], capsys: pytest.CaptureFixture[str], owed: OwedActs
) -> None:
    with pytest.raises(RolloutError, match="shown-1 is still shown") as caught:
        withdraw(Loopback(port, **differs), "shown-1")
    told = f"{caught.value} {capsys.readouterr().err}"
    assert (caught.value.exit_code, "nothing live" in told) == (3, False)
    assert [act.ids for act in owed.read()] == [("shown-1",)]
    withdraw(Loopback(port, **differs), "gone-1")
    told = capsys.readouterr().err
    assert "gone-1: withdrawn on 1 hosts" in told
    assert "h still owes: withdraw shown-1, since 20" in told


@pytest.mark.parametrize("answers", [{}, [], None, {"gone-1": "gone"}, {"gone-1": {"answer": 1}}])
def test_an_answer_that_is_none_is_no_withdrawal(
    port: int, answers: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prober, "still_shown", lambda *_: answers)
    with pytest.raises(RolloutError, match="could not tell whether gone-1 is still") as caught:
        withdraw(Loopback(port), "gone-1")
    assert caught.value.exit_code == 3
    assert "withdrawn on" not in capsys.readouterr().err


def test_a_host_that_does_not_answer_owes_it(
    port: int, capsys: pytest.CaptureFixture[str], owed: OwedActs
) -> None:
    with pytest.raises(
        RolloutError, match=r"not done on k: k: unreachable\. Start it\. It is owed"
    ):
        withdraw(Loopback(port), "gone-1", k="k: unreachable. Start it.")
    assert "gone-1: withdrawn on 1 hosts" in capsys.readouterr().err
    assert [(act.host, act.ids) for act in owed.read()] == [("k", ("gone-1",))]


def test_an_item_goes_although_the_store_cannot_be_written(
    port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("store").write_text("no folder")
    withdraw(host := Loopback(port), "gone-1")
    assert host.listed == ["gone-1"]
    assert "gone-1: withdrawn on 1 hosts" in capsys.readouterr().err
    told = "The store does not keep that it is owed .*: type it again"
    with pytest.raises(RolloutError, match=told) as caught:
        withdraw(host, "gone-2", k="k: unreachable. Start it.")
    assert (host.listed, caught.value.exit_code) == (["gone-1", "gone-2"], 3)


def test_an_id_is_asked_for_as_the_server_reads_its_line(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    get = prober.get

    def noted(port: int, path: str) -> dict[str, Any]:
        asked.append(path)
        return get(port, path)

    monkeypatch.setattr(prober, "get", noted)
    assert prober.still_shown(port, [" typo-é #1"]) == {" typo-é #1": {"answer": "unknown"}}
    spellings = ["typo-é #1", "typo-e\u0301 #1", "typo-é", "typo-e\u0301"]
    assert asked[::2] == [f"/items/{quote(text, safe='')}" for text in spellings]
