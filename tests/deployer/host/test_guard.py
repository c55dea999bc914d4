"""What the guard decides, from what it saw."""

from __future__ import annotations

import pytest

from deployer.host.guard import GuardEvidence, GuardLimits, judge
from deployer.host.haproxy import Count, Route
from deployer.host.layout import HostError

LIMITS = GuardLimits(seconds=10, least=50, failed_least=5, failed_percent=2.0, slot_ms=100)


@pytest.mark.parametrize(
    ("evidence", "answer"),
    [
        (GuardEvidence(seconds=1, requests=10), "watching"),
        (GuardEvidence(seconds=10, requests=50), "yes"),
        (GuardEvidence(seconds=10, requests=49), "watching"),
        (GuardEvidence(seconds=30, requests=49), "could not tell"),
        (GuardEvidence(seconds=1, requests=12, failed=4), "watching"),
        (GuardEvidence(seconds=1, requests=16, failed=5), "no"),
        (GuardEvidence(seconds=10, requests=1000, failed=19), "yes"),
        (GuardEvidence(seconds=10, requests=1000, failed=21), "no"),
        (GuardEvidence(seconds=10, requests=1000, failed=21, before_percent=1.0), "yes"),
        (GuardEvidence(seconds=2, requests=100, down=1.1), "no"),
        (GuardEvidence(seconds=2, requests=100, slot_silent=4), "no"),
        (GuardEvidence(seconds=2, requests=100, falls=1), "watching"),
        (GuardEvidence(seconds=2, requests=100, falls=2), "no"),
        (GuardEvidence(seconds=11, requests=100, falls=1), "watching"),
        (GuardEvidence(seconds=30, requests=100, falls=1), "yes"),
        (GuardEvidence(seconds=11, requests=100, down=0.3), "watching"),
        (GuardEvidence(seconds=3, requests=100, slot_ms=[90.0] * 5), "watching"),
        (GuardEvidence(seconds=3, requests=100, slot_ms=[300.0] * 5), "no"),
        (GuardEvidence(seconds=30, requests=100, blind=11), "no"),
    ],
)
def test_judge(evidence: GuardEvidence, answer: str) -> None:
    assert judge(evidence, LIMITS)[0] == answer


def test_a_short_watch_waits_for_traffic_as_long_as_it_is_told() -> None:
    limits = GuardLimits(seconds=1, longest=15, least=20)
    for seconds, requests, answer in [
        (4, 1, "watching"), (14, 19, "watching"), (14, 20, "yes"), (15, 19, "could not tell"),
    ]:  # fmt: skip
        assert judge(GuardEvidence(seconds=seconds, requests=requests), limits)[0] == answer


def test_a_router_that_restarted_counts_from_nothing() -> None:
    assert Count(5, 1).since(Count(100, 3)) == Count(5, 1)
    assert Count(105, 4).since(Count(100, 3)) == Count(5, 1)


@pytest.mark.parametrize(
    "route", [Route("blue"), Route("green", standby=True), Route("blue", canary=True, share=5)]
)
def test_a_route_is_what_its_map_says(route: Route) -> None:
    assert Route.read(route.lines()) == route
    assert Route.read(dict(line.split() for line in route.text().splitlines())) == route


def test_a_map_that_is_not_understood_is_refused() -> None:
    with pytest.raises(HostError, match="says live is 'red'"):
        Route.read({"live": "red"})
