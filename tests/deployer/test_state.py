"""Facts in, state out."""

from __future__ import annotations

from typing import Any

import pytest

from deployer.errors import RolloutError
from deployer.state import check_known, read_state
from deployer.status import EnvironmentStatus
from tests.deployer.facts import ONE, TWO, container, facts


def test_a_healthy_host_serves_its_pair() -> None:
    state = read_state("h", facts())
    assert state.serves(ONE)
    assert not state.serves(TWO)
    assert (state.live_colour, state.idle_colour, state.idle) == ("blue", "green", None)
    assert EnvironmentStatus("stage", {"h": state}).is_well


@pytest.mark.parametrize(
    ("differs", "sentence"),
    [
        ({"containers": {}}, "no container stands there"),
        (
            {"containers": {"blue": container(ONE, running=False, out_of_memory=True)}},
            "killed for memory",
        ),
        (
            {"containers": {"blue": container(TWO)}},
            "222222222222 in image aaaaaaaaaaaa is live in blue",
        ),
        ({"router": {"running": False}}, "the router does not run"),
        (
            {"router": {"running": True, "up": [], "route": {"live": "green"}}},
            "the map file says blue, the router green",
        ),
        ({"containers": {}, "docker_why": "the engine is down"}, "the engine is down"),
        ({"releases": [TWO.release]}, "files of its release are gone here"),
        ({"route": {"why": "slots.map is missing"}}, "slots.map is missing"),
    ],
)
def test_drift_is_said(differs: dict[str, Any], sentence: str) -> None:
    state = read_state("h", facts(**differs))
    assert any(sentence in drift for drift in state.drift), state.drift
    assert not state.serves(ONE)


@pytest.mark.parametrize(
    "differs",
    [
        {"containers": {}, "docker_why": "the engine is down"},
        {"containers": {}, "route": {"why": "slots.map is missing"}},
    ],
)
def test_what_could_not_be_asked_is_no_empty_slot(differs: dict[str, Any]) -> None:
    state = read_state("h", facts(slots={}, **differs))
    assert (state.live, state.shows_nothing, bool(state.unknown)) == (None, False, True)
    with pytest.raises(RolloutError, match="h: nobody can tell what is live there: "):
        check_known([state])


def test_a_slot_that_stands_in_for_live_shows_something() -> None:
    route = {"live": "blue-green", "canary": "none", "share": "0"}
    state = read_state("h", facts(slots={}, route=route, containers={"green": container(TWO)}))
    assert (state.live, state.shows_nothing) == (None, False)
    check_known([state])
    assert read_state("h", facts(slots={}, containers={"green": container(TWO)})).shows_nothing


@pytest.mark.parametrize("line", ["[" * 99_999, "{", "7", '{"a": 1e999}'])
def test_a_journal_is_read_whatever_stands_in_it(line: str) -> None:
    assert read_state("h", facts(journal=[line, '{"event": "live"}'])).journal == [
        {"event": "live"}
    ]
