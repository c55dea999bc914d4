"""Settings on real hosts: they reach a slot, change alone, go back, and are seen by nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.hosts.conftest import Site
from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC, Machine

pytestmark = [pytest.mark.xdist_group("hosts"), pytest.mark.proof]
OLD, NEW, NEWER = (f"a-key-of-the-{name}-days" for name in ("old", "new", "newer"))


def environment(machine: Machine, colour: str) -> dict[str, str]:
    """What a slot's server sees of its settings."""
    words = machine.docker("inspect", "--format", "{{json .Config.Env}}", f"searchbar-{colour}")
    pairs = (word.partition("=") for word in json.loads(words.stdout))
    return {name: value for name, _, value in pairs if name in ("SEARCHBAR_KEY", "SEARCHBAR_TITLE")}


def live(site: Site, host: int = 0) -> dict[str, str]:
    machine = site.machines.hosts[host]
    return environment(machine, site.status()[machine.name]["live_colour"])


def shown(machine: Machine) -> str:
    """Everything below a site's directory that others can read."""
    files = [path for path in machine.site.rglob("*") if path.is_file()]
    return "".join(
        path.read_text(errors="replace") for path in files if path.stat().st_mode & 0o077
    )


def test_settings_of_a_file_reach_a_slot_change_alone_and_go_back(
    site: Site, tmp_path: Path
) -> None:
    source = tmp_path / "stage.env"
    source.touch(0o600)
    source.write_text(f"SEARCHBAR_KEY={OLD}\nSEARCHBAR_TITLE=A b = c '\n")
    setting = f"file:{source}"
    release, said = site.release("one"), []

    def roll_out(*words: str) -> str:
        ended = site.rollout(release, *words, settings=setting, check=0)
        said.append(ended.stdout + ended.stderr)
        return said[-1]

    assert "new: SEARCHBAR_KEY, SEARCHBAR_TITLE" in roll_out()
    assert live(site) == {"SEARCHBAR_KEY": OLD, "SEARCHBAR_TITLE": "A b = c '"}
    assert "nothing was done" in roll_out()
    [machine] = site.machines.hosts[:1]
    before = site.status()[machine.name]["live_colour"]

    source.write_text(f"SEARCHBAR_KEY={NEW}\n")
    assert "(changed: SEARCHBAR_KEY; gone: SEARCHBAR_TITLE)" in roll_out("--rehearse")
    assert live(site)["SEARCHBAR_KEY"] == OLD
    with Load(machine.address, PUBLIC, rate=100) as load:
        roll_out()
        assert live(site) == {"SEARCHBAR_KEY": NEW}
        assert site.live() == release
        assert site.status()[machine.name]["live_colour"] != before
        ended = site.deploy("rollback", settings=setting, check=0)
        said.append(ended.stdout + ended.stderr)
        assert live(site)["SEARCHBAR_KEY"] == OLD
    assert load.counted.failures == 0, load.counted.failed
    refused = site.deploy("rollback", settings=setting, check=1).stderr
    assert "gone back to already" in refused
    assert site.channel() == release
    channel = site.store.channel("stage")
    assert channel is not None
    assert not channel.hold

    # A refused rollout takes the idle slot; the way back starts it with what it had.
    roll_out()
    bad = site.release("bad", over=release, wrong_probes=True)
    site.rollout(bad, settings=setting, check=1)
    site.deploy("rollback", settings=setting, check=0)
    assert live(site)["SEARCHBAR_KEY"] == OLD

    folder = machine.site / "settings"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert len([*folder.iterdir()]) <= 3
    records = "".join(p.read_text() for p in site.store.root.rglob("*.json"))
    for key in (OLD, NEW):
        assert key not in shown(machine) + records + "".join(said) + refused
    roll_out()
    site.rollout(release, check=0)
    assert live(site) == {}, "without a source nothing is set"


def test_settings_of_parameter_store_reach_every_host(
    sites: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    try:
        ssm = boto3.client("ssm")
        name = "/searchbar/stage/SEARCHBAR_KEY"
        ssm.put_parameter(Name=name, Value=OLD, Type="SecureString")
        release, setting = sites.release("one"), "ssm:/searchbar/stage/"
        sites.rollout(release, settings=setting, check=0)
        ssm.put_parameter(Name=name, Value=NEWER, Type="SecureString", Overwrite=True)
        ended = sites.rollout(release, settings=setting, check=0)
        assert "(changed: SEARCHBAR_KEY)" in ended.stderr
        for number in range(sites.hosts):
            assert live(sites, number) == {"SEARCHBAR_KEY": NEWER}
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        refused = sites.rollout(release, settings=setting, check=3).stderr
        assert "ssm:/searchbar/stage/ cannot be read: no credentials" in refused
        assert NEWER not in ended.stdout + ended.stderr + refused
    finally:
        server.stop()
