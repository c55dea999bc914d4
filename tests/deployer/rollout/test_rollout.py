"""What a rollout says of its steps, and what its certificate keeps."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from deployer.errors import RolloutError
from deployer.fleet import HostSession
from deployer.rollout.plan import RolloutPlan
from deployer.rollout.rollout import Rollout, RolloutRequest
from deployer.rollout.steps import guard_all, tell_public
from deployer.state import HostState, Pair, read_state
from release_format.seal import FORMAT
from release_format.store.folder import Folder
from tests.deployer.facts import IMAGE, ONE, TWO, container, facts, rehearsed
from tests.hosts.sealed import sealed

DONE = re.compile(r"^(.+): done in \d+\.\d\d s$", re.MULTILINE)


@pytest.mark.parametrize("canary", [0, 5])
def test_every_step_is_said_with_its_time_once_it_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], canary: int
) -> None:
    store = Folder(tmp_path)
    request = RolloutRequest(store.path("release", sealed(store, "one")), IMAGE, canary=canary)
    rollout = Rollout(rehearsed(facts(containers={}, slots={}))[0], store, request)
    assert rollout.go() == ""
    first = ["canary", "canary guard"] if canary else []
    steps = ["seal", "look", "allow", "ship", "start", "gate", *first, "switch", "guard", "confirm"]
    assert (
        DONE.findall(capsys.readouterr().err)
        == [*steps, "drain", "record"]
        == [*rollout.timer.seconds]
    )


def test_a_step_that_fails_is_not_said_to_be_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Folder(tmp_path)
    request = RolloutRequest(store.path("release", sealed(store, "one")), IMAGE)
    rollout = Rollout(rehearsed(facts(disk_free=0, containers={}, slots={}))[0], store, request)
    with pytest.raises(RolloutError, match="free on disk"):
        rollout.go()
    assert DONE.findall(capsys.readouterr().err) == ["seal", "look"] == [*rollout.timer.seconds]


@pytest.mark.parametrize("has_image", [True, False])
def test_a_release_that_the_image_cannot_read_is_refused_before_a_byte_is_shipped(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    has_image: bool,
) -> None:
    """The label is read on the host that has the image, or here, where it would be shipped from."""
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\n[ $1 = image ] && echo 1-2\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    store = Folder(tmp_path / "store")
    request = RolloutRequest(store.path("release", sealed(store, "one")), IMAGE)
    host = facts(containers={}, slots={}, has_image=has_image, image_formats="1-2" * has_image)
    fleet, written = rehearsed(host)
    with pytest.raises(
        RolloutError, match=f"is of format {FORMAT}, and this image reads formats 1 to 2"
    ):
        Rollout(fleet, store, request).go()
    assert DONE.findall(capsys.readouterr().err) == ["seal", "look"]
    assert not [line for line in written if "receive" in line or "lay-out" in line]


def test_a_pulled_image_is_asked_before_the_release_is_shipped(tmp_path: Path) -> None:
    store = Folder(tmp_path / "store")
    name = "registry.example/searchbar@" + IMAGE
    request = RolloutRequest(store.path("release", sealed(store, "one")), name)
    host = facts(containers={}, slots={}, has_image=False)
    fleet, written = rehearsed(host)
    session = fleet.sessions[0]
    states = iter([session.state(name)])
    host |= {"image_formats": "1-2"}

    def state(self: HostSession, image: str = "") -> HostState:
        for first in states:
            return first
        return read_state("h", {**host, "has_image": True})

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(HostSession, "state", state)
        with pytest.raises(RolloutError, match="this image reads formats 1 to 2"):
            Rollout(fleet, store, request).go()
    assert [line for line in written if "pull" in line]
    assert not [line for line in written if "receive" in line or "lay-out" in line]


def test_a_pair_that_is_live_and_not_in_the_store_is_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCHBAR_BY", "ana@desk")
    store = Folder(tmp_path)
    id = sealed(store, "one")
    live = {"blue": container(Pair(id, IMAGE))}
    slots = {**facts()["slots"], "release": id, "image": IMAGE}
    fleet, written = rehearsed(facts(containers=live, slots=slots, releases=[id]), rehearsing=False)
    digest = Rollout(fleet, store, RolloutRequest(store.path("release", id), IMAGE)).go()
    record = json.loads(str(store.record("certificate", digest)))
    assert list(record) == [
        *("act", "environment", "run", "to", "hosts", "requests", "failed", "evidence"),
        *("by", "at", "grounds"),
    ]
    assert (record["act"], record["by"]) == ("found live", "ana@desk")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["at"])
    assert store.channel("stage") is not None
    assert len(written) == 1, "nothing but the lock"


def test_a_slot_that_proves_nothing_goes_no_further(tmp_path: Path) -> None:
    store = Folder(tmp_path)
    request = RolloutRequest(store.path("release", sealed(store, "one")), IMAGE)
    fleet, _ = rehearsed(facts(containers={}, slots={}), rehearsing=False)
    with pytest.raises(
        RolloutError, match=r"h: The traffic gate (says no|could not tell): "
    ) as refused:
        Rollout(fleet, store, request).go()
    assert refused.value.exit_code in (1, 3)


def test_nothing_is_touched_where_no_engine_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Folder(tmp_path)
    request = RolloutRequest(store.path("release", sealed(store, "one")), IMAGE)
    why = "the Docker engine gave no answer (no such socket). Start Docker there."
    fleet, written = rehearsed(facts(containers={}, docker_why=why), rehearsing=False)
    with pytest.raises(RolloutError, match=r"^h: the Docker engine .* Start Docker") as refused:
        Rollout(fleet, store, request).go()
    assert refused.value.exit_code == 3
    assert len(written) == 1, "nothing but the lock"
    assert "answers as before" not in capsys.readouterr().err


GREEN = {"live": "green", "canary": "none", "share": "0"}
WELL = {"status": 200, "release": ONE.release}


@pytest.mark.parametrize(
    ("after", "answer", "told"),
    [
        ({}, WELL, ""),
        ({"containers": {}, "docker_why": "no engine"}, WELL, ""),
        ({}, {"status": 0, "release": "", "why": "refused"}, "live slot does not answer .refused"),
        ({}, {"status": 503, "release": ""}, "the live slot does not answer .503"),
        ({}, {"status": 200, "release": "2" * 64}, "another release answers than before .2222"),
        ({"route": GREEN}, WELL, "green is live, blue was before"),
        (
            {"pending": {"to": {}, "fence": 1, "late": False, "guarded": True}},
            WELL,
            "a switch still waits",
        ),
    ],
)
def test_what_the_public_has_is_asked_before_it_is_said(
    after: dict[str, Any],
    answer: dict[str, Any],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fleet, _ = rehearsed(facts(), rehearsing=False)
    plan = RolloutPlan(TWO, fleet.states(), [], [])
    now = facts(**after)
    monkeypatch.setattr(
        HostSession, "ask", lambda _, c: {"public": [answer]} if c.argv[4] == "ask" else now
    )
    tell_public(fleet, plan)
    said = capsys.readouterr().err
    assert re.search(told or "Nothing changed for the public", said)
    assert ("Nothing changed" in said) == (not told)


def test_a_host_that_cannot_be_asked_is_not_said_to_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet, _ = rehearsed(facts(), rehearsing=False)
    plan = RolloutPlan(TWO, fleet.states(), [], [])

    def cut(*_: object) -> None:
        raise RolloutError("h: facts: the connection was cut.")

    monkeypatch.setattr(HostSession, "ask", cut)
    tell_public(fleet, plan)
    said = capsys.readouterr().err
    assert said.startswith("h: could not tell what the public has (h: facts: the connection was")
    assert "Nothing changed" not in said


@pytest.mark.parametrize(("answer", "code"), [("no", 1), ("could not tell", 3)])
def test_a_guard_that_does_not_say_yes_ends_the_rollout(
    answer: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet, _ = rehearsed(facts())
    report = {"answer": answer, "why": "5 of 16 failed"}
    monkeypatch.setattr(HostSession, "ask", lambda *_: report)
    plan = RolloutPlan(Pair("1" * 64, IMAGE), {}, [], ["q"])
    told = f"h: the guard says {answer}: 5 of 16 failed. Look at the logs."
    with pytest.raises(RolloutError, match=re.escape(told)) as refused:
        guard_all(fleet, plan)
    assert refused.value.exit_code == code
