"""Facts in, state out."""

from __future__ import annotations

from typing import Any

import pytest

from deployer.state import read_state
from deployer.status import is_well
from tests.deployer.facts import ONE, TWO, container, facts


def test_a_healthy_host_serves_its_pair() -> None:
    state = read_state("h", facts())
    assert state.serves(ONE)
    assert not state.serves(TWO)
    assert (state.live_colour, state.idle_colour, state.idle) == ("blue", "green", None)
    assert is_well({"h": state})


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
