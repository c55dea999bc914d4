"""The daily change: one branch, one pull request, whatever happens to the remote, to GitHub or
to a twin."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from release_format.verdict import Outcome
from tests.forge.conftest import Forge, commit, condition, git, overtake, report, write
from tests.forge.hub import GitHub

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


def test_a_person_on_the_rolling_branch_is_not_overwritten(on_github: Forge, hub: GitHub) -> None:
    git(on_github.tree, "checkout", "--quiet", "-b", "catalogue/daily")
    foreign = commit(on_github.tree, "By hand", catalogue__items="hand\n")
    git(on_github.tree, "push", "--quiet", "origin", "catalogue/daily")
    git(on_github.tree, "checkout", "--quiet", "stage")
    write(on_github.tree, "catalogue/items", "a,c\n")
    result = on_github("propose", "catalogue")
    assert result.returncode == 1
    assert "ends in a commit by ada@example.org. Merge it, or move it" in result.stderr
    assert (daily(on_github.tree), hub.requests) == (foreign, [])


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
    assert (result.returncode, hub.requests) == (1, [])
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
