"""Comments on every open merge request, from what pipelines left: hostile archives included."""

from __future__ import annotations

import json

import pytest

from release_format.verdict import Verdict
from tests.forge.conftest import Forge, condition, git
from tests.forge.gitlab_hub import FORK_ID, GitLab


def left(commit: str, number: int = 1, build: str = "") -> dict[str, str | bytes]:
    """What the job `report` of a merge request leaves."""
    change = {"number": number, "commits": [commit], "build": build}
    return {
        "var/reports/change.json": json.dumps(change),
        "var/reports/data.json": Verdict("data", "a" * 64, "", [condition("rows")], {}).to_json(),
        "var/pages/comment.html": "<p>",
    }


def test_every_open_request_gets_its_comment_from_its_newest_pipeline(
    request_on_gitlab: Forge, gitlab: GitLab
) -> None:
    head = git(request_on_gitlab.tree, "rev-parse", "HEAD")
    gitlab.add_pull("feature/y", "stage")
    gitlab.add_pull("feature/z", "stage", source_project_id=FORK_ID, sha="f" * 40)
    gitlab.add_pull("feature/waits", "stage")
    gitlab.add_pull("stage", "prod")
    project = "https://gitlab.example/team/shop/searchbar"
    gitlab.add_report(1, left("0" * 40))
    gitlab.add_report(1, left(head, 1, f"{project}/-/jobs/9"))
    gitlab.add_report(2, left(head, 2, "https://evil.example/-/jobs/9"))
    gitlab.add_report(3, left("f" * 40, 3), project_id=FORK_ID)
    gitlab.pipelines[4] = [{"id": 1, "project_id": 7, "job": 0}]
    result = request_on_gitlab("comment", "--pull", "all", CI_PROJECT_URL=project)
    assert result.returncode == 0, result.stderr
    assert sorted(c["noteable_iid"] for c in gitlab.comments) == [1, 2, 3]
    bodies = {c["noteable_iid"]: c["body"] for c in gitlab.comments}
    assert f"[build]({project}/-/jobs/9)" in bodies[1]
    assert "evil.example" not in bodies[2]
    assert "✅ **Safe" in bodies[3]
    assert "keeps no status of commit ffffffffffff" in result.stderr
    assert {status["sha"] for status in gitlab.statuses} == {head}
    gitlab.requests.clear()
    settings = {"CI_PROJECT_URL": project, "BUILD_URL": f"{project}/-/jobs/99"}
    assert request_on_gitlab("comment", "--pull", "all", **settings).returncode == 0
    assert [path for path in gitlab.made("POST") if "/f" not in path] + gitlab.made("PUT") == []


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (left("0" * 40), "are about commit 000000000000, and pull request 1 ends in"),
        (left("0" * 40, number=2), "are about pull request 2, not 1"),
        ({"var/reports/change.json": "{", "var/reports/a.md": "x"}, "cannot be read"),
    ],
)
def test_reports_about_something_else_stop_no_other_comment(
    request_on_gitlab: Forge, gitlab: GitLab, files: dict[str, str | bytes], told: str
) -> None:
    gitlab.add_pull("feature/y", "stage")
    gitlab.add_report(1, files)
    gitlab.add_report(2, left(git(request_on_gitlab.tree, "rev-parse", "HEAD"), 2))
    result = request_on_gitlab("comment", "--pull", "all")
    assert result.returncode == 3
    assert told in result.stderr
    assert "pull request 1 got no comment, for the reasons above" in result.stderr
    assert [c["noteable_iid"] for c in gitlab.comments] == [2]


def test_an_archive_that_is_none_is_told(request_on_gitlab: Forge, gitlab: GitLab) -> None:
    gitlab.add_report(1, left("0" * 40))
    gitlab.archives = dict.fromkeys(gitlab.archives, b"<html>")
    result = request_on_gitlab("comment", "--pull", "all")
    assert result.returncode == 3
    assert "the archive cannot be read (BadZipFile)" in result.stderr


def test_all_is_for_gitlab_and_a_token(forge: Forge, on_github: Forge) -> None:
    result = on_github("comment", "--pull", "all")
    assert result.returncode == 2
    assert "this is GitHub. Give one number, and FORGE_REPORTS." in result.stderr
    result = forge("comment", "--pull", "all", FORGE_TOKEN="")
    assert result.returncode == 2
    assert "`--pull all` needs FORGE_REPOSITORY and a token" in result.stderr
