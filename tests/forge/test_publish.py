"""One comment and one status a gate, or a page where no forge is."""

from __future__ import annotations

import json

import pytest

from release_format.verdict import Outcome, Severity, Verdict
from tests.forge.conftest import RED, Forge, commit, condition, git, report, write
from tests.forge.hub import TOKEN, GitHub


def test_one_comment_is_written_and_then_updated(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data", RED)
    assert pull("comment", "--pull", "1").stdout.strip().endswith("issuecomment-1")
    report(pull.tree, "data")
    assert pull("comment", "--branch", "feature/x").returncode == 0
    assert len(hub.comments) == 1
    assert "✅ **Safe" in hub.comments[0]["body"]
    assert "by a new release" in hub.comments[0]["body"]


def test_the_same_reports_again_write_no_comment(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data")
    pull("comment", "--pull", "1")
    hub.requests.clear()
    pull("comment", "--pull", "1")
    assert [path for path in hub.made("POST") if "comments" in path] + hub.made("PATCH") == []


@pytest.mark.parametrize(
    ("answer", "severity", "state"),
    [
        (Outcome.YES, Severity.BLOCK, "success"),
        (Outcome.NO, Severity.BLOCK, "failure"),
        (Outcome.NO, Severity.WARN, "success"),
        (Outcome.COULD_NOT_TELL, Severity.BLOCK, "error"),
    ],
)
def test_every_gate_has_a_status(
    pull: Forge, hub: GitHub, answer: Outcome, severity: Severity, state: str
) -> None:
    report(pull.tree, "data")
    report(pull.tree, "quality", condition("ndcg", answer, severity=severity, why="x" * 300))
    pull("comment", "--pull", "1", BUILD_URL="http://jenkins.example/job/1/")
    statuses = {s["context"]: s["state"] for s in hub.statuses}
    assert statuses == {
        "searchbar / policy": "success",
        "searchbar / data gate": "success",
        "searchbar / quality gate": state,
    }
    assert {s["target_url"] for s in hub.statuses} == {"http://jenkins.example/job/1/"}


def test_a_gate_that_was_asked_twice_says_no_if_one_of_them_does(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "quality", RED)
    write(
        pull.tree,
        "var/reports/z-compare.json",
        Verdict("quality", "a" * 64, "b" * 64, [condition("x")]).to_json(),
    )
    pull("comment", "--pull", "1")
    assert {s["context"]: s["state"] for s in hub.statuses}["searchbar / quality gate"] == "failure"
    assert "**Quality gate, beside live `bbbbbbbbbbbb`**: yes" in hub.comments[0]["body"]


def test_the_comment_says_what_was_reused(pull: Forge, hub: GitHub) -> None:
    vectors = {"from_live": 591, "from_cache": 0, "encoded": 1, "engine": "x"}
    report(
        pull.tree,
        "quality",
        vectors=vectors,
        quality={
            "texts": {"said": "592 items; 3 say nothing."},
            "languages": {"said": "fr: words count double."},
        },
    )
    pull("comment", "--pull", "1")
    assert "592 items; 3 say nothing. fr: words count double." in hub.comments[0]["body"]
    assert (
        "Vectors: 591 taken from live, 0 from the cache, 1 encoded anew." in hub.comments[0]["body"]
    )


def test_the_policy_is_judged_by_what_github_says_was_touched(pull: Forge, hub: GitHub) -> None:
    """What a pull request does to its own checks cannot change this answer: it is given outside
    of its build."""
    hub.files = ["Makefile", "Jenkinsfile"]
    report(pull.tree, "data")
    pull("comment", "--pull", "1")
    status = {s["context"]: s for s in hub.statuses}["searchbar / policy"]
    assert status["state"] == "failure"
    assert (
        "'feature/x' changes Makefile, Jenkinsfile, which the line itself runs on"
        in status["description"]
    )
    assert "**Stopped by this line's policy:**" in hub.comments[0]["body"]


def test_no_pull_request_of_the_branch(pull: Forge) -> None:
    result = pull("comment", "--branch", "feature/unknown")
    assert result.returncode == 2
    assert "no open pull request of 'feature/unknown'" in result.stderr


def test_an_empty_secret_file_means_a_page(pull: Forge, hub: GitHub) -> None:
    """compose mounts an empty file where a team gave no token."""
    (pull.tree / "empty").write_text("")
    git(pull.tree, "checkout", "--quiet", "-b", "feature/x")
    report(pull.tree, "data")
    result = pull(
        "comment",
        "--branch",
        "feature/x",
        FORGE_TOKEN="",
        FORGE_TOKEN_FILE=str(pull.tree / "empty"),
    )
    assert (result.stdout.strip(), hub.requests) == ("var/pages/comment.html", [])


def test_without_github_the_comment_is_a_page_and_a_review(forge: Forge) -> None:
    git(forge.tree, "checkout", "--quiet", "-b", "change/x")
    head = commit(forge.tree, "Better", catalogue__items="<script>alert(1)</script>\n")
    git(forge.tree, "push", "--quiet", "origin", "change/x")
    report(forge.tree, "data", RED)
    write(forge.tree, "var/reports/diff.md", "<script>alert(1)</script>")
    result = forge("comment", BRANCH_NAME="change/x")
    page = (forge.tree / result.stdout.strip()).read_text()
    assert "change/x → stage" in page
    assert "<script>" not in page
    review = json.loads((forge.tree / f"var/store/records/review/{head}.json").read_text())
    assert review["green"] is False
    assert review["sentence"].startswith("The data gate says no: removed")


def test_the_token_stays_out_of_what_git_and_logs_show(pull: Forge) -> None:
    report(pull.tree, "data")
    pull("comment", "--pull", "1", SEARCHBAR_LOG=str(pull.tree / "log.jsonl"))
    assert TOKEN not in (pull.tree / "log.jsonl").read_text()
