"""Facts in, commands out: one small file a case in cases/."""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deployer.commands import Command, Commands
from deployer.error import RolloutError
from deployer.fleet import Fleet, Seat
from deployer.hosts import Environment, Host
from deployer.machine import Rehearsal
from deployer.prepare import script
from deployer.rollback import Rollback
from deployer.rollout import Rollout, Wish
from deployer.state import Pair
from release_format.store import Folder
from tests.deployer.facts import container, facts
from tests.hosts.sealed import compared, sealed

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))
IMAGE = "sha256:" + "a" * 64


def rehearsed(told: dict[str, Any]) -> tuple[Fleet, list[str]]:
    environment, host = Environment("stage"), Host("h", "192.0.2.1")
    written: list[str] = []

    def read(command: Command) -> Any:
        verb = command.argv[4] if command.argv[0] == "python3" else command.argv[1]
        return {"facts": told, "missing": {"missing": [], "begun": {}}, "probes": {"probes": []}}[verb]

    seat = Seat(Rehearsal(host, written.append, read), Commands(environment, host))
    return Fleet(environment, [seat], rehearsing=True), written


def short(line: str) -> str:
    """A written command by its verb alone, as the case files name it."""
    words = line.split("$ ", 1)[1].split()
    if "--" in words:
        words = words[words.index("--") + 1 :]
    return words[4] if words[0] == "python3" else " ".join(words[:2])


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_case(case: Path, tmp_path: Path) -> None:
    told = json.loads(case.read_text())
    store = Folder(tmp_path)
    ids = {name: sealed(store, name) for name in ("one", "two")}
    compared(store, ids["two"], ids["one"])
    pairs = {name: {"release": id, "image": IMAGE} for name, id in ids.items()}
    given = {key: value for key, value in told["facts"].items() if key != "containers"}
    found = {c: container(Pair(ids[name], IMAGE)) for c, name in told["facts"].get("containers", {}).items()}
    slots = dict(given.pop("slots", {}))
    if slots:
        left = {**pairs[slots["left"]], "colour": "green"} if slots.get("left") else {}
        slots = {"live": slots["live"], **pairs[slots["pair"]], "since": "2026-01-01T00:00:00Z", "left": left}
    fleet, written = rehearsed(facts(containers=found, slots=slots, releases=list(ids.values()), **given))
    with pytest.raises(RolloutError, match=told["refused"]) if told.get("refused") else contextlib.nullcontext():
        if told["verb"] == "rollback":
            Rollback(fleet, store).go()
        else:
            wish = Wish(store.path("release", ids["two"]), IMAGE, ["q"], told.get("canary", 0))
            Rollout(fleet, store, wish).go()
    assert [short(line) for line in written] == told["commands"]


def test_a_rehearsal_writes_whole_lines_and_no_secret(tmp_path: Path) -> None:
    store = Folder(tmp_path)
    id = sealed(store, "one")
    fleet, written = rehearsed(
        facts(containers={}, slots={}, router={"running": True, "up": [], "route": facts()["route"]})
    )
    Rollout(fleet, store, Wish(store.path("release", id), IMAGE)).go()
    [start] = [line for line in written if "docker run" in line]
    for said in (
        "--read-only",
        "--user 10001:10001",
        "--cap-drop ALL",
        "--memory 1g",
        "no-new-privileges",
        "SEARCHBAR_TRUSTED_PROXIES=127.0.0.1",
        f"{id}:/release:ro",
    ):
        assert said in start
    assert store.channel("stage") is None


def test_prepare_as_a_script_is_a_shell_script_with_the_same_steps() -> None:
    text = script(
        Commands(Environment("stage", acme_domain="search.example"), Host("h", "192.0.2.1")),
        public_key="ssh-ed25519 AAAA me",
    )
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)
    for said in ("docker.io haproxy python3 logrotate certbot", "useradd", "ssh-ed25519 AAAA me", "# router service"):
        assert said in text
