"""Status of an environment, as people read it."""

from __future__ import annotations

from typing import Any

import pytest

from deployer.state import read_state
from deployer.status import as_lines, as_record, is_well
from tests.deployer.facts import ONE, TWO, container, facts


def test_mixed_hosts_are_not_well() -> None:
    first, second = (
        read_state("a", facts()),
        read_state("b", facts(containers={"blue": container(TWO)}, slots={})),
    )
    assert not is_well({"a": first, "b": second})
    assert any("MIXED" in line for line in as_lines("prod", {"a": first, "b": second}, None))


def test_a_list_of_withdrawn_ids_that_cannot_be_read_is_shown() -> None:
    state = read_state("a", facts(withdrawn_why="the list cannot be read"))
    assert "  ODD: the list cannot be read" in as_lines("prod", {"a": state}, None)


STANDBY = {"live": "blue-green", "canary": "none", "share": "0"}
BOTH = [ONE.release, TWO.release]


@pytest.mark.parametrize(
    ("differs", "standing"),
    [
        ({}, "up, stands by"),
        ({"route": {**STANDBY, "live": "blue"}}, "up"),
        (
            {"releases": [ONE.release]},
            "up, files of its release are gone: neither stands by nor can be gone back to",
        ),
        (
            {
                "containers": {"blue": container(ONE), "green": container(TWO, running=False)},
                "router": {"running": True, "route": STANDBY, "up": ["blue"]},
            },
            "ended with 0",
        ),
        ({"containers": {"blue": container(ONE)}}, "empty"),
    ],
)
def test_only_what_could_stand_in_is_said_to_stand_by(
    differs: dict[str, Any], standing: str
) -> None:
    containers = {"blue": container(ONE), "green": container(TWO)}
    router = {"running": True, "route": STANDBY, "up": ["blue", "green"]}
    host = facts(
        **{"route": STANDBY, "router": router, "containers": containers, "releases": BOTH} | differs
    )
    state = read_state("a", host)
    [line] = [line for line in as_lines("prod", {"a": state}, None) if line.startswith("  idle")]
    assert line.endswith(f" {standing}"), line
    record = as_record("prod", {"a": state}, None)
    assert record["hosts"]["a"]["standby"] == ("stands by" in standing and "neither" not in line)
