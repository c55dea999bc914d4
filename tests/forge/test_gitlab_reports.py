"""Comments on every open merge request, from what pipelines left: hostile archives included."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.hosting.job_artifacts import unpack_reports
from forge.reports import LARGEST
from release_format.verdict import Verdict
from tests.forge.conftest import Forge, condition, git
from tests.forge.gitlab_hub import FORK_ID, GitLab, archive


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
    assert "**Green.**" in bodies[3]
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
    assert "cannot be unpacked (BadZipFile). Build it again." in result.stderr


def test_all_is_for_gitlab_and_a_token(forge: Forge, on_github: Forge) -> None:
    result = on_github("comment", "--pull", "all")
    assert result.returncode == 2
    assert "this is GitHub. Give one number, and FORGE_REPORTS." in result.stderr
    result = forge("comment", "--pull", "all", FORGE_TOKEN="")
    assert result.returncode == 2
    assert "`--pull all` needs FORGE_REPOSITORY and a token" in result.stderr


def test_an_archive_cannot_leave_its_folder_nor_fill_the_disk(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "var/reports/../../../out.md": "x",
        "/var/reports/root.md": "x",
        "var/reports/program.py": "x",
        "var/reports/huge.md": b"0" * (LARGEST + 1),
        "var/line/release": "x",
        "var/reports/deep/fine.md": "fine",
    }
    link = zipfile.ZipInfo("var/reports/link.md")
    link.external_attr = 0o120777 << 16
    packed = io.BytesIO(archive(files))
    with zipfile.ZipFile(packed, "a") as more:
        more.writestr(link, "/etc/passwd")
    unpack_reports(packed, tmp_path / "in")
    found = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert found == {"in/deep/fine.md", "in/link.md"}
    assert not (tmp_path / "in/link.md").is_symlink()


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path) -> None:
    packed = archive({f"var/reports/{number}.md": "x" for number in range(501)})
    with pytest.raises(ForgeError, match="holds 501 reports"):
        unpack_reports(io.BytesIO(packed), tmp_path)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data())
def test_a_broken_archive_is_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, data: Any
) -> None:
    packed = bytearray(archive({"var/reports/a.md": "x" * 50, "var/reports/b.json": "{}"}))
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ForgeError):
        unpack_reports(io.BytesIO(packed), tmp_path_factory.mktemp("unpacked"))
