"""What each kind of build does: the lines, their order, where they run, and what they can get
hold of."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import Any

import pytest

from tests.jenkins.conftest import (
    JENKINSFILE,
    JOB_KINDS,
    KINDS,
    PROPOSED,
    ROOT,
    configuration,
    folder_credentials,
    labels,
    lines,
)
from tests.whole_line.line import RECORDED, recorded

Builds = dict[str, dict[str, Any]]

CHECKED = ["make verify", "make admit", "make build compare", "make image"]
DOES = {
    "pull request": [*CHECKED, "make comment"],
    "change without a forge": [*CHECKED, "make comment"],
    "proposal without a forge": [*CHECKED, "make comment"],
    "promotion": [],
    "red pull request": ["make verify", "make admit", "make comment"],
    "daily": ["make -s sweep", "make propose"],
    "refused daily": ["make -s sweep"],
    "daily after a lost prod": ["make -s sweep", "make notify", "make propose"],
    "daily without a source": ["make -s sweep", "make notify", "make propose"],
    "comment": ["make comment"],
    "stage": [
        *CHECKED,
        "make rollout ENVIRONMENT=stage",
        "make compare promote ENVIRONMENT=prod",
        "make comment",
        "make notify",
    ],
    "red stage": ["make verify", "make admit", "make build compare", "make comment", "make notify"],
    "prod": [
        "make verify",
        "make -s approve",
        "make approve rollout ENVIRONMENT=prod",
        "make notify",
    ],
    "refused prod": ["make verify", "make -s approve", "make notify"],
    "failing rollout": [
        "make verify",
        "make -s approve",
        "make approve rollout ENVIRONMENT=prod",
        "make notify",
    ],
    "stage whose git is away": ["make notify"],
    "prod whose git is away": ["make notify"],
    "a branch of a branch": [*CHECKED, "make comment"],
    "prod by itself": [
        "make verify",
        "make -s approve",
        "make approve rollout ENVIRONMENT=prod",
        "make notify",
    ],
    "hotfix": [
        "make verify",
        "make image",
        "make -s approve",
        "make approve rollout ENVIRONMENT=prod",
        "make back comment",
        "make notify",
    ],
}


@pytest.mark.parametrize("kind", DOES)
def test_a_build_types_these_lines(builds: Builds, kind: str) -> None:
    assert builds[kind]["error"] is None
    assert lines(builds[kind]) == DOES[kind]


def test_every_kind_of_build_runs_without_a_mistake(builds: Builds) -> None:
    assert {kind: build["error"] for kind, build in builds.items() if build["error"]} == {}


def test_a_gpu_builds_first_and_the_line_finds_it_built(builds: Builds) -> None:
    said = builds["stage with a GPU"]["events"]
    assert [(e["agent"], e["sh"]) for e in said if "build" in e.get("sh", "")] == [
        ("gpu", "make admit build"), ("line-stage", "make build compare"),
    ]  # fmt: skip


def test_a_pull_request_has_no_credential_and_stays_on_its_agent(builds: Builds) -> None:
    for kind in (
        "pull request",
        "change without a forge",
        "proposal without a forge",
        "red pull request",
    ):
        for event in builds[kind]["events"]:
            assert event["credentials"] == [], event
            assert event["agent"] in (None, "pull-request"), event


def test_a_pull_request_builds_into_a_store_of_its_own(builds: Builds) -> None:
    for event in (e for e in builds["pull request"]["events"] if "sh" in e):
        assert event["env"]["SEARCHBAR_STORE"] == "/pull-requests/store"
        assert event["env"]["LIVE_STORE"] == "/store"


@pytest.mark.parametrize(
    "kind",
    ["pull request", "promotion", "change without a forge", "proposal without a forge", "daily"],
)
def test_only_protected_branches_roll_out(builds: Builds, kind: str) -> None:
    assert [line for line in lines(builds[kind]) if "rollout" in line] == []


def test_a_pull_request_asks_stages_code_for_its_comment(builds: Builds) -> None:
    asked = [e for e in builds["pull request"]["events"] if "build" in e]
    assert [(e["build"], e["parameters"]) for e in asked] == [("/line/comment", {})], (
        "a parameter could name another's"
    )
    assert [e for e in builds["change without a forge"]["events"] if "build" in e] == []


@pytest.mark.parametrize(
    ("kind", "environment"), [("stage", "stage"), ("prod", "prod"), ("hotfix", "prod")]
)
def test_a_rollout_holds_its_hosts_its_key_and_nothing_more(
    builds: Builds, kind: str, environment: str
) -> None:
    (rollout,) = [e for e in builds[kind]["events"] if "rollout" in e.get("sh", "")]
    assert rollout["credentials"] == ["rollout-key"]
    assert rollout["agent"] == f"line-{environment}"
    assert rollout["sh"].endswith(f"ENVIRONMENT={environment}")


def test_whoever_has_hosts_has_the_one_executor_of_a_machine_that_pull_requests_cannot_take() -> (
    None
):
    nodes = {n["permanent"]["name"]: n["permanent"] for n in configuration()["jenkins"]["nodes"]}
    for name in ("line-stage", "line-prod", "gpu"):
        assert nodes[name]["numExecutors"] == 1
        assert name not in labels("pull-requests/PR-1")
    assert "lock" not in JENKINSFILE.replace("block", "")


def test_what_stage_rolled_out_is_promoted_before_another_build_gets_its_hosts(
    builds: Builds,
) -> None:
    """A promotion names what is live on stage: by then that must still be this build's."""
    reaching = [
        e
        for e in builds["stage"]["events"]
        if "rollout" in e.get("sh", "") or "promote" in e.get("sh", "")
    ]
    assert [e["agent"] for e in reaching] == ["line-stage", "line-stage"]


@pytest.mark.parametrize("kind", ["prod", "hotfix", "hotfix by itself"])
def test_a_person_approves_what_is_then_rolled_out(builds: Builds, kind: str) -> None:
    events = builds[kind]["events"]
    (asked,) = [e for e in events if "input" in e]
    assert asked["input"] == "Roll out RELEASE IMAGE EVIDENCE?"
    assert asked["agent"] is None, "an executor is kept while a person thinks"
    (rollout,) = [e for e in events if "rollout" in e.get("sh", "")]
    assert events.index(asked) < events.index(rollout)
    assert rollout["env"]["EVIDENCE"] == "RELEASE IMAGE EVIDENCE"


@pytest.mark.parametrize("kind", ["prod", "hotfix"])
def test_a_build_that_a_stranger_started_comes_to_no_question(builds: Builds, kind: str) -> None:
    """A pull request may start any job; its asking would end the question that somebody is about
    to answer."""
    first = next(e for e in builds[kind]["events"] if "sh" in e)
    assert (first["sh"], json.loads(first["env"]["STARTED_BY"])) == ("make verify", [])
    assert [
        e
        for e in builds["prod that a stranger started"]["events"]
        if {"input", "milestone"} & set(e)
    ] == []


def test_prod_by_itself_asks_nobody(builds: Builds) -> None:
    assert [e for e in builds["prod by itself"]["events"] if "input" in e] == []


@pytest.mark.parametrize("branch", PROPOSED)
def test_without_a_forge_every_branch_that_may_travel_is_built(builds: Builds, branch: str) -> None:
    assert lines(builds[f"{branch}x without a forge"]) == [*CHECKED, "make comment"]


@pytest.mark.parametrize(
    "kind", ["stage", "red stage", "stage whose comment fails", "stage whose git is away"]
)
def test_people_are_told_whatever_fails(builds: Builds, kind: str) -> None:
    (told,) = [e for e in builds[kind]["events"] if e.get("sh") == "make notify"]
    assert (told["credentials"], told["agent"]) == (["notify"], "line")
    assert (
        told["env"]["TEXT"] == ("SUCCESS" if kind == "stage" else "FAILURE") + ": http://jenkins/1/"
    )


def test_a_failing_comment_keeps_no_report_back(builds: Builds) -> None:
    events = builds["stage whose comment fails"]["events"]
    assert [e for e in events if "published" in e]
    assert builds["stage whose comment fails"]["failed"]


def started(build: dict[str, Any]) -> list[str]:
    """The jobs that a build asks for."""
    return [event["build"] for event in build["events"] if "build" in event]


@pytest.mark.parametrize(
    ("kind", "jobs"),
    [
        ("daily", ["stage"]),
        ("daily after a lost prod", ["prod", "stage"]),
        ("daily without a source", ["prod", "stage"]),
        ("refused daily", []),
    ],
)
def test_a_build_that_git_lost_is_made_up_for(builds: Builds, kind: str, jobs: list[str]) -> None:
    """Prod's only if it was lost, as each of its builds asks a person; whatever the catalogue's
    source does."""
    assert configuration()["jenkins"]["scmCheckoutRetryCount"] == 6
    assert started(builds[kind]) == [f"/line/branches/{job}" for job in jobs]


def test_a_lost_build_of_prod_is_told_before_it_is_made_up_for(builds: Builds) -> None:
    events = builds["daily after a lost prod"]["events"]
    (told,) = [event for event in events if event.get("sh") == "make notify"]
    assert (told["credentials"], told["env"]["TEXT"]) == (["notify"], "prod is built again")
    (again,) = [event for event in events if event.get("build") == "/line/branches/prod"]
    assert events.index(told) < events.index(again)


def test_the_sweep_lets_nobody_else_start_prod(builds: Builds) -> None:
    """A pull request may start the daily job; its first line looks at who did."""
    first = next(event for event in builds["daily"]["events"] if "sh" in event)
    assert (first["sh"], json.loads(first["env"]["STARTED_BY"])) == ("make -s sweep", [])


def test_the_pipeline_as_a_whole(builds: Builds) -> None:
    options = {e["option"]: e["of"] for e in builds["stage"]["events"] if "of" in e}
    assert options["buildDiscarder"] == {"numToKeepStr": "50"}
    assert options["timeout"]["time"] > 0
    assert "disableConcurrentBuilds" not in options, (
        "an approval that nobody gives would hold all others back"
    )


def test_reports_stand_on_the_build_page(builds: Builds) -> None:
    for kind in ("pull request", "red pull request", "stage", "red stage"):
        steps = [e["step"] for e in builds[kind]["events"] if "step" in e]
        assert {"junit", "publishHTML", "archiveArtifacts"} <= set(steps)
        (published,) = [e["published"] for e in builds[kind]["events"] if "published" in e]
        assert published["includes"] == "pages/**,reports/**", (
            "caches of hundreds of megabytes would be copied"
        )


def make_verbs(line: str) -> list[str]:
    return [word for word in line.split()[1:] if not word.startswith("-") and "=" not in word]


def every_line(builds: Builds) -> list[str]:
    return sorted({line for build in builds.values() for line in lines(build)})


def test_every_step_is_one_make_line_of_verbs_that_exist(builds: Builds) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in every_line(builds):
        assert re.fullmatch(r"make( -s)?( [a-z-]+)+( [A-Z]+=[a-z]+)*", line), line
        for verb in make_verbs(line):
            assert re.search(rf"^{verb}:", makefile, re.MULTILINE), (
                f"{line}: there is no verb {verb}"
            )


def test_every_line_is_a_shell_line_and_a_make_line(builds: Builds) -> None:
    for line in every_line(builds):
        assert subprocess.run(["bash", "-n", "-c", line], check=False).returncode == 0, line
        if {"verify", "propose"} & set(make_verbs(line)):
            continue  # make really runs what calls make again, even in a rehearsal
        rehearsed = subprocess.run(
            ["make", "-n", "-o", ".venv/.line", "-o", ".venv/.dev", *line.split()[1:]],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert rehearsed.returncode == 0, rehearsed.stderr


def test_no_name_from_outside_is_expanded_by_make() -> None:
    """A branch may be called $(shell …), and a pull request decides what it asks for: the shell
    alone sees them."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in (
        "BRANCH_NAME",
        "CHANGE_ID",
        "CHANGE_BRANCH",
        "PULL_REQUEST",
        "EVIDENCE",
        "STARTED_BY",
        "TEXT",
        "BRANCH",
        "BUILD_URL",
    ):
        assert not re.search(r"(?<!\$)\$[({]" + name + "[)}]", makefile), name


def test_a_hostile_pull_request_number_runs_nothing(tmp_path: Any) -> None:
    """The one value that a pull request hands to a job with credentials."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    (tmp_path / ".venv/bin/python").chmod(0o755)
    hostile = '7"; touch stolen; $(shell touch stolen) `touch stolen` $(touch stolen)'
    done = subprocess.run(
        ["make", "-o", ".venv/.line", "comment"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PULL_REQUEST": hostile, "BRANCH_NAME": hostile},
    )
    assert f"--pull|{hostile}|" in done.stdout, done.stderr
    assert not (tmp_path / "stolen").exists()


def test_credentials_of_rollouts_are_in_the_folder_and_nowhere_else() -> None:
    assert folder_credentials() == ["rollout-key", "github-write", "notify", "sql-password"]
    text = json.dumps(configuration())
    assert "rollout-key" not in text
    assert "github-write" not in text


def test_the_branches_of_the_folder_are_the_protected_ones() -> None:
    assert set(KINDS) == {
        "pull request",
        "change without a forge",
        "proposal without a forge",
        "stage",
        "prod",
        "hotfix",
    }
    assert JENKINSFILE.count("credentials(") == 2


def test_the_recorded_lines_are_the_jenkinsfiles(builds: Builds) -> None:
    """What `make demo` and the whole-line test type; after a change of the Jenkinsfile: `make
    record`."""
    assert json.loads(RECORDED.read_text()) == recorded(
        {kind: builds[kind] for kind in (*KINDS, *JOB_KINDS)}
    )


def test_without_an_engine_the_images_contents_are_put_together() -> None:
    (node,) = [
        n["permanent"]
        for n in configuration()["jenkins"]["nodes"]
        if n["permanent"]["name"] == "pull-request"
    ]
    assert {"key": "WITHOUT_ENGINE", "value": "yes"} in node["nodeProperties"][0]["envVars"]["env"]
    done = subprocess.run(
        ["make", "-o", ".venv/.line", "image"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "WITHOUT_ENGINE": "yes", "DOCKER_HOST": "tcp://127.0.0.1:9"},
    )
    assert done.returncode == 0, done.stderr
    assert "stage builds the image" in done.stderr
