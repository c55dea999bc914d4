"""Two builds of one branch: which of them a newer one ends. (Jenkins' own rule, over what the
Jenkinsfile passes.)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

Passed = dict[int, int | None]


def ended(number: int, ordinal: int, passed: Mapping[int, int | None]) -> set[int]:
    """`MilestoneStepExecution.getBuildsToCancel` of pipeline-milestone-step 152: whom a build
    ends that passes this."""
    older = {n for n, last in passed.items() if n < number and (last is None or last < ordinal)}
    newer = {n for n, last in passed.items() if n > number and last is not None and last >= ordinal}
    return older | ({number} if newer else set())


def done(number: int, passed: Passed) -> set[int]:
    """Whom a build ends that is over: those which are not beyond where it came."""
    last = passed.pop(number)
    return set() if last is None else ended(number, last + 1, passed)


def ordinals(build: Mapping[str, Any], before: str) -> list[int]:
    """The milestones that a build has passed when it comes to an event; the stub's build is
    number 7."""
    events = build["events"]
    until = next(
        n for n, event in enumerate(events) if before in event or before in event.get("sh", "")
    )
    return [event["milestone"] for event in events[:until] if "milestone" in event]


@pytest.mark.parametrize("kind", ["prod", "hotfix"])
def test_a_newer_build_ends_one_that_waits_for_a_person_when_it_asks_itself(
    builds: dict[str, dict[str, Any]], kind: str
) -> None:
    (asks,) = ordinals(builds[kind], "input")
    assert asks == 7, "a build asks at the milestone of its number"
    assert ended(8, 8, {7: 7, 8: None}) == {7}
    assert ended(7, 7, {7: None, 8: 8}) == {7}, (
        "an older one that comes late to its question does not ask"
    )


@pytest.mark.parametrize(
    ("kind", "line"), [("stage", "make rollout"), ("prod", "rollout"), ("hotfix", "rollout")]
)
def test_no_newer_build_ends_a_rollout(
    builds: dict[str, dict[str, Any]], kind: str, line: str
) -> None:
    begun = ordinals(builds[kind], line)[-1]
    for newest in (8, 9, 999):
        assert ended(newest, newest, {7: begun, newest: None}) == set()
        assert done(newest, {7: begun, newest: newest}) == set(), (
            "nor does one that a person refuses, or that fails"
        )
        assert ended(7, begun, {7: 7, newest: newest}) == set(), (
            "nor is it ended by one that waits already"
        )


def test_what_waits_for_stages_hosts_gives_way_to_the_newest(
    builds: dict[str, dict[str, Any]],
) -> None:
    first, begun = ordinals(builds["stage"], "make verify")
    assert first == 7
    assert ended(9, 9, {7: begun, 8: 8, 9: None}) == {8}


def test_a_push_ends_the_older_build_of_its_pull_request(builds: dict[str, dict[str, Any]]) -> None:
    assert ordinals(builds["pull request"], "make verify") == [7]
    assert ended(8, 8, {7: 7, 8: None}) == {7}
