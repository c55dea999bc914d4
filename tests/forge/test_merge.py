"""Without GitHub: change/* branches are merged by `make merge`, when their gates were green."""

from __future__ import annotations

from pathlib import Path

import pytest

from release_format.verdict import Answer
from tests.forge.conftest import Forge, commit, condition, git, report


@pytest.fixture
def change(forge: Forge) -> str:
    git(forge.tree, "checkout", "--quiet", "-b", "change/x")
    head = commit(forge.tree, "Better", catalogue__items="better\n")
    git(forge.tree, "push", "--quiet", "origin", "change/x")
    return head


def reviewed(forge: Forge, answer: Answer) -> None:
    report(forge.tree, "data", condition("rows", answer, why="Mend it."))
    assert forge("comment", BRANCH_NAME="change/x").returncode == 0


def test_a_green_change_is_merged_once(forge: Forge, change: str) -> None:
    reviewed(forge, Answer.YES)
    merged = forge("merge", "change/x").stdout.strip()
    assert git(forge.tree, "ls-remote", "origin", "stage").startswith(merged)
    assert git(forge.tree, "log", "-1", "--format=%s", merged) == "Merge change/x into stage"
    assert forge("merge", "change/x").stdout.strip() == merged


@pytest.mark.parametrize("answer", [Answer.NO, Answer.COULD_NOT_TELL])
def test_a_red_change_is_not(forge: Forge, change: str, answer: Answer) -> None:
    reviewed(forge, answer)
    done = forge("merge", "change/x")
    assert done.returncode == 1
    assert "change/x is red. The data gate says no: rows" in done.stderr


def test_an_unjudged_change_is_not(forge: Forge, change: str) -> None:
    reviewed(forge, Answer.YES)
    commit(forge.tree, "One more", catalogue__items="worse\n")
    git(forge.tree, "push", "--quiet", "origin", "change/x")
    done = forge("merge", "change/x")
    assert done.returncode == 1
    assert "no gate has answered about change/x at" in done.stderr


def test_a_conflict_is_told_and_leaves_nothing(forge: Forge, change: str) -> None:
    reviewed(forge, Answer.YES)
    git(forge.tree, "checkout", "--quiet", "stage")
    stage = commit(forge.tree, "Other", catalogue__items="other\n")
    git(forge.tree, "push", "--quiet", "origin", "stage")
    done = forge("merge", "change/x")
    assert done.returncode == 1
    assert "the two branches conflict" in done.stderr
    assert git(forge.tree, "ls-remote", "origin", "stage").startswith(stage)
    assert git(forge.tree, "worktree", "list").count("\n") == 0


def test_only_stage_is_promoted_to_prod(forge: Forge, change: str) -> None:
    done = forge("merge", "change/x", "--into", "prod")
    assert done.returncode == 1
    assert forge("merge", "stage", "--into", "prod").returncode == 0


def test_with_a_forge_one_merges_there(on_github: Forge, change: str) -> None:
    done = on_github("merge", "change/x")
    assert done.returncode == 2
    assert "merge the pull request there" in done.stderr


def test_an_unknown_branch_is_told(forge: Forge, remote: Path) -> None:
    done = forge("merge", "change/unknown")
    assert done.returncode == 3
    assert "has no branch 'change/unknown'" in done.stderr
