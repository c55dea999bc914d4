"""Where a rollback goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deployer.errors import RolloutError
from deployer.rollout import steps
from deployer.rollout.certificate import left_out
from deployer.rollout.rollback import Rollback
from deployer.rollout.rollback_target import target, to_finish, unfinished
from deployer.state import read_state
from release_format.store.base import Channel
from release_format.store.folder import Folder
from tests.deployer.facts import LEFT, ONE, TWO, container, facts, rehearsed_hosts


def test_a_rollback_goes_to_what_was_left() -> None:
    state = read_state("h", facts(slots=LEFT, releases=[ONE.release, TWO.release]))
    assert target({"h": state}, None) == TWO


def test_a_rollback_never_goes_to_a_slot_that_was_never_live() -> None:
    state = read_state("h", facts(containers={"blue": container(ONE), "green": container(TWO)}))
    with pytest.raises(RolloutError, match="nothing to go back to"):
        target({"h": state}, None)


def test_a_rollback_never_goes_to_a_held_release() -> None:
    state = read_state("h", facts(slots=LEFT, releases=[ONE.release, TWO.release]))
    channel = Channel("stage", 1, ONE.release, ONE.image, "", hold=(TWO.release,))
    with pytest.raises(RolloutError, match="is held"):
        target({"h": state}, channel)


def test_hosts_that_disagree_are_not_rolled_back() -> None:
    left = {**LEFT, "left": {"release": "3" * 64, "image": TWO.image, "colour": "green"}}
    states = {
        "a": read_state("a", facts(slots=LEFT, releases=[TWO.release])),
        "b": read_state("b", facts(slots=left, releases=["3" * 64])),
    }
    with pytest.raises(RolloutError, match="different pairs"):
        target(states, None)


def test_a_release_whose_files_are_gone_is_not_gone_back_to() -> None:
    states = {
        "a": read_state("a", facts(slots=LEFT, releases=[ONE.release, TWO.release])),
        "b": read_state("b", facts(slots=LEFT, releases=[ONE.release])),
    }
    with pytest.raises(RolloutError, match=r"are gone on b: .* Roll it out by name") as refused:
        target(states, None)
    assert refused.value.exit_code == 3


# On a host, TWO is live and replaced ONE; or it went back to ONE.
BOTH = [ONE.release, TWO.release]
SLOTS = {**facts()["slots"], "release": TWO.release, "live": "blue"}
AFTER: dict[str, Any] = {
    "containers": {"blue": container(TWO), "green": container(ONE)},
    "slots": {**SLOTS, "left": {"release": ONE.release, "image": ONE.image, "colour": "green"}},
    "releases": BOTH,
}
GONE_BACK: dict[str, Any] = {
    "slots": {**facts()["slots"], "left": {"release": TWO.release, "image": TWO.image}},
    "releases": BOTH,
}
SILENT = {"c": "c: connecting: unreachable. Start it."}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setattr(steps, "prove", lambda *_: {})
    store = Folder(tmp_path / "store")
    store.switch_channel("stage", release=TWO.release, image=TWO.image)
    return store


def acted_on(written: list[str]) -> set[str]:
    """The hosts that were switched."""
    return {line.partition("$")[0] for line in written if " switch " in line}


def test_a_part_goes_back_the_rest_is_named_and_the_next_rollback_finishes_it(
    store: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet, written = rehearsed_hosts(
        {"a": facts(**AFTER), "b": facts(**AFTER)}, rehearsing=False, unreachable=SILENT
    )
    digest = Rollback(fleet, store, fleet.unreachable).go()
    channel = store.channel("stage")
    assert channel is not None
    assert (channel.release, list(channel.hold)) == (ONE.release, [TWO.release])
    record = json.loads(store.record("certificate", digest) or "")
    assert (list(record["hosts"]), record["left_out"]) == (["a", "b"], SILENT)
    assert left_out(store, channel) == SILENT
    assert acted_on(written) == {"a", "b"}
    told = capsys.readouterr().err
    assert (
        "MIXED: left as they were: c. Once they answer, `python -m deployer rollback --env" in told
    )

    hosts = {"a": facts(**GONE_BACK), "b": facts(**GONE_BACK), "c": facts(**AFTER)}
    fleet, written = rehearsed_hosts(hosts, rehearsing=False)
    Rollback(fleet, store).go()
    assert acted_on(written) == {"c"}
    channel = store.channel("stage")
    assert channel is not None
    assert (channel.release, list(channel.hold)) == (ONE.release, [TWO.release])
    assert left_out(store, channel) == {}
    assert "the last rollback left out c: this one finishes it" in capsys.readouterr().err


def test_a_rollback_of_some_finishes_only_those_and_names_the_others(store: Folder) -> None:
    before = {"b": "not asked (--only)", "c": "not asked (--only)"}
    fleet, _ = rehearsed_hosts({"a": facts(**AFTER)}, rehearsing=False)
    Rollback(fleet, store, before).go()
    fleet, written = rehearsed_hosts({"b": facts(**AFTER)}, rehearsing=False)
    Rollback(fleet, store, {"a": "not asked (--only)", "c": "not asked (--only)"}).go()
    assert acted_on(written) == {"b"}
    assert left_out(store, store.channel("stage")) == {"c": "not asked (--only)"}


def test_what_was_left_out_and_mended_otherwise_is_finished(store: Folder) -> None:
    channel = Channel("stage", 1, ONE.release, ONE.image, "")
    states = {"c": read_state("c", facts(**GONE_BACK))}
    assert unfinished(states, channel, {"c": "why"}) == {}
    assert unfinished(states, None, {"c": "why"}) == {}
    behind = {"c": read_state("c", facts(**AFTER))}
    assert unfinished(behind, channel, {}) == {}
    assert list(unfinished(behind, channel, SILENT)) == ["c"]


def test_a_host_that_lacks_the_release_is_told_to_get_it_by_a_rollout() -> None:
    channel = Channel("stage", 1, ONE.release, ONE.image, "")
    behind = {"c": read_state("c", facts(**{**AFTER, "releases": [TWO.release]}))}
    with pytest.raises(RolloutError, match=r"which is not on c\. Roll that pair out") as caught:
        to_finish(behind, channel)
    assert caught.value.exit_code == 3


def test_where_nobody_can_tell_what_is_live_nothing_goes_back(store: Folder) -> None:
    fleet, written = rehearsed_hosts(
        {"a": facts(**AFTER), "b": facts(**{**AFTER, "containers": {}, "docker_why": "is down."})},
        rehearsing=False,
    )
    with pytest.raises(RolloutError, match="b: nobody can tell what is live there: is down"):
        Rollback(fleet, store).go()
    assert acted_on(written) == set()


@pytest.mark.parametrize("text", ["{", "[" * 99_999, "[]", '{"left_out": []}'])
def test_a_certificate_that_cannot_be_read_tells_nothing(store: Folder, text: str) -> None:
    store.put_record("certificate", "c" * 64, text)
    channel = Channel("stage", 1, ONE.release, ONE.image, "", certificate="c" * 64)
    with pytest.raises(RolloutError, match="Restore it from a copy") as caught:
        left_out(store, channel)
    assert caught.value.exit_code == 3
