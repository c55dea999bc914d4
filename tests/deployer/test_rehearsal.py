"""Facts in, commands out: one small file a case in cases/."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from deployer.command import Command
from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host
from deployer.rollout.rollback import Rollback
from deployer.rollout.rollout import Rollout, RolloutRequest
from deployer.state import Pair
from deployer.transport.machine import Rehearsal
from release_format.store.folder import Folder
from tests.deployer.facts import container, facts
from tests.hosts.sealed import compared, sealed

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))
IMAGE = "sha256:" + "a" * 64


def rehearsed(host_facts: dict[str, Any]) -> tuple[Fleet, list[str]]:
    environment, host = Environment("stage"), Host("h", "192.0.2.1")
    written: list[str] = []

    def read(command: Command) -> Any:
        verb = command.argv[4] if command.argv[0] == "python3" else command.argv[1]
        missing: dict[str, Any] = {"missing": [], "begun": {}}
        return {"facts": host_facts, "missing": missing, "probes": {"probes": []}}[verb]

    session = HostSession(Rehearsal(host, written.append, read), HostCommands(environment, host))
    return Fleet(environment, [session], rehearsing=True), written


def short(line: str) -> str:
    """A written command by its verb alone, as the case files name it."""
    words = line.split("$ ", 1)[1].split()
    if "--" in words:
        words = words[words.index("--") + 1 :]
    return words[4] if words[0] == "python3" else " ".join(words[:2])


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_case(case: Path, tmp_path: Path) -> None:
    expected = json.loads(case.read_text())
    store = Folder(tmp_path)
    ids = {name: sealed(store, name) for name in ("one", "two")}
    compared(store, ids["two"], ids["one"])
    pairs = {name: {"release": id, "image": IMAGE} for name, id in ids.items()}
    differs = dict(expected["facts"])
    containers = {
        colour: container(Pair(ids[name], IMAGE))
        for colour, name in differs.pop("containers", {}).items()
    }
    slots = dict(differs.pop("slots", {}))
    if slots:
        left = {**pairs[slots["left"]], "colour": "green"} if slots.get("left") else {}
        slots = {
            "live": slots["live"],
            **pairs[slots["pair"]],
            "since": "2026-01-01T00:00:00Z",
            "left": left,
        }
    fleet, written = rehearsed(
        facts(containers=containers, slots=slots, releases=list(ids.values()), **differs)
    )
    with (
        pytest.raises(RolloutError, match=expected["refused"])
        if expected.get("refused")
        else contextlib.nullcontext()
    ):
        if expected["verb"] == "rollback":
            Rollback(fleet, store).go()
        else:
            release, canary = store.path("release", ids["two"]), expected.get("canary", 0)
            Rollout(fleet, store, RolloutRequest(release, IMAGE, ["q"], canary)).go()
    assert [short(line) for line in written] == expected["commands"]


def test_a_rehearsal_writes_whole_lines_and_no_secret(tmp_path: Path) -> None:
    store = Folder(tmp_path)
    id = sealed(store, "one")
    fleet, written = rehearsed(
        facts(
            containers={}, slots={}, router={"running": True, "up": [], "route": facts()["route"]}
        )
    )
    Rollout(fleet, store, RolloutRequest(store.path("release", id), IMAGE)).go()
    [start] = [line for line in written if "docker run" in line]
    for sentence in (
        "--read-only",
        "--user 10001:10001",
        "--cap-drop ALL",
        "--memory 1g",
        "no-new-privileges",
        "SEARCHBAR_TRUSTED_PROXIES=127.0.0.1",
        f"{id}:/release:ro",
    ):
        assert sentence in start
    assert store.channel("stage") is None
