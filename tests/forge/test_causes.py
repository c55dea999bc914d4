"""Who started a Jenkins build: the numbers a comment is for, and what may start the daily run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.causes import check_from_line, pull_requests, upstream_jobs
from forge.errors import ForgeError

ROOT = Path(__file__).parents[2]
PERSON = {
    "_class": "hudson.model.Cause$UserIdCause",
    "shortDescription": "Started by user admin",
    "userId": "admin",
}
CLOCK = {
    "_class": "hudson.triggers.TimerTrigger$TimerTriggerCause",
    "shortDescription": "Started by timer",
}


def causes(*jobs: str, more: tuple[dict[str, str], ...] = ()) -> str:
    kind = "org.jenkinsci.plugins.workflow.support.steps.build.BuildUpstreamCause"
    upstream = [{"_class": kind, "upstreamProject": job, "upstreamBuild": 3} for job in jobs]
    return json.dumps([*more, *upstream])


def test_the_number_is_that_of_the_build_which_asked() -> None:
    assert pull_requests(causes("pull-requests/PR-12")) == [12]


def test_several_that_jenkins_folded_into_one_build_all_get_theirs() -> None:
    assert pull_requests(
        causes("pull-requests/PR-12", "pull-requests/PR-7", "pull-requests/PR-12")
    ) == [12, 7]


@pytest.mark.parametrize(
    "job",
    [
        "line/daily",
        "line/branches/stage",
        "pull-requests/change%2FPR-1",
        "pull-requests/PR-1; id",
        "pull-requests/PR-0",
        "pull-requests/PR-12/x",
        "other/pull-requests/PR-12",
        "PR-12",
        "",
        "pull-requests/PR-1\n",
        "pull-requests/PR-٣",
    ],
)
def test_another_job_has_no_number(job: str) -> None:
    with pytest.raises(ForgeError, match="Build the pull request"):
        pull_requests(causes(job))


def test_a_person_has_no_number() -> None:
    with pytest.raises(ForgeError, match="no pull request's build"):
        pull_requests(json.dumps([PERSON]))


@pytest.mark.parametrize("more", [(PERSON,), (CLOCK,)])
def test_the_clock_and_people_may_start_the_daily_run_even_beside_a_stranger(
    more: tuple[dict[str, str], ...],
) -> None:
    """Else a pull request that asks at five o'clock would keep the daily run from happening."""
    check_from_line(causes(more=more))
    check_from_line(causes("pull-requests/PR-1", more=more))
    check_from_line(causes("line/branches/stage"))


@pytest.mark.parametrize(
    "jobs", [("pull-requests/PR-1",), ("pull-requests/PR-1", "other/line/daily"), ("line",), ()]
)
def test_nobody_else_may(jobs: tuple[str, ...]) -> None:
    with pytest.raises(ForgeError, match="not the line") as caught:
        check_from_line(causes(*jobs))
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("text", ["", "{}x", "3", "[3]", "null", '["pull-requests/PR-1"]'])
def test_what_is_no_list_of_causes_is_wrong_usage(text: str) -> None:
    with pytest.raises(ForgeError, match="buildCauses") as caught:
        upstream_jobs(text)
    assert caught.value.exit_code == 2


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        check_from_line(json.dumps(value))
    except ForgeError:
        return


@pytest.mark.parametrize(
    ("question", "started_by", "code", "says"),
    [
        ("from-line", causes("line/branches/stage"), 0, ""),
        ("pull-requests", causes("pull-requests/PR-7"), 0, "7"),
        ("from-line", causes("pull-requests/PR-7"), 1, "Start it by hand or by its clock."),
        ("pull-requests", causes("line"), 1, "Build the pull request"),
        ("from-line", "{", 2, "Give what Jenkins' currentBuild.buildCauses says."),
        ("whose", "[]", 2, "--help"),
    ],
)
def test_each_question_ends_with_its_exit_code(
    question: str, started_by: str, code: int, says: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "forge.causes", question],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "STARTED_BY": started_by},
    )
    assert (ended.returncode, says in ended.stdout + ended.stderr) == (code, True)


def typed(
    tmp_path: Path, verb: str, started_by: str, **more: str
) -> subprocess.CompletedProcess[str]:
    """The real recipe; its Python answers for the causes, and writes down whatever else it is
    asked."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    stand_in = tmp_path / ".venv/bin/python"
    stand_in.write_text(
        f'#!/bin/sh\ncase "$*" in *forge.causes*) cd {ROOT}; exec {sys.executable} "$@";; esac\n'
        'echo "$FORGE_REPORTS|$*" >>asked; case "$*" in *" 13") exit 3;; esac\n'
    )
    stand_in.chmod(0o755)
    environment = {
        "PATH": os.environ["PATH"],
        "STARTED_BY": started_by,
        "SHARED": "/reports",
        **more,
    }
    return subprocess.run(
        ["make", "-o", ".venv/.line", "-o", ".venv/.dev", verb],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


def asked(tmp_path: Path) -> list[str]:
    file = tmp_path / "asked"
    return (
        [line.partition(" -m ")[2] for line in file.read_text().splitlines()]
        if file.exists()
        else []
    )


def test_a_parameter_names_nobody(tmp_path: Path) -> None:
    done = typed(tmp_path, "comment", causes("pull-requests/PR-12"), PULL_REQUEST="99")
    assert done.returncode == 0, done.stderr
    assert asked(tmp_path) == ["forge comment --pull 12"]
    assert (tmp_path / "asked").read_text().startswith("/reports/12|")


def test_a_run_of_github_actions_is_asked_about_by_its_number_alone(tmp_path: Path) -> None:
    done = typed(tmp_path, "comment", "", WORKFLOW_RUN="31", PULL_REQUEST="99", SHARED="")
    assert done.returncode == 0, done.stderr
    assert asked(tmp_path) == ["forge comment --run 31"]


def test_one_comment_that_fails_keeps_no_other_back(tmp_path: Path) -> None:
    done = typed(tmp_path, "comment", causes("pull-requests/PR-13", "pull-requests/PR-12"))
    assert done.returncode != 0
    assert asked(tmp_path) == ["forge comment --pull 13", "forge comment --pull 12"]


@pytest.mark.parametrize("verb", ["propose", "verify", "sweep"])
def test_a_stranger_starts_nothing(tmp_path: Path, verb: str) -> None:
    done = typed(tmp_path, verb, causes("pull-requests/PR-12"), SOURCE="debian")
    assert done.returncode != 0
    assert "not the line" in done.stderr
    assert asked(tmp_path) == []


def test_a_comment_that_nobody_asked_for_is_not_made(tmp_path: Path) -> None:
    done = typed(tmp_path, "comment", json.dumps([PERSON]))
    assert done.returncode != 0
    assert asked(tmp_path) == []


@pytest.mark.parametrize(("branch", "begun"), [("prod", 1), ("stage", 0), ("hotfix/a", 0)])
def test_a_build_of_prod_writes_down_that_it_began_before_anything_can_end_it(
    tmp_path: Path, branch: str, begun: int
) -> None:
    done = typed(
        tmp_path, "verify", causes("line/daily"), BRANCH_NAME=branch, TESTS_RUN="elsewhere"
    )
    assert done.returncode == 0, done.stderr
    assert asked(tmp_path) == ["forge sweep --begun"] * begun + ["forge check-branch"]
