"""Where a rollback goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.errors import RolloutError
from deployer.rollout.rollback import Rollback, target
from deployer.state import read_state
from release_format.store.base import Channel
from release_format.store.folder import Folder
from tests.deployer.facts import ONE, TWO, container, facts, rehearsed

LEFT = {
    "live": "blue",
    "release": ONE.release,
    "image": ONE.image,
    "since": "2026-01-01T00:00:00Z",
    "left": {"release": TWO.release, "image": TWO.image, "colour": "green"},
}


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


def test_nothing_is_touched_where_no_engine_answers(tmp_path: Path) -> None:
    why = "the Docker engine gave no answer (no such socket). Start Docker there."
    fleet, written = rehearsed(facts(slots=LEFT, containers={}, docker_why=why))
    with pytest.raises(
        RolloutError, match=r"^h: the Docker engine .* Start Docker there\. Nothing"
    ):
        Rollback(fleet, Folder(tmp_path)).go()
    assert len(written) == 1, "nothing but the lock"
