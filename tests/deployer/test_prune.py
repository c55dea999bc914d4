"""What prune keeps, and how long the old slot stays warm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deployer.host import facts as host_facts
from deployer.host import haproxy
from deployer.host.layout import Layout
from deployer.prune import prune, to_keep, window_is_over
from deployer.state import HostState, read_state
from tests.deployer.facts import ONE, TWO, container, facts, rehearsed_hosts


def test_prune_keeps_what_slots_use_and_the_newest_beside() -> None:
    state = read_state(
        "h",
        facts(
            releases=["9" * 64, "8" * 64, TWO.release, ONE.release],
            containers={"blue": container(ONE), "green": container(TWO)},
        ),
    )
    assert to_keep(state, 1) == ([ONE.release, TWO.release, "8" * 64], [ONE.image, TWO.image])
    assert to_keep(state, 0, without_idle=True) == ([ONE.release], [ONE.image])


def test_the_rollback_window_ends() -> None:
    assert not window_is_over(standing("2026-01-01T23:00:00Z"), 24)
    assert window_is_over(standing("2026-01-02T01:00:00Z"), 24)


@pytest.mark.parametrize("year", [1999, 2026, 2199])
def test_the_window_is_measured_by_the_hosts_own_clock(year: int) -> None:
    """However far it is from ours."""
    since = f"{year}-03-01T10:00:00Z"
    assert not window_is_over(standing(f"{year}-03-02T09:00:00Z", since), 24)
    assert window_is_over(standing(f"{year}-03-02T11:00:00Z", since), 24)


@pytest.mark.parametrize("now", ["2025-01-01T00:00:00Z", ""])
def test_a_clock_that_was_set_back_or_is_not_told_ends_no_window(now: str) -> None:
    assert not window_is_over(standing(now), 0)


def test_a_real_host_tells_its_own_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(haproxy, "RESTARTS_WITHIN", 0)
    state = read_state("h", host_facts.facts(Layout(tmp_path), "searchbar"))
    moment = datetime.strptime(state.now, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - moment) < timedelta(hours=1)


def standing(now: str, since: str = "2026-01-01T00:00:00Z") -> HostState:
    """A host whose old slot stands warm."""
    containers = {"blue": container(ONE), "green": container(TWO)}
    return read_state(
        "h", facts(containers=containers, now=now, slots={**facts()["slots"], "since": since})
    )


def test_hosts_are_pruned_where_it_can_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody can tell what a slot uses, all that lies there may be in use."""
    blind = facts(containers={}, docker_why="the engine is down. Start it.")
    silent = {"c": "c: connecting: unreachable. Start it."}
    fleet, written = rehearsed_hosts({"a": facts(), "b": blind}, unreachable=silent)
    removed, failed = prune(fleet)
    assert removed == {"a": {"releases": [], "bytes": 0, "images": []}}
    assert failed == silent | {
        "b": "b: nobody can tell what is live there: the engine is down. Start it."
    }
    assert {line.partition("$")[0] for line in written if " prune --fence" in line} == {"a"}
    assert "a: 0 releases" in capsys.readouterr().err
