"""Why a push was refused is told by where the branch is, never by what git says of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.git import BOT, NULL_COMMIT, Git


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """A work tree of one commit, and an empty remote."""
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "remote"], check=True)
    subprocess.run(["git", "init", "-q", tmp_path / "tree"], check=True)
    git = Git(tmp_path / "tree", str(tmp_path / "remote"))
    git("commit", "-q", "--allow-empty", "-m", "first", environment=BOT)
    return git


def commit(git: Git, message: str) -> str:
    parent = git.commit()
    return git("commit-tree", git.tree_of(parent), "-p", parent, "-m", message, environment=BOT)


def test_a_branch_that_moved_is_told_apart_from_one_that_is_protected(
    git: Git, tmp_path: Path
) -> None:
    first, ours, theirs = git.commit(), commit(git, "ours"), commit(git, "theirs")
    assert git.push(first, "stage", NULL_COMMIT)
    assert git.push(theirs, "stage", first)
    assert not git.push(ours, "stage", first), "it moved"
    assert not git.push(ours, "stage", NULL_COMMIT), "somebody made it"
    hook = tmp_path / "remote/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'fetch first: cannot lock ref, stale info' >&2; exit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ForgeError, match=r"the remote refused stage: .* Look at its protection"):
        git.push(ours, "stage", theirs)


def test_a_branch_that_another_push_holds_is_tried_again(git: Git, tmp_path: Path) -> None:
    lock = tmp_path / "remote/refs/heads/stage.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    hook = tmp_path / "remote/hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\ntest ! -e {tmp_path}/tried || rm {lock}\ntouch {tmp_path}/tried\n")
    hook.chmod(0o755)
    assert git.push(git.commit(), "stage", NULL_COMMIT)


def test_a_machine_without_git_is_told(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ForgeError, match="Install git, and run this in a clone"):
        Git(git.tree, "origin").commit()


def test_a_remote_that_never_answers_is_not_waited_for(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (slow := tmp_path / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr("forge.git.PATIENCE", 0.1)
    with pytest.raises(ForgeError, match=r"git fetch took over 0 seconds\. Look at the remote"):
        Git(git.tree, "origin").fetch()
