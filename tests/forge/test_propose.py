"""The daily change: one branch, one pull request, whatever happens to the remote, to GitHub or
to a twin."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forge.git import Git
from release_format.verdict import Outcome
from tests.forge.conftest import Forge, Result, commit, condition, git, overtake, report, write
from tests.forge.hub import GitHub
from tests.refusals.tried import tried

ROOT = Path(__file__).parents[2]
LIMIT = '{"message": "API rate limit exceeded for installation"}'


def daily(tree: Path) -> str:
    return git(tree, "ls-remote", "origin", "refs/heads/catalogue/daily").split("\t")[0]


def test_nothing_changed_does_nothing(on_github: Forge, hub: GitHub) -> None:
    result = on_github("propose", "catalogue")
    assert (result.returncode, result.stdout, hub.requests) == (0, "", [])
    assert "nothing to propose" in result.stderr
    assert daily(on_github.tree) == ""


def test_a_change_becomes_one_branch_and_one_pull_request(on_github: Forge, hub: GitHub) -> None:
    report(on_github.tree, "data", changes={"added": 3, "changed": 47})
    for rows in ("a,c\n", "a,d\n", "a,d\n"):
        write(on_github.tree, "catalogue/items", rows)
        assert on_github("propose", "catalogue").returncode == 0
    assert [(p["head"]["ref"], p["base"]["ref"]) for p in hub.pulls] == [
        ("catalogue/daily", "stage")
    ]
    body = hub.pulls[0]["body"]
    assert "what the data gate tells" in body
    assert "50 text(s) to encode" in body
    assert git(on_github.tree, "show", "origin/catalogue/daily:catalogue/items") == "a,d"
    assert git(on_github.tree, "rev-list", "--count", "origin/stage..origin/catalogue/daily") == "1"
    assert hub.auto_merged == []


def test_the_third_run_of_the_same_day_writes_nothing(on_github: Forge, hub: GitHub) -> None:
    write(on_github.tree, "catalogue/items", "a,c\n")
    on_github("propose", "catalogue")
    before, hub.requests = daily(on_github.tree), []
    assert "stays at" in on_github("propose", "catalogue").stderr
    assert daily(on_github.tree) == before
    assert hub.made("POST") + hub.made("PATCH") == []


def test_the_proposal_holds_the_catalogue_and_nothing_else(on_github: Forge) -> None:
    write(on_github.tree, "catalogue/items", "a,c\n")
    write(on_github.tree, "Makefile", "steal:\n")
    on_github("propose", "catalogue")
    assert (
        git(on_github.tree, "diff", "--name-only", "origin/stage", "origin/catalogue/daily")
        == "catalogue/items"
    )
    assert git(on_github.tree, "status", "--porcelain") == "M Makefile\n M catalogue/items"


def test_it_moves_on_top_of_a_newer_stage(on_github: Forge) -> None:
    write(on_github.tree, "catalogue/items", "a,c\n")
    on_github("propose", "catalogue")
    git(on_github.tree, "stash", "--quiet")
    commit(on_github.tree, "A feature", searchbar__app="2\n")
    git(on_github.tree, "push", "--quiet", "origin", "stage")
    git(on_github.tree, "stash", "pop", "--quiet")
    assert on_github("propose", "catalogue").returncode == 0
    assert git(on_github.tree, "show", "origin/catalogue/daily:searchbar/app") == "2"


def test_green_gates_merge_by_themselves_when_asked_to(on_github: Forge, hub: GitHub) -> None:
    on_github.environment["FORGE_AUTO_MERGE"] = "yes"
    write(on_github.tree, "catalogue/items", "a,c\n")
    report(on_github.tree, "data", condition("rows", Outcome.COULD_NOT_TELL))
    on_github("propose", "catalogue")
    assert hub.auto_merged == []
    report(on_github.tree, "data")
    on_github("propose", "catalogue")
    assert len(hub.auto_merged) == 1


def test_no_gate_at_all_is_not_green(on_github: Forge, hub: GitHub) -> None:
    on_github.environment["FORGE_AUTO_MERGE"] = "yes"
    write(on_github.tree, "catalogue/items", "a,c\n")
    on_github("propose", "catalogue")
    assert hub.auto_merged == []
    assert "Could not tell" in hub.pulls[0]["body"]


def by_the_line(tree: Path, parent: str, rows: str) -> str:
    """A commit as the line makes it, on top of another."""
    write(tree, "catalogue/items", rows)
    return Git(tree).commit_with(parent, ["catalogue"], "Take over today's catalogue")


def proposed(forge: Forge, rows: str) -> Result:
    git(forge.tree, "checkout", "--quiet", "--force", "stage")
    write(forge.tree, "catalogue/items", rows)
    return forge("propose", "catalogue")


def branches(tree: Path) -> list[str]:
    rows = git(tree, "ls-remote", "--heads", "origin", "catalogue/*").splitlines()
    return [row.rpartition("refs/heads/")[2] for row in rows]


def a_commit_on_top(tree: Path) -> str:
    git(tree, "checkout", "--quiet", "--force", "-B", "catalogue/daily", "origin/catalogue/daily")
    return commit(tree, "By hand", catalogue__items="hand\n")


def rebased_below(tree: Path) -> str:
    """Ada's commit, and on top of it the line's: both its author and its committer stay."""
    git(tree, "checkout", "--quiet", "--force", "-B", "catalogue/daily", "stage")
    below = commit(tree, "By hand", catalogue__note="mind the prices\n")
    return by_the_line(tree, below, "a,b\n1,2\n")


def amended(tree: Path) -> str:
    """The line's own commit with other rows: its author stays."""
    git(tree, "checkout", "--quiet", "--force", "-B", "catalogue/daily", "origin/catalogue/daily")
    write(tree, "catalogue/items", "mended\n")
    git(tree, "commit", "--quiet", "--all", "--amend", "--no-edit")
    return git(tree, "rev-parse", "HEAD")


def updated_and_mended(tree: Path) -> str:
    """A merge of stage that holds more than its parents do."""
    git(tree, "checkout", "--quiet", "--force", "stage")
    commit(tree, "A feature", searchbar__app="2\n")
    git(tree, "checkout", "--quiet", "-B", "catalogue/daily", "origin/catalogue/daily")
    git(tree, "merge", "--quiet", "--no-commit", "--no-ff", "stage")
    return commit(tree, "Merge stage", catalogue__items="mended\n")


def merged_from_elsewhere(tree: Path) -> str:
    """A merge that git makes by itself, of a branch that holds somebody's work."""
    git(tree, "checkout", "--quiet", "--force", "-b", "side", "stage")
    commit(tree, "By hand", catalogue__note="mind the prices\n")
    git(tree, "checkout", "--quiet", "-B", "catalogue/daily", "origin/catalogue/daily")
    git(tree, "merge", "--quiet", "--no-ff", "-m", "Merge side", "side")
    return git(tree, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    "work", [a_commit_on_top, rebased_below, amended, updated_and_mended, merged_from_elsewhere]
)
def test_a_persons_work_on_the_rolling_branch_stays_and_the_next_one_is_opened(
    on_github: Forge, hub: GitHub, work: Callable[[Path], str]
) -> None:
    tree = on_github.tree
    assert proposed(on_github, "a,c\n").returncode == 0
    theirs = work(tree)
    git(tree, "push", "--quiet", "--force", "origin", f"{theirs}:refs/heads/catalogue/daily")
    for rows in ("a,d\n", "a,e\n", "a,e\n"):
        result = proposed(on_github, rows)
        assert result.returncode == 0, result.stderr
        assert "catalogue/daily holds work of ada@example.org (commit " in result.stderr
    assert daily(tree) == theirs
    assert branches(tree) == ["catalogue/daily", "catalogue/daily-2"]
    assert git(tree, "show", "origin/catalogue/daily-2:catalogue/items") == "a,e"
    assert git(tree, "rev-list", "--count", "origin/stage..origin/catalogue/daily-2") == "1"
    assert [p["head"]["ref"] for p in hub.pulls] == ["catalogue/daily", "catalogue/daily-2"]
    assert "catalogue/daily holds work of ada@\u200bexample.org" in hub.pulls[1]["body"]
    assert "which stays as it is: merge it, or move it to a change/… branch" in hub.pulls[1]["body"]
    what = f"a person on catalogue/daily: {work.__name__.replace('_', ' ')}"
    tried("forge", what, result.returncode, result.stderr.splitlines()[0])


def test_an_updated_branch_is_the_lines_own_and_keeps_its_one_pull_request(
    on_github: Forge, hub: GitHub
) -> None:
    """What GitHub's button *Update branch* does: a merge of stage that git makes by itself."""
    tree = on_github.tree
    proposed(on_github, "a,c\n")
    git(tree, "checkout", "--quiet", "--force", "stage")
    commit(tree, "A feature", searchbar__app="2\n")
    git(tree, "push", "--quiet", "origin", "stage")
    git(tree, "checkout", "--quiet", "-B", "catalogue/daily", "origin/catalogue/daily")
    git(tree, "merge", "--quiet", "--no-ff", "-m", "Merge branch 'stage'", "stage")
    git(tree, "push", "--quiet", "origin", "catalogue/daily")
    updated = daily(tree)
    assert "stays at" in proposed(on_github, "a,c\n").stderr
    assert daily(tree) == updated, "the same rows on the same stage need no push"
    result = proposed(on_github, "a,d\n")
    assert result.returncode == 0, result.stderr
    assert git(tree, "show", "origin/catalogue/daily:catalogue/items") == "a,d"
    assert git(tree, "rev-list", "--count", "origin/stage..origin/catalogue/daily") == "1"
    assert (branches(tree), len(hub.pulls)) == (["catalogue/daily"], 1)
    tried("forge", "GitHub's Update branch on catalogue/daily", result.returncode, result.stderr)


def test_the_next_branch_is_gone_on_with_until_it_is_merged(on_github: Forge) -> None:
    tree = on_github.tree
    proposed(on_github, "a,c\n")
    git(tree, "push", "--quiet", "origin", f"{a_commit_on_top(tree)}:refs/heads/catalogue/daily")
    proposed(on_github, "a,d\n")
    git(tree, "push", "--quiet", "origin", ":catalogue/daily")
    assert "catalogue/daily-2 is now at" in proposed(on_github, "a,e\n").stderr
    assert branches(tree) == ["catalogue/daily-2"], "never two of the line's own"
    git(tree, "push", "--quiet", "origin", "origin/catalogue/daily-2:stage")
    git(tree, "fetch", "--quiet")
    git(tree, "checkout", "--quiet", "--force", "-B", "stage", "origin/stage")
    assert "catalogue/daily is now at" in proposed(on_github, "a,f\n").stderr


def test_only_the_first_rolling_branch_merges_itself(on_github: Forge, hub: GitHub) -> None:
    on_github.environment["FORGE_AUTO_MERGE"] = "yes"
    tree = on_github.tree
    report(tree, "data")
    proposed(on_github, "a,c\n")
    git(tree, "push", "--quiet", "origin", f"{a_commit_on_top(tree)}:refs/heads/catalogue/daily")
    hub.auto_merged.clear()
    assert proposed(on_github, "a,d\n").returncode == 0
    assert hub.auto_merged == [], "whoever works there decides what comes first"


def test_where_people_work_on_all_of_them_nothing_is_proposed(
    on_github: Forge, hub: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forge.propose.MOST_BRANCHES", 2)
    git(on_github.tree, "checkout", "--quiet", "-b", "mine")
    commit(on_github.tree, "By hand", catalogue__items="hand\n")
    pushed = [f"mine:refs/heads/catalogue/{name}" for name in ("daily", "daily-2")]
    git(on_github.tree, "push", "--quiet", "origin", *pushed)
    result = proposed(on_github, "a,c\n")
    assert (result.returncode, hub.requests) == (1, [])
    assert "on every other up to catalogue/daily-2. Merge or delete one." in result.stderr
    tried("forge", "people on every rolling branch", result.returncode, result.stderr)


def test_a_commit_with_an_odd_title_and_address_is_looked_at_like_any(on_github: Forge) -> None:
    tree = on_github.tree
    proposed(on_github, "a,c\n")
    git(tree, "checkout", "--quiet", "--force", "-B", "catalogue/daily", "origin/catalogue/daily")
    write(tree, "catalogue/items", "hand\n")
    odd = "\u2028\x0b<img src=x> @everyone [x](y)"
    git(tree, "-c", "user.email=a\u2028b@c", "commit", "--quiet", "--all", "-m", odd)
    git(tree, "push", "--quiet", "origin", "catalogue/daily")
    theirs = daily(tree)
    assert proposed(on_github, "a,d\n").returncode == 0
    assert (daily(tree), branches(tree)[1:]) == (theirs, ["catalogue/daily-2"])


HOOK = '#!/bin/sh\nfor line in {lines}; do echo "$line" >&2; done\nexit 1\n'


@pytest.mark.parametrize(
    ("lines", "code", "sentence"),
    [
        (["'not on Fridays'"], 3, "not on Fridays (pre-receive hook declined). Look at its"),
        (
            ["'error: GH013: Repository rule violations found for x.'", "''", "'- Sign it.'"],
            2,
            "GH013: Repository rule violations found for x. - Sign it. (pre-receive hook",
        ),
        (["'GH006: Protected branch update failed'"], 2, "GH006: Protected branch update failed"),
    ],
)
def test_the_remotes_own_reason_reaches_the_console_and_all_of_it_the_log(
    on_github: Forge, remote: Path, lines: list[str], code: int, sentence: str
) -> None:
    hook = remote / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK.format(lines=" ".join(lines)))
    hook.chmod(0o755)
    log = on_github.tree.parent / "log.jsonl"
    on_github.environment["SEARCHBAR_LOG"] = str(log)
    result = proposed(on_github, "a,c\n")
    assert result.returncode == code, result.stderr
    assert sentence in result.stderr
    entries = map(json.loads, log.read_text().splitlines())
    (entry,) = [entry for entry in entries if entry["event"] == "git"]
    assert "[remote rejected]" in entry["output"]
    assert "failed to push some refs" in entry["output"]
    tried("forge", f"a hook of the remote that says {' '.join(lines)}", code, result.stderr)


def test_a_branch_in_the_way_is_named(on_github: Forge) -> None:
    """Git says only that it cannot lock a reference."""
    git(on_github.tree, "push", "--quiet", "origin", "stage:refs/heads/catalogue")
    result = proposed(on_github, "a,c\n")
    assert result.returncode == 2, result.stderr
    assert "has a branch 'catalogue', beside which none can be called 'catalogue/daily'" in (
        result.stderr
    )
    tried("forge", "a branch catalogue on the remote", result.returncode, result.stderr)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("var/rows", "are ignored by one of your .gitignore files: var"),
        ("rows", "pathspec 'rows' did not match any files. Mend that"),
    ],
)
def test_a_path_that_git_does_not_take_is_wrong_usage(
    on_github: Forge, path: str, sentence: str
) -> None:
    write(on_github.tree, "var/rows", "a\n")
    result = on_github("propose", path)
    assert (result.returncode, sentence in result.stderr) == (2, True), result.stderr
    tried("forge", f"propose {path}", result.returncode, result.stderr)


PROXY = "<html><head><title>Blocked by policy</title></head><body>no</body></html>"


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        ((502, {"Content-Type": "text/html"}, PROXY), 3, "returned error: 502"),
        ((200, {"Content-Type": "text/html"}, PROXY), 3, "shows no branch at all. Look at"),
        (
            (200, {"Content-Type": "text/html"}, f"{PROXY}\n{PROXY}\n"),
            3,
            "is this a git repository?",
        ),
        ((403, {"Content-Type": "text/plain"}, "ask Ada\n"), 2, "ask Ada"),
    ],
)
def test_a_proxy_before_the_remote_is_told_by_what_it_answers(
    on_github: Forge, hub: GitHub, answer: tuple[int, dict[str, str], str], code: int, sentence: str
) -> None:
    git(on_github.tree, "remote", "set-url", "origin", f"{hub.url}/team/searchbar.git")
    hub.fail, hub.is_anybody = [answer] * 9, True
    result = proposed(on_github, "a,c\n")
    assert (result.returncode, sentence in result.stderr) == (code, True), result.stderr
    tried("forge", f"git over a proxy that answers {answer[0]} {answer[2]}", code, result.stderr)


def test_a_merged_commit_of_a_person_is_no_obstacle(on_github: Forge) -> None:
    git(on_github.tree, "push", "--quiet", "origin", "stage:catalogue/daily")
    write(on_github.tree, "catalogue/items", "a,c\n")
    assert on_github("propose", "catalogue").returncode == 0


def test_a_run_that_was_overtaken_loses_and_says_so(
    on_github: Forge, hub: GitHub, remote: Path
) -> None:
    """The other run pushes between our fetch and our push."""
    write(on_github.tree, "catalogue/items", "a,c\n")
    overtake(on_github, remote, "catalogue/daily", "prod")
    result = on_github("propose", "catalogue")
    assert result.returncode == 3
    assert "another run moved catalogue/daily meanwhile. Run this again" in result.stderr
    assert hub.requests == []


def test_two_runs_on_one_machine_take_turns(on_github: Forge, hub: GitHub) -> None:
    write(on_github.tree, "catalogue/items", "a,c\n")
    (on_github.tree / "var").mkdir()
    with (on_github.tree / "var/propose.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = on_github("propose", "catalogue")
    assert (result.returncode, hub.requests) == (3, [])
    assert "another daily run is at work here" in result.stderr


def test_a_stumbling_github_never_gets_a_second_pull_request(on_github: Forge, hub: GitHub) -> None:
    write(on_github.tree, "catalogue/items", "a,c\n")
    hub.fail_after_write = 1
    assert on_github("propose", "catalogue").returncode == 0
    assert len(hub.pulls) == 1
    assert hub.made("POST") == ["/repos/team/searchbar/pulls"]


def test_without_github_the_proposal_is_a_page(forge: Forge) -> None:
    write(forge.tree, "catalogue/items", "a,c\n")
    report(forge.tree, "data", changes={"added": 1})
    result = forge("propose", "catalogue")
    assert result.stdout.strip() == "var/pages/proposal.html"
    assert "what the data gate tells" in (forge.tree / "var/pages/proposal.html").read_text()
    assert daily(forge.tree)


def test_without_github_the_daily_branch_is_reviewed_and_merged_like_a_change(forge: Forge) -> None:
    write(forge.tree, "catalogue/items", "a,c\n")
    assert forge("propose", "catalogue").returncode == 0
    git(forge.tree, "stash", "--quiet")
    git(forge.tree, "checkout", "--quiet", "--detach", "origin/catalogue/daily")
    report(forge.tree, "data")
    report(forge.tree, "quality")
    assert forge("comment", BRANCH_NAME="catalogue/daily").returncode == 0
    page = (forge.tree / "var/pages/comment.html").read_text()
    assert "catalogue/daily → stage" in page
    merged = forge("merge", "catalogue/daily")
    assert merged.returncode == 0, merged.stderr
    assert git(forge.tree, "show", "origin/stage:catalogue/items") == "a,c"


def test_a_recipe_has_a_rolling_branch_of_its_own_that_never_merges_itself(
    on_github: Forge, hub: GitHub
) -> None:
    on_github.environment["FORGE_AUTO_MERGE"] = "yes"
    report(on_github.tree, "data", changes={"added": 3, "changed": 47})
    write(on_github.tree, "catalogue/recipe.toml", "[fusion]\n")
    result = on_github(
        "propose",
        "catalogue/recipe.toml",
        "--branch",
        "catalogue/recipe",
        "--title",
        "Take over it",
    )
    assert result.returncode == 0, result.stderr
    write(on_github.tree, "catalogue/items", "a,c\n")
    assert on_github("propose", "catalogue/items").returncode == 0
    assert [p["head"]["ref"] for p in hub.pulls] == ["catalogue/recipe", "catalogue/daily"]
    assert "to encode" not in hub.pulls[0]["body"], "that was counted for the rows"
    (merged,) = hub.auto_merged
    assert hub.pulls[1]["node_id"] in merged
    refused = on_github("propose", "catalogue/items", "--branch", "stage")
    assert refused.returncode == 2
    assert "'stage' is no rolling branch: it would be overwritten" in refused.stderr


def test_no_remote_is_told_in_one_sentence(on_github: Forge) -> None:
    git(
        on_github.tree, "remote", "set-url", "origin", "https://secret:word@127.0.0.1:1/nowhere.git"
    )
    result = on_github("propose", "catalogue")
    assert result.returncode == 3
    assert result.stderr.startswith("forge: git fetch failed:")
    assert "word" not in result.stderr


def test_a_remote_without_stage_is_told(on_github: Forge, remote: Path) -> None:
    git(remote, "update-ref", "-d", "refs/heads/stage")
    result = on_github("propose", "catalogue")
    assert result.returncode == 3
    assert "the remote 'origin' has no branch 'stage'. Push it first." in result.stderr


@pytest.mark.parametrize(
    ("settings", "fail", "code", "sentence"),
    [
        ({"FORGE_TOKEN": ""}, [], 2, "there is no GitHub token. Set FORGE_TOKEN_FILE"),
        ({"FORGE_TOKEN": "ghp_wrong"}, [], 2, "GitHub refuses the token. Make a new one"),
        ({}, [(403, {"X-RateLimit-Reset": "4102444800"}, LIMIT)] * 40, 3, "rate limit is used up"),
        ({"FORGE_API": "http://127.0.0.1:9"}, [], 3, "GitHub cannot be reached"),
    ],
    ids=["no token", "wrong token", "rate limit", "down"],
)
def test_after_any_trouble_the_next_run_opens_the_one_pull_request(
    on_github: Forge,
    hub: GitHub,
    settings: dict[str, str],
    fail: list[Any],
    code: int,
    sentence: str,
) -> None:
    write(on_github.tree, "catalogue/items", "a,c\n")
    hub.fail = list(fail)
    result = on_github("propose", "catalogue", **settings)
    assert result.returncode == code
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert hub.pulls == []
    pushed, hub.fail = daily(on_github.tree), []
    assert on_github("propose", "catalogue").returncode == 0
    assert len(hub.pulls) == 1
    assert daily(on_github.tree) == pushed


def test_two_machines_at_once_make_one_pull_request(
    on_github: Forge, hub: GitHub, tmp_path: Path
) -> None:
    trees = [on_github.tree, shutil.copytree(on_github.tree, tmp_path / "other")]
    for tree in trees:
        write(tree, "catalogue/items", "a,c\n")
    variables = {
        **os.environ,
        **on_github.environment,
        "FORGE_GIVE_UP": "20",
        "PYTHONPATH": str(ROOT),
    }
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "forge", "propose", "catalogue"],
            cwd=tree,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for tree in trees
    ]
    ended = [(*run.communicate(timeout=120), run.returncode) for run in runs]
    assert 0 in [code for *_, code in ended], ended
    assert all(
        code == 0 or "another run moved catalogue/daily meanwhile" in err for _, err, code in ended
    ), ended
    assert len(hub.pulls) == 1
