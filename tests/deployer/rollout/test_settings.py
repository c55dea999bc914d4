"""Settings in a rollout and a rollback: what is asked, set, told, and gone back to."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deployer.command import Command
from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession
from deployer.host.layout import Layout
from deployer.host.settings import keep
from deployer.host_bundle import host_programs
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host
from deployer.rollout.certificate import settings_switched_to
from deployer.rollout.rollback import Rollback
from deployer.rollout.rollback_target import aim, unfinished
from deployer.rollout.rollout import Rollout, RolloutRequest
from deployer.state import Pair, read_state
from deployer.status import EnvironmentStatus
from deployer.transport.machine import Rehearsal
from release_format.config.table import ConfigError
from release_format.store.base import Channel
from release_format.store.folder import Folder
from tests.deployer.facts import IMAGE, ONE, TWO, container, facts
from tests.hosts.sealed import sealed

SECRET = "a-key-of-16-letters-and-more"
WAS = {"SEARCHBAR_KEY": SECRET, "SEARCHBAR_TITLE": "Shop"}


class Site:
    """Hosts that keep settings as real ones do, where one release is live; and their source."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder, self.store = folder, Folder(folder / "store")
        self.release = sealed(self.store, "one")
        self.pair = Pair(self.release, IMAGE)
        self.source = folder / "stage.env"
        self.hosts = {name: self._host(name) for name in names or ("h",)}
        self.written: list[str] = []
        self.sent: list[Command] = []

    def _host(self, name: str) -> dict[str, Any]:
        layout = Layout(self.folder / name)
        layout.make()
        (layout.programs / host_programs().name).write_bytes(host_programs().content)
        record = {"live": "blue", "release": self.release, "image": IMAGE, "left": {}}
        return facts(
            containers={"blue": container(self.pair)}, slots=record, releases=[self.release]
        )

    def runs_with(self, id: str, values: dict[str, str], *, host: str = "h") -> None:
        keep(Layout(self.folder / host), id, values, [])
        self.hosts[host]["containers"]["blue"]["settings"] = id
        self.hosts[host]["slots"]["settings"] = id

    def wants(self, values: dict[str, str] | None) -> None:
        if values is not None:
            lines = (f"{name}={value}\n" for name, value in values.items())
            self.source.write_text("".join(lines))
            self.source.chmod(0o600)
        self.setting = "" if values is None else f"file:{self.source}"

    def fleet(self, *, rehearsing: bool = True) -> Fleet:
        folders = enumerate((name, str(self.folder / name)) for name in self.hosts)
        hosts = [Host(name, f"192.0.2.{n}", directory=folder) for n, (name, folder) in folders]
        environment = Environment("stage", tuple(hosts), settings=self.setting)
        sessions = [
            HostSession(
                Recorder(host, self.written.append, self._reader(host.name), self.sent),
                HostCommands(environment, host),
            )
            for host in hosts
        ]
        return Fleet(environment, sessions, rehearsing=rehearsing)

    def _reader(self, name: str) -> Any:
        def read(command: Command) -> Any:
            verb = command.argv[4]
            if verb == "settings-difference":
                line = [sys.executable, *command.argv[1:]]
                ended = subprocess.run(line, input=command.stdin, capture_output=True, check=True)
                return json.loads(ended.stdout)
            answers = {"missing": {"missing": [], "begun": {}}, "probes": {"probes": []}}
            return {**answers, "facts": self.hosts[name]}[verb]

        return read

    def roll_out(self) -> str:
        request = RolloutRequest(self.store.path("release", self.release), IMAGE)
        return Rollout(self.fleet(), self.store, request).go()


class Recorder(Rehearsal):
    """A rehearsed host that keeps what it would have been sent."""

    def __init__(self, host: Host, write: Any, read: Any, sent: list[Command]) -> None:
        super().__init__(host, write, read)
        self.sent = sent

    def ask(self, command: Command) -> Any:
        self.sent.append(command)
        return super().ask(command)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_change_of_settings_alone_is_rolled_out(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.runs_with("a1", WAS)
    site.wants({"SEARCHBAR_KEY": SECRET + "2", "SEARCHBAR_QUEUE": "8"})
    site.roll_out()
    said = capsys.readouterr()
    told = f"settings from file:{site.source}: SEARCHBAR_KEY, SEARCHBAR_QUEUE"
    news = "new: SEARCHBAR_QUEUE; changed: SEARCHBAR_KEY; gone: SEARCHBAR_TITLE"
    assert f"{told} ({news})" in said.err
    [stored] = [command for command in site.sent if "keep-settings" in command.argv]
    id = stored.argv[stored.argv.index("--id") + 1]
    assert json.loads(stored.stdin) == {
        "settings": {"SEARCHBAR_KEY": SECRET + "2", "SEARCHBAR_QUEUE": "8"},
        "keep": ["a1"],
    }
    [start] = [line for line in site.written if " docker run " in line]
    assert f"--env-file {site.folder}/h/settings/{id}.env" in start
    assert f"--label searchbar.settings={id}" in start
    order = [line for line in site.written if "keep-settings" in line or " docker run " in line]
    assert "keep-settings" in order[0], "what the engine reads is there before it reads it"
    [confirmed] = [command for command in site.sent if "confirm" in command.argv]
    assert json.loads(confirmed.stdin) == {
        "pair": {"release": site.release, "image": IMAGE, "settings": id},
        "left": {"colour": "blue", "release": site.release, "image": IMAGE, "settings": "a1"},
    }
    everything = said.out + said.err + "".join(site.written) + "".join(map(repr, site.sent))
    assert SECRET not in everything


def test_settings_as_before_need_no_rollout(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.runs_with("a1", WAS)
    site.wants(WAS)
    assert site.roll_out() == ""
    assert "is live already; nothing was done" in (said := capsys.readouterr().err)
    assert "(as before)" in said
    assert len(site.written) == 1, "the lock"


def test_a_new_pair_keeps_the_settings_that_are_live(site: Site) -> None:
    """Nothing is drawn anew: the same settings have the same name on every host."""
    site.runs_with("a1", WAS)
    site.wants(WAS)
    site.hosts["h"]["containers"]["blue"]["image"] = "sha256:" + "b" * 64
    site.roll_out()
    assert [line for line in site.written if "settings/a1.env" in line and "docker run" in line]


def test_settings_are_taken_away_by_taking_their_source_away(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.runs_with("a1", WAS)
    site.wants(None)
    site.roll_out()
    assert "no settings (gone: SEARCHBAR_KEY, SEARCHBAR_TITLE)" in capsys.readouterr().err
    [start] = [line for line in site.written if " docker run " in line]
    assert "env-file" not in start
    assert not [line for line in site.written if "keep-settings" in line]


def test_hosts_that_never_had_settings_are_asked_nothing(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.wants(None)
    assert site.roll_out() == ""
    assert not [command for command in site.sent if "settings" in command.line().partition("--")[0]]
    assert "settings" not in capsys.readouterr().err


def test_settings_whose_file_is_gone_are_set_anew(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.runs_with("a1", WAS)
    (site.folder / "h/settings/a1.env").unlink()
    site.wants(WAS)
    site.roll_out()
    assert "nobody knows what the live slot was started with" in capsys.readouterr().err
    assert [line for line in site.written if "keep-settings" in line]


def test_a_source_that_cannot_be_read_stops_a_rollout_before_anything_is_touched(
    site: Site,
) -> None:
    site.runs_with("a1", WAS)
    site.wants(WAS)
    site.source.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        site.roll_out()
    assert len(site.written) == 1, "the lock"


def test_hosts_with_different_settings_get_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site(tmp_path, "a", "b")
    site.runs_with("a1", WAS, host="a")
    site.wants(WAS)
    site.roll_out()
    assert "(a: as before; b: new: SEARCHBAR_KEY, SEARCHBAR_TITLE)" in capsys.readouterr().err
    kept = [command for command in site.sent if "keep-settings" in command.argv]
    assert len({command.argv[command.argv.index("--id") + 1] for command in kept}) == 1
    assert len(kept) == 2
    # By the same values under two names, too: status would call the hosts mixed for ever.
    site.runs_with("b2", WAS, host="b")
    site.sent.clear()
    site.roll_out()
    assert len([command for command in site.sent if "keep-settings" in command.argv]) == 2


def test_a_certificate_has_names_and_no_values(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.runs_with("a1", WAS)
    site.wants({**WAS, "SEARCHBAR_KEY": SECRET + "2"})
    monkeypatch.setattr("deployer.rollout.steps.prove", lambda *_: {})
    request = RolloutRequest(site.store.path("release", site.release), IMAGE)
    digest = Rollout(site.fleet(rehearsing=False), site.store, request).go()
    text = str(site.store.record("certificate", digest))
    assert SECRET not in text
    told = json.loads(text)["settings"]
    assert told["names"] == ["SEARCHBAR_KEY", "SEARCHBAR_TITLE"]
    assert told["news"]["h"]["changed"] == ["SEARCHBAR_KEY"]
    assert settings_switched_to(site.store, site.store.channel("stage")) == told["id"]
    assert len(told["id"]) == 16
    assert settings_switched_to(site.store, None) is None


# One pair everywhere; its settings changed from `old` to `new`.
CHANNEL = Channel("stage", 2, ONE.release, ONE.image, "")


def host(live: str, left: str, *, act: str = "", idle: str = "", name: str = "h") -> Any:
    pair = {"release": ONE.release, "image": ONE.image}
    record = {"live": "blue", **pair, "settings": live, "act": act, "since": ""}
    slots = {"blue": container(ONE, settings=live), "green": container(ONE, settings=idle or left)}
    left_pair = {"left": {**pair, "settings": left}}
    return read_state(name, facts(containers=slots, slots=record | left_pair))


def test_a_rollback_brings_back_the_settings_of_the_slot_that_is_switched_to() -> None:
    before = host("new", "old")
    assert aim({"h": before}, CHANNEL, (), "new") == (ONE, {"h": before})
    assert before.settings_of(ONE) == "old"
    assert before.settings_in_use == ["new", "old"]
    taken = host("new", "old", idle="refused")
    assert taken.settings_of(ONE) == "old"
    assert taken.settings_in_use == ["new", "old", "refused"]


def test_a_rollback_of_settings_that_died_half_way_is_finished_and_never_goes_forward() -> None:
    back, not_yet = host("old", "new", act="rollback"), host("new", "old")
    assert aim({"a": back, "b": not_yet}, CHANNEL, (), "new") == (ONE, {"b": not_yet})
    assert aim({"a": back, "b": back}, CHANNEL, (), "new") == (ONE, {})
    with pytest.raises(RolloutError, match=r"gone back to already.* Roll it out") as refused:
        aim({"a": back, "b": back}, CHANNEL, (), "old")
    assert refused.value.exit_code == 1


def test_hosts_that_a_rollback_of_settings_left_out_are_still_to_go_back() -> None:
    back, left_out = host("old", "new", act="rollback"), host("new", "old")
    states = {"a": back, "b": left_out}
    assert list(unfinished(states, CHANNEL, ["b"], "old")) == ["b"]
    assert aim(states, CHANNEL, ["b"], "old") == (ONE, {"b": left_out})
    assert unfinished({"b": back}, CHANNEL, ["b"], "old") == {}
    assert unfinished(states, CHANNEL, ["b"]) == {}, "an older certificate names none"


def test_hosts_with_different_settings_are_mixed() -> None:
    states = {"a": host("old", "new"), "b": host("new", "old")}
    status = EnvironmentStatus("stage", states, CHANNEL)
    assert not status.is_well
    assert "with settings old" in status.mixed
    assert "roll out" in status.mixed
    assert EnvironmentStatus("stage", {"a": states["a"]}, CHANNEL).mixed == ""


@pytest.mark.parametrize("idle", ["old", "refused"])
def test_a_slot_that_was_taken_meanwhile_is_started_with_the_settings_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, idle: str
) -> None:
    site = Site(tmp_path)
    site.wants(WAS)
    site.runs_with("new", WAS)
    green = container(site.pair, settings=idle)
    site.hosts["h"]["containers"]["green"] = green
    left = {"release": site.release, "image": IMAGE, "settings": "old"}
    site.hosts["h"]["slots"]["left"] = left
    monkeypatch.setattr("deployer.rollout.steps.prove", lambda *_: {})
    site.store.switch_channel("stage", release=site.release, image=IMAGE)
    digest = Rollback(site.fleet(rehearsing=False), site.store).go()
    started = [line for line in site.written if " docker run " in line]
    assert [("settings/old.env" in line) for line in started] == [True] * (idle == "refused")
    [confirmed] = [json.loads(c.stdin) for c in site.sent if "confirm" in c.argv]
    assert confirmed["pair"]["settings"] == "old"
    assert confirmed["pair"]["act"] == "rollback"
    assert confirmed["left"]["settings"] == "new"
    record = json.loads(str(site.store.record("certificate", digest)))
    assert record["settings"] == {"id": "old"}
    assert record["held"] == [], "the release is the same: nothing is held"


def test_a_host_that_knows_no_settings_of_a_pair_keeps_those_of_now() -> None:
    state = host("new", "old")
    assert replace(state, left=None).settings_of(TWO) == "new"
    assert replace(state, left=None, slots={}).settings_of(TWO) == ""
