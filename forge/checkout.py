"""The checked-out work tree: its Git, and its commit as a change."""

from __future__ import annotations

from pathlib import Path

from forge.branch_policy import PROD, STAGE, Change
from forge.git import Git
from forge.hosting.address import web_address
from release_format.config.forge import ForgeSettings


def open_checkout(settings: ForgeSettings) -> Git:
    """Git in the current folder, with the token for the forge's own address."""
    return Git(Path.cwd(), settings.remote, settings.token, web_address(settings))


def change_of(git: Git, head: str, base: str) -> Change:
    """The checked-out commit as a change from head to base.

    Its files are those touched since it left its base (a branch alone: since prod).
    """
    origin = git.remote_commit(base or (PROD if head.startswith("hotfix/") else STAGE))
    commit = git.commit()
    files = git.changed_files(origin, commit) if origin else []
    return Change(head, base, files, _last_message(git, commit), _is_from_prod(git, commit))


def _last_message(git: Git, commit: str) -> str:
    """The message of the author's last commit.

    Jenkins builds a merge of it with the target, made by nobody: then both messages.
    """
    parents = git("log", "-1", "--format=%P", commit, "--").split()
    return git.message(commit) + ("\n" + git.message(parents[0]) if len(parents) > 1 else "")


def _is_from_prod(git: Git, commit: str) -> bool:
    """Whether all that this commit shares with stage is in prod too."""
    stage, prod = git.remote_commit(STAGE), git.remote_commit(PROD)
    if not stage or not prod:
        return bool(prod)
    shared = git.merge_base(commit, stage)
    return bool(shared) and git.is_ancestor(shared, prod)
