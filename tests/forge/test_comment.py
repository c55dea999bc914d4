"""One comment and one status a gate; and what a hostile report, a red gate or a failing GitHub does to them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from forge.page import LONGEST, MARKER
from release_format.verdict import Answer, Severity, Verdict
from tests.forge.conftest import Ended, Forge, commit, condition, git, report, write
from tests.forge.hub import TOKEN, GitHub

RED = condition("removed", Answer.NO, seen="40 %", allowed="at most 10 %", why="Restore them, or accept it by name.")


@pytest.fixture
def pull(on_github: Forge, hub: GitHub) -> Forge:
    hub.head_of = lambda _: git(on_github.tree, "rev-parse", "HEAD")
    hub.add_pull("feature/x", "stage")
    hub.files = ["catalogue/items"]
    return on_github


def test_one_comment_is_written_and_then_updated(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data", RED)
    assert pull("comment", "--pull", "1").stdout.strip().endswith("issuecomment-1")
    report(pull.tree, "data")
    assert pull("comment", "--branch", "feature/x").returncode == 0
    assert len(hub.comments) == 1
    assert "**Green.**" in hub.comments[0]["body"]
    assert "by a new release" in hub.comments[0]["body"]


def test_the_same_reports_again_write_no_comment(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data")
    pull("comment", "--pull", "1")
    hub.requests.clear()
    pull("comment", "--pull", "1")
    assert [path for path in hub.made("POST") if "comments" in path] + hub.made("PATCH") == []


def test_a_red_pull_request_says_what_to_change(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data", RED, condition("quarantined"))
    assert pull("comment", "--pull", "1").returncode == 0
    body = hub.comments[0]["body"]
    assert "**Red.**" in body
    assert "- removed: no — saw 40 %, allowed at most 10 %. Restore them, or accept it by name." in body
    assert "| ❌ | removed | 40 % | at most 10 % | block |" in body
    assert "1 other condition(s): 1 yes." in body


@pytest.mark.parametrize(
    ("answer", "severity", "state"),
    [
        (Answer.YES, Severity.BLOCK, "success"),
        (Answer.NO, Severity.BLOCK, "failure"),
        (Answer.NO, Severity.WARN, "success"),
        (Answer.COULD_NOT_TELL, Severity.BLOCK, "error"),
    ],
)
def test_every_gate_has_a_status(pull: Forge, hub: GitHub, answer: Answer, severity: Severity, state: str) -> None:
    report(pull.tree, "data")
    report(pull.tree, "quality", condition("ndcg", answer, severity=severity, why="x" * 300))
    pull("comment", "--pull", "1", BUILD_URL="http://jenkins.example/job/1/")
    said = {s["context"]: s["state"] for s in hub.statuses}
    assert said == {
        "searchbar / policy": "success", "searchbar / data gate": "success", "searchbar / quality gate": state,
    }  # fmt: skip
    assert {s["target_url"] for s in hub.statuses} == {"http://jenkins.example/job/1/"}


def test_a_gate_that_was_asked_twice_says_no_if_one_of_them_does(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "quality", RED)
    write(pull.tree, "var/reports/z-compare.json", Verdict("quality", "a" * 64, "b" * 64, [condition("x")]).to_json())
    pull("comment", "--pull", "1")
    assert {s["context"]: s["state"] for s in hub.statuses}["searchbar / quality gate"] == "failure"
    assert "Quality gate, beside live bbbbbbbbbbbb: yes" in hub.comments[0]["body"]


def test_the_comment_says_what_was_reused(pull: Forge, hub: GitHub) -> None:
    vectors = {"from_live": 591, "from_cache": 0, "encoded": 1, "engine": "x"}
    report(pull.tree, "quality", vectors=vectors, quality={"texts": {"said": "592 items; 3 say nothing."}})
    pull("comment", "--pull", "1")
    assert "Vectors: 591 taken from live, 0 from the cache, 1 encoded anew." in hub.comments[0]["body"]
    assert "592 items; 3 say nothing." in hub.comments[0]["body"]


def test_the_policy_is_judged_by_what_github_says_was_touched(pull: Forge, hub: GitHub) -> None:
    """What a pull request does to its own checks cannot change this answer: it is given outside of its build."""
    hub.files = ["Makefile", "Jenkinsfile"]
    report(pull.tree, "data")
    pull("comment", "--pull", "1")
    said = {s["context"]: s for s in hub.statuses}["searchbar / policy"]
    assert said["state"] == "failure"
    assert "'feature/x' changes Makefile, Jenkinsfile, which the line itself runs on" in said["description"]
    assert "**Refused:**" in hub.comments[0]["body"]


def test_a_hostile_report_neither_calls_people_nor_forges_the_marker(pull: Forge, hub: GitHub) -> None:
    hostile = f"{MARKER} <!-- searchbar:other --> @everyone mail a@b.c"
    report(pull.tree, "data", condition("rows", Answer.NO, seen=f"{hostile} | x\n| y", why=hostile))
    write(pull.tree, "var/reports/more.md", hostile)
    pull("comment", "--pull", "1")
    body = hub.comments[0]["body"]
    assert body.count("<!--") == 1
    assert body.startswith(MARKER)
    assert "@everyone" not in body
    assert "a@b.c" in body


def test_links_and_giants_among_the_reports_are_not_followed(pull: Forge, hub: GitHub, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("the deploy key")
    report(pull.tree, "data")
    (pull.tree / "var/reports/link.md").symlink_to(tmp_path / "secret.md")
    write(pull.tree, "var/reports/giant.md", "x" * 3_000_000)
    pull("comment", "--pull", "1")
    assert "deploy key" not in hub.comments[0]["body"]


def test_a_comment_always_fits(pull: Forge, hub: GitHub) -> None:
    for n in range(9):
        write(pull.tree, f"var/reports/part{n}.md", "word " * 3_000)
    report(pull.tree, "data", *(condition(f"rows-{n}", Answer.NO, why="x" * 2000) for n in range(40)))
    assert pull("comment", "--pull", "1").returncode == 0
    body = hub.comments[0]["body"]
    assert len(body) <= LONGEST
    assert "did not fit here" in body


def test_a_broken_verdict_is_not_green(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data")
    write(pull.tree, "var/reports/quality.json", '{"gate": "quality", "conditions": [')
    pull("comment", "--pull", "1")
    assert "**Red.**" in hub.comments[0]["body"]


def test_somebody_elses_comment_with_our_marker_stays_theirs(pull: Forge, hub: GitHub) -> None:
    theirs: dict[str, Any] = {
        "id": 1,
        "issue": 1,
        "body": f"{MARKER} all green!",
        "user": {"login": "mallory", "type": "User"},
    }
    hub.comments.append(theirs)
    report(pull.tree, "data")
    pull("comment", "--pull", "1")
    assert [c["user"]["login"] for c in hub.comments] == ["mallory", "line"]
    assert theirs["body"].endswith("all green!")


def test_an_apps_token_finds_its_comment_too(pull: Forge, hub: GitHub) -> None:
    hub.bot = True
    for _ in range(2):
        report(pull.tree, "data")
        assert pull("comment", "--pull", "1").returncode == 0
    assert len(hub.comments) == 1


def test_a_stumble_after_the_write_leaves_one_comment(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data")
    hub.fail_after_write = 1
    assert pull("comment", "--pull", "1").returncode == 0
    assert len(hub.comments) == 1


LIMIT = '{"message": "API rate limit exceeded for installation"}'


@pytest.mark.parametrize(
    ("status", "headers", "text", "code", "sentence"),
    [
        (401, {}, '{"message": "Bad credentials"}', 2, "GitHub refuses the token. Make a new one"),
        (403, {}, '{"message": "Resource not accessible"}', 2, "the token may not do this"),
        (403, {"X-RateLimit-Reset": "4102444800"}, LIMIT, 3, "rate limit is used up"),
        (404, {}, '{"message": "Not Found"}', 2, "knows no such repository"),
        (500, {}, "<html>oops</html>", 3, "or keeps failing"),
    ],
)
def test_each_trouble_is_one_sentence(
    pull: Forge, hub: GitHub, status: int, headers: dict[str, str], text: str, code: int, sentence: str
) -> None:
    hub.fail = [(status, headers, text)] * 40
    done = pull("comment", "--pull", "1")
    assert done.returncode == code
    assert sentence in done.stderr
    assert hub.comments == []


def test_a_github_that_is_down_is_could_not_tell(pull: Forge) -> None:
    done = pull("comment", "--pull", "1", FORGE_API="http://127.0.0.1:9")
    assert done.returncode == 3
    assert "GitHub cannot be reached" in done.stderr


def test_a_short_rate_limit_is_waited_for(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data")
    hub.fail = [(502, {}, "{}")]
    assert pull("comment", "--pull", "1").returncode == 0
    assert len(hub.comments) == 1


def test_a_wrong_token_is_refused_and_never_shown(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data")
    done = pull("comment", "--pull", "1", FORGE_TOKEN="ghp_wrong")
    assert done.returncode == 2
    assert "ghp_wrong" not in done.stderr + done.stdout


def test_no_pull_request_of_the_branch(pull: Forge) -> None:
    done = pull("comment", "--branch", "feature/unknown")
    assert done.returncode == 2
    assert "no open pull request of 'feature/unknown'" in done.stderr


def test_an_empty_secret_file_means_a_page(pull: Forge, hub: GitHub) -> None:
    """compose mounts an empty file where a team gave no token."""
    (pull.tree / "empty").write_text("")
    git(pull.tree, "checkout", "--quiet", "-b", "feature/x")
    report(pull.tree, "data")
    done = pull("comment", "--branch", "feature/x", FORGE_TOKEN="", FORGE_TOKEN_FILE=str(pull.tree / "empty"))
    assert (done.stdout.strip(), hub.requests) == ("var/pages/comment.html", [])


def test_without_github_the_comment_is_a_page_and_a_review(forge: Forge) -> None:
    git(forge.tree, "checkout", "--quiet", "-b", "change/x")
    head = commit(forge.tree, "Better", catalogue__items="<script>alert(1)</script>\n")
    git(forge.tree, "push", "--quiet", "origin", "change/x")
    report(forge.tree, "data", RED)
    write(forge.tree, "var/reports/diff.md", "<script>alert(1)</script>")
    done = forge("comment", BRANCH_NAME="change/x")
    page = (forge.tree / done.stdout.strip()).read_text()
    assert "change/x → stage" in page
    assert "<script>" not in page
    review = json.loads((forge.tree / f"var/store/records/review/{head}.json").read_text())
    assert review["green"] is False
    assert review["sentence"].startswith("The data gate says no: removed")


def test_the_token_stays_out_of_what_git_and_logs_show(pull: Forge) -> None:
    report(pull.tree, "data")
    pull("comment", "--pull", "1", SEARCHBAR_LOG=str(pull.tree / "log.jsonl"))
    assert TOKEN not in (pull.tree / "log.jsonl").read_text()


def typed(tree: Path, line: str) -> Ended:
    """What a person types in a clone, word by word, with no setting of any forge."""
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("FORGE_", "CHANGE_", "BRANCH_", "BUILD_"))}
    words = [sys.executable, *line.split()[1:]]
    paths = {"PYTHONPATH": str(Path(__file__).parents[2]), "SEARCHBAR_STORE": str(tree / "var/store")}
    done = subprocess.run(words, cwd=tree, env={**clean, **paths}, capture_output=True, text=True)
    return Ended(done.returncode, done.stdout, done.stderr)


def test_the_line_that_its_help_shows_can_be_typed_in_any_clone(tree: Path) -> None:
    help_text = typed(tree, "python -m forge comment --help").stdout
    (line,) = re.findall("python -m forge comment --pull 12", help_text)
    git(tree, "checkout", "--quiet", "-b", "feature/x")
    report(tree, "data")
    done = typed(tree, line)
    assert (done.returncode, done.stdout) == (0, "var/pages/comment.html\n"), done.stderr
    assert "so 12 names nothing: feature/x gets a page" in done.stderr
    assert "feature/x → stage" in (tree / "var/pages/comment.md").read_text()


def test_without_a_branch_there_is_nothing_to_say(forge: Forge) -> None:
    git(forge.tree, "checkout", "--quiet", "--detach")
    done = forge("comment", "--pull", "12")
    assert done.returncode == 2
    assert "which branch? Give --branch" in done.stderr


def test_a_missing_library_is_told_with_what_installs_it(pull: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make up` installs what serves; what speaks to GitHub comes with the line's own verbs."""
    monkeypatch.setitem(sys.modules, "github", None)
    monkeypatch.delitem(sys.modules, "forge.github", raising=False)
    done = pull("comment", "--pull", "1")
    assert done.returncode == 3
    assert "github, which speaks to GitHub, is not installed here. Type `make comment`" in done.stderr


def built(pull: Forge, **environment: str) -> None:
    """The pull request's own build: no token, so its reports say which change they are about."""
    report(pull.tree, "data")
    done = pull("comment", FORGE_TOKEN="", CHANGE_BRANCH="feature/x", CHANGE_TARGET="stage", **environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("merged", [False, True])
def test_reports_of_the_pull_requests_last_commit_are_taken(pull: Forge, hub: GitHub, merged: bool) -> None:
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


@pytest.mark.parametrize("build", ["http://evil.example/", "http://jenkins.example/) [x](http://evil.example"])
def test_a_build_that_is_not_ours_is_not_linked(pull: Forge, hub: GitHub, build: str) -> None:
    built(pull, CHANGE_ID="1", BUILD_URL=build)
    ours = "http://jenkins.example/job/line/job/comment/9/"
    pull("comment", "--pull", "1", JENKINS_URL="http://jenkins.example/", BUILD_URL=ours)
    assert "evil" not in hub.comments[0]["body"]
    assert {status["target_url"] for status in hub.statuses} == {ours}


def test_reports_of_an_older_commit_turn_nothing_green(pull: Forge, hub: GitHub) -> None:
    built(pull, CHANGE_ID="1")
    hub.pulls[0]["head"]["sha"] = newer = "d" * 40
    done = pull("comment", "--pull", "1")
    assert done.returncode == 3
    assert f"and pull request 1 ends in {newer[:12]}: nothing was written. Wait for its build" in done.stderr
    assert (hub.comments, hub.statuses) == ([], [])


def test_reports_of_another_pull_request_are_not_this_ones(pull: Forge, hub: GitHub) -> None:
    built(pull, CHANGE_ID="2")
    done = pull("comment", "--pull", "1")
    assert done.returncode == 3
    assert "are about pull request 2, not 1" in done.stderr
    assert (hub.comments, hub.statuses) == ([], [])


@pytest.mark.parametrize("text", ["{", "[]", '{"number": 1}', '{"number": "1", "commits": ["a"]}',
                                  '{"number": 1, "commits": []}', '{"number": 1, "commits": [7]}'])  # fmt: skip
def test_a_report_that_lies_about_its_change_is_could_not_tell(pull: Forge, hub: GitHub, text: str) -> None:
    report(pull.tree, "data")
    write(pull.tree, "var/reports/change.json", text)
    done = pull("comment", "--pull", "1")
    assert done.returncode == 3
    assert "change.json cannot be read" in done.stderr
    assert hub.statuses == []


def test_no_reports_say_so_at_any_commit(pull: Forge, hub: GitHub) -> None:
    hub.pulls[0]["head"]["sha"] = "d" * 40
    assert pull("comment", "--pull", "1").returncode == 0
    assert "**Could not tell:** no gate left a verdict" in hub.comments[0]["body"]
