"""Without GitHub: change/* branches are merged by `make merge`, when their gates were green."""

from __future__ import annotations

from pathlib import Path

import pytest

from release_format.store.folder import Folder
from release_format.verdict import Outcome
from tests.forge.conftest import Forge, commit, condition, git, overtake, report
from tests.refusals.tried import tried


def proposed(forge: Forge, branch: str) -> str:
    git(forge.tree, "checkout", "--quiet", "-b", branch)
    head = commit(forge.tree, "Better", catalogue__items="better\n")
    git(forge.tree, "push", "--quiet", "origin", branch)
    return head


@pytest.fixture
def change(forge: Forge) -> str:
    return proposed(forge, "change/x")


def reviewed(forge: Forge, answer: Outcome, branch: str = "change/x") -> None:
    report(forge.tree, "data", condition("rows", answer, why="Mend it."))
    assert forge("comment", BRANCH_NAME=branch).returncode == 0


def test_a_green_change_is_merged_once(forge: Forge, change: str) -> None:
    reviewed(forge, Outcome.YES)
    merged = forge("merge", "change/x").stdout.strip()
    assert git(forge.tree, "ls-remote", "origin", "stage").startswith(merged)
    assert git(forge.tree, "log", "-1", "--format=%s", merged) == "Merge change/x into stage"
    assert forge("merge", "change/x").stdout.strip() == merged


@pytest.mark.parametrize(
    "branch", ["feature/x", "fix/x", "experiment/x", "pipeline/x", "catalogue/daily"]
)
def test_every_branch_that_may_go_to_stage_is_reviewed_and_merged(
    forge: Forge, branch: str
) -> None:
    """The page says where it goes, and the policy of that way is what the review holds."""
    proposed(forge, branch)
    reviewed(forge, Outcome.YES, branch)
    assert f"{branch} → stage" in (forge.tree / "var/pages/comment.md").read_text()
    merged = forge("merge", branch).stdout.strip()
    assert git(forge.tree, "ls-remote", "origin", "stage").startswith(merged)


def test_a_refused_branch_has_a_red_review(forge: Forge) -> None:
    git(forge.tree, "checkout", "--quiet", "-b", "fix/x")
    commit(forge.tree, "Steal", Makefile="all:\n\tcat ~/.ssh/id_ed25519\n")
    git(forge.tree, "push", "--quiet", "origin", "fix/x")
    reviewed(forge, Outcome.YES, "fix/x")
    assert "**Stopped by this line's policy:**" in (forge.tree / "var/pages/comment.md").read_text()
    result = forge("merge", "fix/x")
    assert result.returncode == 1
    assert "changes Makefile, which the line itself runs on" in result.stderr


@pytest.mark.parametrize(
    ("answer", "said"), [(Outcome.NO, "says no"), (Outcome.COULD_NOT_TELL, "could not tell")]
)
def test_a_red_change_is_not(forge: Forge, change: str, answer: Outcome, said: str) -> None:
    reviewed(forge, answer)
    result = forge("merge", "change/x")
    assert result.returncode == 1
    assert f"change/x is red. The data gate {said}: rows" in result.stderr


def test_an_unjudged_change_is_not(forge: Forge, change: str) -> None:
    reviewed(forge, Outcome.YES)
    commit(forge.tree, "One more", catalogue__items="worse\n")
    git(forge.tree, "push", "--quiet", "origin", "change/x")
    result = forge("merge", "change/x")
    assert result.returncode == 1
    assert "no gate has answered about change/x at" in result.stderr


def test_a_conflict_is_told_and_leaves_nothing(forge: Forge, change: str) -> None:
    reviewed(forge, Outcome.YES)
    git(forge.tree, "checkout", "--quiet", "stage")
    stage = commit(forge.tree, "Other", catalogue__items="other\n")
    git(forge.tree, "push", "--quiet", "origin", "stage")
    result = forge("merge", "change/x")
    assert result.returncode == 1
    assert "the two branches conflict in catalogue/items. Merge the target" in result.stderr
    assert git(forge.tree, "ls-remote", "origin", "stage").startswith(stage)
    assert git(forge.tree, "worktree", "list").count("\n") == 0


@pytest.mark.parametrize("lost", ["blob", "tree"])
def test_what_git_cannot_do_is_never_called_a_conflict(
    forge: Forge, change: str, lost: str
) -> None:
    """A clone that lost an object: nobody could solve that in a branch."""
    reviewed(forge, Outcome.YES)
    git(forge.tree, "checkout", "--quiet", "stage")
    commit(forge.tree, "Other", searchbar__app="2\n")
    git(forge.tree, "push", "--quiet", "origin", "stage")
    path = "change/x:catalogue/items" if lost == "blob" else "change/x:catalogue"
    id = git(forge.tree, "rev-parse", path)
    (forge.tree / ".git/objects" / id[:2] / id[2:]).unlink()
    result = forge("merge", "change/x")
    assert (result.returncode, "conflict" in result.stderr) == (3, False), result.stderr
    assert id[:12] in result.stderr or "unable to read" in result.stderr
    assert git(forge.tree, "worktree", "list").count("\n") == 0
    tried("forge", f"merge in a clone that lost a {lost}", result.returncode, result.stderr)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"green": "no", "sentence": "x"}', "[" * 9999])
def test_a_review_that_says_no_clear_yes_merges_nothing(
    forge: Forge, change: str, text: str
) -> None:
    Folder(forge.tree / "var/store").put_record("review", change, text)
    result = forge("merge", "change/x")
    assert result.returncode in (1, 3)
    assert "is red. x" in result.stderr or "Build it again." in result.stderr
    tried("forge", f"a review that reads {text[:40]}", result.returncode, result.stderr)


def test_only_stage_is_promoted_to_prod(forge: Forge, change: str) -> None:
    result = forge("merge", "change/x", "--into", "prod")
    assert result.returncode == 1
    assert forge("merge", "stage", "--into", "prod").returncode == 0


def test_with_a_forge_one_merges_there(on_github: Forge, change: str) -> None:
    result = on_github("merge", "change/x")
    assert result.returncode == 2
    assert "merge the pull request there" in result.stderr


def test_an_unknown_branch_is_told(forge: Forge, remote: Path) -> None:
    result = forge("merge", "change/unknown")
    assert result.returncode == 3
    assert "has no branch 'change/unknown'" in result.stderr


def test_a_branch_that_moved_meanwhile_is_told(forge: Forge, change: str, remote: Path) -> None:
    reviewed(forge, Outcome.YES)
    overtake(forge, remote, "stage", "change/x")
    result = forge("merge", "change/x")
    assert result.returncode == 3
    assert "stage moved meanwhile. Run this again." in result.stderr
