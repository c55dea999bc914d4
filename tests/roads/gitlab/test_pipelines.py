"""Each kind of pipeline types what the Jenkinsfile types of that kind, and no other event starts
one."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from forge.branch_policy import TO_STAGE
from tests.roads.gitlab.expressions import holds
from tests.roads.gitlab.pipeline import KINDS, REQUEST, Job, pipeline, read, typed
from tests.roads.stub_make import recorded_lines

CONFIG = read()


def found(kind: str, **more: str) -> list[Job]:
    jobs = pipeline(CONFIG, {**KINDS[kind], **more})
    assert jobs is not None
    return jobs


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_types_what_the_jenkinsfile_types(kind: str) -> None:
    assert typed(found(kind)) == recorded_lines(kind)


def test_prod_waits_for_a_person_unless_told_otherwise() -> None:
    assert typed(found("prod"), person=False) == ["make verify", "make -s approve"]
    assert typed(found("prod", APPROVAL="auto"), person=False) == recorded_lines("prod")
    assert "make approve rollout ENVIRONMENT=prod" not in typed(
        found("hotfix", APPROVAL="auto"), person=False
    )


@pytest.mark.parametrize(
    ("kind", "fails", "lines"),
    [
        ("pull request", "make admit", ["make verify", "make admit", "make comment"]),
        ("stage", "make build compare", ["make comment", "make notify"]),
        ("prod", "make verify", ["make notify"]),
        ("daily", "make -s sweep", ["make -s sweep"]),
    ],
)
def test_after_a_no_people_are_told_and_nothing_goes_on(
    kind: str, fails: str, lines: list[str]
) -> None:
    assert typed(found(kind), [fails])[-len(lines) :] == lines
    assert not any("rollout" in line for line in typed(found(kind), [fails]))


def test_a_request_is_told_apart_from_the_line() -> None:
    for job in found("pull request"):
        assert job.env["CHANGE_BRANCH"] == "feature/x", job.name
        assert (job.env["CHANGE_TARGET"], job.env["CHANGE_ID"]) == ("stage", "7")
        assert job.env["BRANCH_NAME"] == "MR-7"
        assert (job.env["SEARCHBAR_STORE"], job.env["LIVE_STORE"]) == ("s3://requests", "s3://line")
        assert job.env["MACHINE"] == "pull-request"
    for kind in ("stage", "prod", "hotfix", "daily", "comment"):
        for job in found(kind):
            assert job.env["BRANCH_NAME"] == KINDS[kind]["CI_COMMIT_BRANCH"], job.name
            assert job.env["SEARCHBAR_STORE"] == "s3://line"
            assert "CHANGE_ID" not in job.env
            assert job.env["MACHINE"] == "line"


def test_the_hosts_key_is_held_by_an_agent_that_ends_with_its_job(tmp_path: Path) -> None:
    """As GitLab hands it over: a file that everybody may read, which ssh would not take."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    key.chmod(0o666)
    (rollout,) = [job for job in found("stage") if "rollout" in job.name]
    lines = [*rollout.keywords["before_script"], "ssh-add -l", "echo agent=$SSH_AGENT_PID"]
    done = subprocess.run(
        ["bash", "-c", "set -eo pipefail\n" + "\n".join(lines)],
        cwd=tmp_path,
        env={**os.environ, "ROLLOUT_KEY": str(key)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "(ED25519)" in done.stdout
    (pid,) = re.findall(r"^agent=(\d+)$", done.stdout, re.MULTILINE)
    assert f"Agent pid {pid} killed" in done.stdout


def test_people_are_told_how_it_ended() -> None:
    told = {job.name: job.env["TEXT"] for job in found("stage") if "TEXT" in job.env}
    assert told["green"].startswith("success: stage")
    assert told["red"].startswith("failure: stage")


def test_every_pipeline_has_the_whole_history_and_its_ids_travel() -> None:
    assert CONFIG["variables"]["GIT_DEPTH"] == "0"
    for kind in ("pull request", "stage", "prod", "hotfix"):
        for job in found(kind):
            if job.lines != ["make notify"]:
                assert {"var/line/", "var/reports/", "var/pages/"} <= set(
                    job.keywords["artifacts"]["paths"]
                ), job.name
                assert job.keywords["artifacts"]["reports"] == {"junit": "var/reports/*.xml"}
                assert job.keywords["artifacts"]["when"] == "always"


def test_the_report_is_shown_in_the_merge_request() -> None:
    (report,) = [job for job in found("pull request") if job.name == "report"]
    assert report.keywords["artifacts"]["expose_as"] == "Report of the line"


@pytest.mark.parametrize("prefix", TO_STAGE)
def test_the_branches_of_contributing_travel_as_it_says(prefix: str) -> None:
    """A proposal is tried as its merge request, a hotfix as its branch, and no commit twice."""
    branch = f"{prefix}x"
    request = pipeline(CONFIG, {**REQUEST, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": branch})
    push = pipeline(CONFIG, {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": branch})
    assert (request is None, push is None) == (prefix == "hotfix/", prefix != "hotfix/")


@pytest.mark.parametrize(
    "variables",
    [
        {**REQUEST, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "prod"},
        {**REQUEST, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "stage"},
        {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "staged"},
        {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v1"},
        {"CI_PIPELINE_SOURCE": "trigger", "CI_COMMIT_BRANCH": "stage"},
        {"CI_PIPELINE_SOURCE": "pipeline", "CI_COMMIT_BRANCH": "prod"},
        {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "stage"},
        {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "prod", "LINE_SCHEDULE": "daily"},
        {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "stage", "LINE_SCHEDULE": "dailyx"},
    ],
)
def test_nothing_else_starts_a_pipeline(variables: dict[str, str]) -> None:
    assert pipeline(CONFIG, variables) is None


def test_a_name_with_the_right_beginning_is_needed() -> None:
    """A merge request of an unknown name is tried, and refused by `make verify` in a sentence."""
    odd = {**REQUEST, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "my-hotfix/x"}
    assert pipeline(CONFIG, odd) is not None


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ('$A == "x"', True),
        ("$A", True),
        ("$EMPTY", False),
        ("$MISSING", False),
        ("$MISSING == null", True),
        ('$MISSING != "x" && $A =~ /^x$/', True),
        ('$A == "y" || $A == "x" && $EMPTY', False),
        ('($A == "y" || $A == "x") && $A', True),
        ("$MISSING =~ /.*/", False),
        ("$MISSING !~ /.*/", True),
        (r"$PATH =~ /^hotfix\/.+$/", True),
    ],
)
def test_conditions_mean_what_gitlab_says(condition: str, truth: bool) -> None:
    variables = {"A": "x", "EMPTY": "", "PATH": "hotfix/x"}
    assert holds(condition, variables) is truth


@pytest.mark.parametrize("condition", ['$A = "x"', "$A ==", "a", '$A == "x" $B'])
def test_what_is_no_condition_is_refused(condition: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        holds(condition, {})


def test_references_and_bases_are_resolved() -> None:
    text = (
        "stages: [a]\n.x:\n  rules: [{if: $A}]\n  stage: a\ny:\n  extends: .x\n  script: make b\n"
    )
    text += "  rules: [!reference [.x, rules], {if: $B}]\nworkflow: {rules: [{if: $A}]}\n"
    config: dict[str, Any] = read(text)
    assert config["y"]["rules"] == [{"if": "$A"}, {"if": "$B"}]
    (job,) = pipeline(config, {"A": "1"}) or []
    assert (job.stage, job.lines) == ("a", ["make b"])
