"""Facts in, state out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from deployer.error import RolloutError
from deployer.prune import kept, window_is_over
from deployer.rollback import target
from deployer.state import read_state
from deployer.status import as_lines, is_well
from release_format.store import Channel
from tests.deployer.facts import ONE, TWO, container, facts

LEFT = {"live": "blue", "release": ONE.release, "image": ONE.image, "since": "2026-01-01T00:00:00Z",
        "left": {"release": TWO.release, "image": TWO.image, "colour": "green"}}  # fmt: skip


def test_a_healthy_host_serves_its_pair() -> None:
    state = read_state("h", facts())
    assert state.serves(ONE)
    assert not state.serves(TWO)
    assert (state.live_colour, state.idle_colour, state.idle) == ("blue", "green", None)
    assert is_well({"h": state})


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({"containers": {}}, "no container stands there"),
        ({"containers": {"blue": container(ONE, running=False, out_of_memory=True)}}, "killed for memory"),
        ({"containers": {"blue": container(TWO)}}, "222222222222 in image aaaaaaaaaaaa is live in blue"),
        ({"router": {"running": False}}, "the router does not run"),
        (
            {"router": {"running": True, "up": [], "route": {"live": "green"}}},
            "the map file says blue, the router green",
        ),
        ({"containers": {}, "docker_why": "the engine is down"}, "the engine is down"),
        ({"route": {"why": "slots.map is missing"}}, "slots.map is missing"),
    ],
)
def test_drift_is_said(differs: dict[str, Any], said: str) -> None:
    state = read_state("h", facts(**differs))
    assert any(said in sentence for sentence in state.drift), state.drift
    assert not state.serves(ONE)


def test_mixed_hosts_are_not_well() -> None:
    one, two = read_state("a", facts()), read_state("b", facts(containers={"blue": container(TWO)}, slots={}))
    assert not is_well({"a": one, "b": two})
    assert any("MIXED" in line for line in as_lines("prod", {"a": one, "b": two}, None))


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


def test_prune_keeps_what_slots_use_and_the_newest_beside() -> None:
    state = read_state("h", facts(releases=["9" * 64, "8" * 64, TWO.release, ONE.release],
                                  containers={"blue": container(ONE), "green": container(TWO)}))  # fmt: skip
    assert kept(state, 1) == ([ONE.release, TWO.release, "8" * 64], [ONE.image, TWO.image])
    assert kept(state, 0, without_idle=True) == ([ONE.release], [ONE.image])


def test_the_rollback_window_ends() -> None:
    state = read_state("h", facts(containers={"blue": container(ONE), "green": container(TWO)}))
    assert not window_is_over(state, 24, datetime(2026, 1, 1, 23, tzinfo=UTC))
    assert window_is_over(state, 24, datetime(2026, 1, 2, 1, tzinfo=UTC))
