"""What prune keeps, and how long the old slot stays warm."""

from __future__ import annotations

from datetime import UTC, datetime

from deployer.prune import to_keep, window_is_over
from deployer.state import read_state
from tests.deployer.facts import ONE, TWO, container, facts


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
    state = read_state("h", facts(containers={"blue": container(ONE), "green": container(TWO)}))
    assert not window_is_over(state, 24, datetime(2026, 1, 1, 23, tzinfo=UTC))
    assert window_is_over(state, 24, datetime(2026, 1, 2, 1, tzinfo=UTC))
