"""The pipelines run for real by gitlab-ci-local, on this machine's shell with a stub `make`."""

from __future__ import annotations

import json

import pytest

from tests.roads.gitlab.conftest import EVIDENCE, Run
from tests.roads.gitlab.pipeline import KINDS, pipeline, read
from tests.roads.stub_make import recorded_lines

MANUAL = ("--manual", "rollout-prod")


@pytest.mark.proof
def test_prod_types_the_recorded_lines_and_rolls_out_what_was_shown(run: Run) -> None:
    ran = run("prod", *MANUAL)
    assert ran.code == 0, ran.said
    assert ran.lines == recorded_lines("prod")
    (rollout,) = [one for one in ran.typed if "rollout" in one.line]
    assert rollout.env["EVIDENCE"] == EVIDENCE.strip()
    assert {one.env["BRANCH_NAME"] for one in ran.typed} == {"prod"}
    assert {one.env["SEARCHBAR_STORE"] for one in ran.typed} == {"s3://line"}
    assert not any(name.startswith("CHANGE_") for one in ran.typed for name in one.env)


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["pull request", "hotfix", "daily", "comment"])
def test_each_kind_types_the_recorded_lines(run: Run, kind: str) -> None:
    ran = run(kind, *MANUAL)
    assert ran.code == 0, ran.said
    assert ran.lines == recorded_lines(kind)


@pytest.mark.proof
def test_stage_types_the_recorded_lines(run: Run) -> None:
    ran = run("stage")
    assert ran.code == 0, ran.said
    # The two of the last stage run beside each other.
    assert ran.lines[:-2] == recorded_lines("stage")[:-2]
    assert sorted(ran.lines[-2:]) == sorted(recorded_lines("stage")[-2:])


@pytest.mark.proof
@pytest.mark.parametrize("kind", KINDS)
def test_its_jobs_are_those_that_the_tests_take_for_granted(run: Run, kind: str) -> None:
    """So what the other tests find out without it holds."""
    ran = run(kind, "--list-json")
    assert ran.code == 0, ran.said
    expected = sorted(job.name for job in pipeline(read(), KINDS[kind]) or [])
    # What it warns of stands before the list, which begins a line.
    jobs, _ = json.JSONDecoder().raw_decode(ran.said[ran.said.index("\n[") + 1 :])
    assert sorted(job["name"] for job in jobs if job["when"] != "never") == expected


@pytest.mark.proof
def test_a_request_is_told_what_it_is(run: Run) -> None:
    ran = run("pull request")
    for one in ran.typed:
        assert one.env["CHANGE_BRANCH"] == "feature/x"
        assert (one.env["CHANGE_ID"], one.env["CHANGE_TARGET"]) == ("7", "stage")
        assert one.env["SEARCHBAR_STORE"] == "s3://requests"


@pytest.mark.proof
def test_prod_waits_for_a_person(run: Run) -> None:
    assert "make approve rollout ENVIRONMENT=prod" not in run("prod").lines


@pytest.mark.proof
def test_after_a_no_people_are_told(run: Run) -> None:
    """The last stage before them fails: gitlab-ci-local, unlike GitLab, starts nothing behind a
    stage that it passed over."""
    last = "make compare promote ENVIRONMENT=prod"
    ran = run("stage", fails=(last,))
    assert ran.code != 0
    assert ran.lines[-3] == last
    assert sorted(ran.lines[-2:]) == ["make comment", "make notify"]
    (told,) = [one for one in ran.typed if one.line == "make notify"]
    assert told.env["TEXT"].startswith("failure: stage")
