"""The same questions to GitLab: paging, races, bots, drafts, forks, commands in foreign texts, and
what a failing GitLab does to them."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from forge.hosting.address import hosting_kind, web_address
from forge.hosting.gitlab import GitLab as GitLabHosting
from forge.hosting.pull_requests import PullRequest
from forge.pages.comment_body import MARKER
from release_format.config.forge import ForgeSettings
from release_format.config.registry import read_settings
from release_format.verdict import Outcome
from tests.forge.conftest import RED, Forge, condition, git, gitlab_settings, report, write
from tests.forge.gitlab_hub import FORK_ID, GitLab
from tests.refusals.tried import tried

LINK = "https://gitlab.example/team/shop/searchbar/-/jobs/5"


def hosting(hub: GitLab) -> GitLabHosting:
    return GitLabHosting(read_settings(ForgeSettings, gitlab_settings(hub)))


def note(id: int, author: dict[str, Any], body: str = MARKER, **more: Any) -> dict[str, Any]:
    return {"id": id, "noteable_iid": 1, "author": author, "body": body, "system": False, **more}


def test_one_comment_is_written_and_then_updated(request_on_gitlab: Forge, gitlab: GitLab) -> None:
    report(request_on_gitlab.tree, "data", RED)
    address = request_on_gitlab("comment", "--pull", "1").stdout.strip()
    assert address.endswith("/-/merge_requests/1#note_1")
    report(request_on_gitlab.tree, "data")
    assert request_on_gitlab("comment", "--branch", "feature/x").returncode == 0
    assert len(gitlab.comments) == 1
    assert "✅ **Safe" in gitlab.comments[0]["body"]


def test_the_same_reports_again_write_nothing(request_on_gitlab: Forge, gitlab: GitLab) -> None:
    """Each status is a job of its own on GitLab: a schedule would make thousands."""
    report(request_on_gitlab.tree, "data", RED)
    request_on_gitlab("comment", "--pull", "1", BUILD_URL=LINK)
    gitlab.requests.clear()
    request_on_gitlab("comment", "--pull", "1", BUILD_URL=LINK)
    assert gitlab.made("POST") + gitlab.made("PUT") == []


@pytest.mark.parametrize(
    ("answer", "state"),
    [(Outcome.YES, "success"), (Outcome.NO, "failed"), (Outcome.COULD_NOT_TELL, "failed")],
)
def test_every_gate_has_a_status(
    request_on_gitlab: Forge, gitlab: GitLab, answer: Outcome, state: str
) -> None:
    report(request_on_gitlab.tree, "quality", condition("ndcg", answer, why="x" * 300))
    request_on_gitlab("comment", "--pull", "1", BUILD_URL=LINK)
    assert {s["name"]: s["state"] for s in gitlab.statuses} == {
        "searchbar / policy": "success",
        "searchbar / quality gate": state,
    }
    assert {s["target_url"] for s in gitlab.statuses} == {LINK}
    assert f"[reports]({LINK}/artifacts/browse/var/reports/)" in gitlab.comments[0]["body"]


def test_a_status_that_came_back_is_written_again(gitlab: GitLab) -> None:
    told = [("success", "fine"), ("failure", "no"), ("success", "fine")]
    for state, sentence in told:
        hosting(gitlab).status("c" * 40, "searchbar / policy", state, sentence, "")
    assert [status["state"] for status in gitlab.statuses] == ["success", "failed", "success"]


def test_somebody_elses_comment_with_our_marker_stays_theirs(
    request_on_gitlab: Forge, gitlab: GitLab
) -> None:
    mallory = note(1, {"id": 66, "username": "project_9_bot_lookalike"})
    gitlab.comments.append(mallory)
    gitlab.comments.append(note(2, {"id": 40, "username": "line"}, system=True))
    report(request_on_gitlab.tree, "data")
    request_on_gitlab("comment", "--pull", "1")
    assert [c["body"] for c in gitlab.comments[:2]] == [MARKER, MARKER]
    assert len(gitlab.comments) == 3


def test_a_bot_that_may_not_say_who_it_is_finds_its_comment(
    request_on_gitlab: Forge, gitlab: GitLab
) -> None:
    gitlab.bot = True
    gitlab.comments.append(note(1, {"id": 66, "username": "mallory"}))
    for _ in range(2):
        report(request_on_gitlab.tree, "data")
        assert request_on_gitlab("comment", "--pull", "1").returncode == 0
    assert [c["author"]["id"] for c in gitlab.comments] == [66, 41]


def test_two_runs_that_wrote_at_once_leave_one_comment_of_many_pages(
    request_on_gitlab: Forge, gitlab: GitLab
) -> None:
    ada, ours = {"id": 66, "username": "ada"}, {"id": 40, "username": "line"}
    gitlab.comments += [note(id, ada, "hm") for id in range(1, 6)]
    gitlab.comments += [note(6, ours), note(7, ours)]
    report(request_on_gitlab.tree, "data")
    request_on_gitlab("comment", "--pull", "1")
    assert [c["id"] for c in gitlab.comments] == [1, 2, 3, 4, 5, 6]
    assert "✅ **Safe" in gitlab.comments[5]["body"]


def test_a_stumble_after_the_write_leaves_one_of_each(on_gitlab: Forge, gitlab: GitLab) -> None:
    write(on_gitlab.tree, "catalogue/items", "a,c\n")
    gitlab.fail_after_write = 1
    assert on_gitlab("propose", "catalogue").returncode == 0
    gitlab.move(1, git(on_gitlab.tree, "rev-parse", "HEAD"))
    report(on_gitlab.tree, "data")
    gitlab.fail_after_write = 1
    assert on_gitlab("comment", "--pull", "1").returncode == 0
    assert (len(gitlab.pulls), len(gitlab.comments)) == (1, 1)


def test_a_request_that_another_run_opened_meanwhile_is_found(gitlab: GitLab) -> None:
    taken = '{"message": ["Another open merge request already exists for this branch: !1"]}'
    gitlab.fail = [(200, {}, "[]"), (409, {}, taken)]
    gitlab.add_pull("stage", "prod", title="theirs")
    pull = hosting(gitlab).open_or_update("stage", "prod", "ours", "text")
    assert pull is not None
    assert [(p["title"], p["description"]) for p in gitlab.pulls] == [("ours", "text")]


def test_a_draft_stays_one_and_does_not_merge_itself(gitlab: GitLab) -> None:
    gitlab.add_pull("catalogue/daily", "stage", title="Draft: old", head_pipeline={"status": "x"})
    pull = hosting(gitlab).open_or_update("catalogue/daily", "stage", "new", "text")
    assert pull is not None
    hosting(gitlab).merge_by_itself(pull)
    assert (gitlab.pulls[0]["title"], gitlab.auto_merged) == ("Draft: new", [])


def test_a_forks_branch_of_the_same_name_is_another(gitlab: GitLab) -> None:
    gitlab.add_pull("stage", "prod", title="not ours", source_project_id=FORK_ID)
    assert hosting(gitlab).open_pull_request("stage") is None
    assert hosting(gitlab).open_or_update("stage", "prod", "a", "b", may_open=False) is None
    assert hosting(gitlab).open_or_update("stage", "prod", "ours", "text") is not None
    assert [p["title"] for p in gitlab.pulls] == ["not ours", "ours"]


def test_no_line_of_a_report_is_a_command_to_gitlab(
    request_on_gitlab: Forge, gitlab: GitLab
) -> None:
    """The token may merge and approve; a catalogue's text may say so, too."""
    report(request_on_gitlab.tree, "data")
    told = "/merge\n  /approve now\n\t/assign @ada\nand/or\n//x\n"
    write(request_on_gitlab.tree, "var/reports/diff.md", told)
    request_on_gitlab("comment", "--pull", "1")
    assert "\u200b/merge" in gitlab.comments[0]["body"]
    assert "and/or" in gitlab.comments[0]["body"]


def test_every_page_of_files_is_read_with_old_names(
    request_on_gitlab: Forge, gitlab: GitLab
) -> None:
    gitlab.files = ["README.md", "docs/a.md", ("Makefile", "Makefile.old"), "b", "c"]
    gitlab.pulls[0]["changes_count"] = "5"
    report(request_on_gitlab.tree, "data")
    request_on_gitlab("comment", "--pull", "1")
    policy = {s["name"]: s for s in gitlab.statuses}["searchbar / policy"]
    assert policy["state"] == "failed"
    assert "changes Makefile, which the line itself runs on" in policy["description"]


@pytest.mark.parametrize(
    ("count", "told"),
    [("1000+", "lists a part of its 1000+ files"), (None, "has not compared its files yet")],
)
def test_files_that_gitlab_does_not_list_are_not_taken_for_harmless(
    request_on_gitlab: Forge, gitlab: GitLab, count: str | None, told: str
) -> None:
    gitlab.pulls[0]["changes_count"] = count
    report(request_on_gitlab.tree, "data")
    result = request_on_gitlab("comment", "--pull", "1")
    assert result.returncode == 3
    assert told in result.stderr
    assert gitlab.statuses == []


@pytest.mark.parametrize("status", ["running", "success"])
def test_a_green_daily_request_merges_itself_once(gitlab: GitLab, status: str) -> None:
    gitlab.add_pull("catalogue/daily", "stage", head_pipeline={"status": status})
    pull = hosting(gitlab).pull_request(1)
    for _ in range(2):
        hosting(gitlab).merge_by_itself(pull)
    ((number, how),) = gitlab.auto_merged
    assert (number, how["sha"], how["auto_merge"]) == (1, "c" * 40, True)


@pytest.mark.parametrize("pipeline", [None, {"status": "failed"}])
def test_without_a_green_or_running_pipeline_nothing_merges_itself(
    gitlab: GitLab, capsys: pytest.CaptureFixture[str], pipeline: Any
) -> None:
    gitlab.add_pull("catalogue/daily", "stage", head_pipeline=pipeline)
    hosting(gitlab).merge_by_itself(hosting(gitlab).pull_request(1))
    assert gitlab.auto_merged == []
    assert "merge_requests/1" in capsys.readouterr().err


def test_a_branch_that_moved_meanwhile_is_not_merged(gitlab: GitLab) -> None:
    gitlab.add_pull("catalogue/daily", "stage", head_pipeline={"status": "running"})
    hosting(gitlab).merge_by_itself(PullRequest(1, "catalogue/daily", "stage", "d" * 40, "here"))
    assert gitlab.auto_merged == []


EXPIRED = '{"error": "invalid_token", "error_description": "Token is expired."}'


@pytest.mark.parametrize(
    ("status", "headers", "text", "code", "sentence"),
    [
        (401, {}, EXPIRED, 2, "GitLab refuses the token (Token is expired). Make a new project"),
        (403, {}, '{"message": "403 Forbidden"}', 2, "the token may not do this (403 Forbidden)"),
        (404, {}, '{"message": "404 Project Not Found"}', 2, "knows no such project"),
        (429, {"Retry-After": "1800"}, "Retry later", 3, "Run this again in 30 minutes."),
        (429, {}, "Retry later", 3, "rate limit is used up (429: Retry later)"),
        (500, {}, '{"message": "500 Internal Server Error"}', 3, "GitLab answered 500"),
        (502, {}, "<html><title>502</title>", 3, "GitLab answered 502 (502)"),
        (403, {}, "<html><title>Blocked</title>", 3, "not GitLab but a web page answered 403 (Bl"),
        (200, {"Content-Type": "text/html"}, "<html>Log in", 3, "gives no answers of GitLab's"),
        (200, {}, '{"iid": 1, "sha": ', 3, "gives no answers of GitLab's, but perhaps a page"),
        (200, {}, "[]", 3, "gives no answers of GitLab's, but perhaps a page"),
    ],
)
def test_each_trouble_is_one_sentence(
    request_on_gitlab: Forge,
    gitlab: GitLab,
    status: int,
    headers: dict[str, str],
    text: str,
    code: int,
    sentence: str,
) -> None:
    gitlab.fail = [(status, headers, text)] * 40
    result = request_on_gitlab("comment", "--pull", "1")
    assert result.returncode == code, result.stderr
    assert sentence in result.stderr
    assert gitlab.comments == []
    tried("forge", f"GitLab answers {status} {text[:60]}", code, result.stderr)


def test_a_gitlab_that_is_down_is_could_not_tell(request_on_gitlab: Forge) -> None:
    result = request_on_gitlab("comment", "--pull", "1", FORGE_API="http://127.0.0.1:9/api/v4")
    assert result.returncode == 3
    assert "GitLab cannot be reached" in result.stderr


def test_a_short_stumble_is_waited_for(request_on_gitlab: Forge, gitlab: GitLab) -> None:
    report(request_on_gitlab.tree, "data")
    gitlab.fail = [(502, {}, "{}"), (429, {"Retry-After": "0"}, "Retry later")]
    assert request_on_gitlab("comment", "--pull", "1").returncode == 0
    assert len(gitlab.comments) == 1


def test_a_missing_library_is_told_with_what_installs_it(
    request_on_gitlab: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gitlab", None)
    result = request_on_gitlab("comment", "--pull", "1")
    assert result.returncode == 3
    assert "gitlab, which speaks to GitLab, is not installed here." in result.stderr


@pytest.mark.parametrize(
    ("environment", "kind", "web"),
    [
        ({}, "github", "https://github.com"),
        ({"FORGE_API": "https://git.example/api/v3"}, "github", "https://git.example"),
        ({"FORGE_API": "https://gitlab.com/api/v4"}, "gitlab", "https://gitlab.com"),
        ({"FORGE_API": "https://gitlab.example/"}, "gitlab", "https://gitlab.example"),
        ({"FORGE_API": "https://git.example/api/v4"}, "gitlab", "https://git.example"),
        ({"FORGE_KIND": "gitlab"}, "gitlab", "https://gitlab.com"),
        (
            {"FORGE_KIND": "gitlab", "FORGE_API": "https://x.example/git/api/v4"},
            "gitlab",
            "https://x.example/git",
        ),
        (
            {"FORGE_KIND": "github", "FORGE_API": "https://gitlab.example/api/v3"},
            "github",
            "https://gitlab.example",
        ),
    ],
)
def test_the_hosting_is_known_by_its_address_or_by_name(
    environment: dict[str, str], kind: str, web: str
) -> None:
    settings = read_settings(ForgeSettings, environment)
    assert (hosting_kind(settings), web_address(settings)) == (kind, web)


def test_another_kind_is_refused(forge: Forge) -> None:
    result = forge("comment", FORGE_KIND="bitbucket")
    assert result.returncode == 2
    assert "FORGE_KIND must be" in result.stderr
