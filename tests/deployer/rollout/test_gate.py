"""Evidence in, verdict out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deployer.rollout.gate import TrafficBounds, TrafficEvidence, judge
from release_format.probes import Probe
from tests.deployer.facts import ONE, TWO

PROBES = [Probe("red fox", "fox"), Probe("blue whale", "whale")]


def answer(
    *ids: str, ms: float = 10, status: int = 200, release: str = ONE.release
) -> dict[str, Any]:
    return {"status": status, "ids": list(ids), "ms": ms, "release": release}


GOOD = TrafficEvidence(
    "h", {"ready": True, "release": ONE.release, "image": ONE.image}, True, PROBES,
    [answer("fox"), answer("x", "whale")], [answer("fox"), answer("whale")],
    [answer("a", "b")] * 20, [answer("a", "b", release=TWO.release)] * 20,
)  # fmt: skip


def refused(evidence: TrafficEvidence, live: object = TWO) -> list[str]:
    verdict = judge(ONE, live, evidence, TrafficBounds(floor_ms=20))  # type: ignore[arg-type]
    return [condition.name for condition in verdict.refusals()]


def test_good_evidence_is_a_yes() -> None:
    assert refused(GOOD) == []
    assert refused(replace(GOOD, shadow_live=()), None) == []


@pytest.mark.parametrize(
    ("evidence", "names"),
    [
        (replace(GOOD, introduced={**GOOD.introduced, "ready": False}), ["ready"]),
        (
            replace(GOOD, introduced={**GOOD.introduced, "release": TWO.release}),
            ["release-and-image"],
        ),
        (replace(GOOD, introduced={**GOOD.introduced, "image": "other"}), ["release-and-image"]),
        (replace(GOOD, seen_up=False), ["router-sees-it"]),
        (replace(GOOD, at_slot=[answer("fox"), answer("a", "b", "c", "whale")]), ["probes-slot"]),
        (replace(GOOD, at_router=[answer("fox"), answer(status=503)]), ["probes-router"]),
        (replace(GOOD, probes=[], at_slot=[], at_router=[]), ["probes-slot", "probes-router"]),
        (
            replace(GOOD, at_router=[answer("fox", release=TWO.release), answer("whale")]),
            ["answers-name-the-release"],
        ),
        (replace(GOOD, shadow_idle=[answer("a")] * 19 + [answer(status=500)]), ["shadow-failed"]),
        (replace(GOOD, shadow_idle=[answer("a", ms=21)] * 20), ["shadow-latency"]),
    ],
)
def test_each_kind_of_harm_is_a_no_by_name(evidence: TrafficEvidence, names: list[str]) -> None:
    assert refused(evidence) == names


def test_agreement_is_demanded_only_of_the_same_release() -> None:
    other = replace(GOOD, shadow_idle=[answer("y", "z")] * 20)
    assert refused(other) == []
    assert refused(other, replace(ONE, image="sha256:other")) == ["shadow-agreement"]


def test_a_withdrawn_probe_is_passed_over() -> None:
    lost = replace(
        GOOD, at_slot=[answer("fox"), answer("x")], at_router=[answer("fox"), answer("x")]
    )
    assert refused(lost) == ["probes-slot", "probes-router"]
    assert refused(replace(lost, withdrawn=["whale"])) == []


@pytest.mark.parametrize(
    ("id", "line"),
    [
        ("blåhval", "bla\u030ahval"),
        ("bla\u030ahval", "blåhval"),
        ("whale", "whale # recalled in May"),
        ("whale #2", "whale #2"),
    ],
)
def test_a_probe_is_passed_over_in_any_spelling_that_the_server_takes(id: str, line: str) -> None:
    probes = [PROBES[0], Probe("blue whale", id)]
    lost = replace(
        GOOD, probes=probes, at_slot=[answer("fox"), answer()], at_router=[answer("fox"), answer()]
    )
    assert refused(replace(lost, withdrawn=[line])) == []
    assert refused(replace(lost, withdrawn=[f"x{line}", "wh"])) == ["probes-slot", "probes-router"]


def test_a_line_means_the_first_probe_that_is_called_so() -> None:
    probes = [Probe("red fox", "a"), Probe("blue whale", "a #2")]
    both_lost = replace(GOOD, probes=probes, at_slot=[answer()] * 2, at_router=[answer()] * 2)
    assert refused(replace(both_lost, withdrawn=["a #2"])) == ["probes-slot", "probes-router"]
