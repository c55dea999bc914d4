"""Facts in, commands out: one small file a case in cases/."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from deployer.errors import RolloutError
from deployer.rollout.rollback import Rollback
from deployer.rollout.rollout import Rollout, RolloutRequest
from deployer.state import Pair
from release_format.store.folder import Folder
from tests.deployer.facts import IMAGE, container, facts, rehearsed
from tests.hosts.sealed import compared, sealed

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


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
