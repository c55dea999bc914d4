"""Reports turn green only the commit that they are about, and lead to the build that left them."""

from __future__ import annotations

import pytest

from tests.forge.conftest import Forge, commit, git, report, write
from tests.forge.hub import GitHub


def built(pull: Forge, **environment: str) -> None:
    """The pull request's own build: no token, so its reports say which change they are about."""
    report(pull.tree, "data")
    result = pull(
        "comment", FORGE_TOKEN="", CHANGE_BRANCH="feature/x", CHANGE_TARGET="stage", **environment
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("merged", [False, True])
def test_reports_of_the_pull_requests_last_commit_are_taken(
    pull: Forge, hub: GitHub, merged: bool
) -> None:
    """Jenkins builds its merge with the target; the comment is written from stage's work tree."""
    git(pull.tree, "checkout", "--quiet", "-b", "feature/x")
    hub.pulls[0]["head"]["sha"] = commit(pull.tree, "Better", searchbar__app="2\n")
    if merged:
        git(pull.tree, "checkout", "--quiet", "-b", "target", "stage")
        commit(pull.tree, "Meanwhile", searchbar__other="1\n")
        git(pull.tree, "checkout", "--quiet", "--detach", "feature/x")
        git(pull.tree, "merge", "--quiet", "--no-ff", "-m", "Merge", "target")
    built(pull, CHANGE_ID="1")
    git(pull.tree, "checkout", "--quiet", "stage")
    assert pull("comment", "--pull", "1").returncode == 0
    assert {status["sha"] for status in hub.statuses} == {hub.pulls[0]["head"]["sha"]}


def test_a_comment_leads_to_the_build_that_left_the_reports(pull: Forge, hub: GitHub) -> None:
    home, build = "http://jenkins.example/", "http://jenkins.example/job/pull-requests/job/PR-1/3/"
    built(pull, CHANGE_ID="1", BUILD_URL=build)
    pull("comment", "--pull", "1", JENKINS_URL=home, BUILD_URL=f"{home}job/line/job/comment/9/")
    assert f"[build]({build}) · [reports]({build}artifact/var/reports/)" in hub.comments[0]["body"]
    assert {status["target_url"] for status in hub.statuses} == {build}


@pytest.mark.parametrize(
    "build", ["http://evil.example/", "http://jenkins.example/) [x](http://evil.example"]
)
def test_a_build_that_is_not_ours_is_not_linked(pull: Forge, hub: GitHub, build: str) -> None:
    built(pull, CHANGE_ID="1", BUILD_URL=build)
    ours = "http://jenkins.example/job/line/job/comment/9/"
    pull("comment", "--pull", "1", JENKINS_URL="http://jenkins.example/", BUILD_URL=ours)
    assert "evil" not in hub.comments[0]["body"]
    assert {status["target_url"] for status in hub.statuses} == {ours}


def test_reports_of_an_older_commit_turn_nothing_green(pull: Forge, hub: GitHub) -> None:
    built(pull, CHANGE_ID="1")
    hub.pulls[0]["head"]["sha"] = newer = "d" * 40
    result = pull("comment", "--pull", "1")
    assert result.returncode == 3
    assert (
        f"and pull request 1 ends in {newer[:12]}: nothing was written. Wait for its build"
        in result.stderr
    )
    assert (hub.comments, hub.statuses) == ([], [])


def test_reports_of_another_pull_request_are_not_this_ones(pull: Forge, hub: GitHub) -> None:
    built(pull, CHANGE_ID="2")
    result = pull("comment", "--pull", "1")
    assert result.returncode == 3
    assert "are about pull request 2, not 1" in result.stderr
    assert (hub.comments, hub.statuses) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"number": 1}',
        '{"number": "1", "commits": ["a"]}',
        '{"number": 1, "commits": []}',
        '{"number": 1, "commits": [7]}',
    ],
)
def test_a_report_that_lies_about_its_change_is_could_not_tell(
    pull: Forge, hub: GitHub, text: str
) -> None:
    report(pull.tree, "data")
    write(pull.tree, "var/reports/change.json", text)
    result = pull("comment", "--pull", "1")
    assert result.returncode == 3
    assert "change.json cannot be read" in result.stderr
    assert hub.statuses == []


def test_no_reports_say_so_at_any_commit(pull: Forge, hub: GitHub) -> None:
    hub.pulls[0]["head"]["sha"] = "d" * 40
    assert pull("comment", "--pull", "1").returncode == 0
    assert "**Could not tell:** no gate left a verdict" in hub.comments[0]["body"]
