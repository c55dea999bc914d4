"""Merges on a plain git remote: what a green review, or prod's own hotfix, speaks for."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from forge.branch_policy import PROD, Change, refusals
from forge.errors import ForgeError, refuse
from forge.git import BOT, Git
from forge.hotfix import check_hotfix_kept, live_hotfix
from release_format.listing import listed
from release_format.run_log import now
from release_format.store.base import Store
from release_format.untrusted_json import parse_json

KIND = "review"


def write_review(store: Store, commit: str, green: bool, sentence: str) -> None:
    """Keep how the gates answered about a commit, for `merge`."""
    store.put_record(
        KIND, commit, json.dumps({"green": green, "sentence": sentence, "made_at": now()})
    )


def merge(git: Git, store: Store, head: str, base: str) -> str:
    """Merge head into base on the remote; returns base's new commit.

    Into stage goes what the gates called green, into prod what loses no hotfix.

    Raises:
        ForgeError: a missing branch, a no of the policy or the gates, a hotfix that would be lost,
        or a conflict.
    """
    git.fetch()
    base_commit, head_commit = git.needed_commit(base), git.needed_commit(head)
    if reasons := refusals(Change(head, base, git.changed_files(base_commit, head_commit))):
        raise refuse(" ".join(reasons))
    if git.is_ancestor(head_commit, base_commit):
        return base_commit
    if base == PROD:
        check_hotfix_kept(store, git, PROD, head_commit)
    elif head.startswith("hotfix/"):
        _check_live(store, head, head_commit)
    else:
        _check_review(store, head, head_commit)
    commit = _merge_commit(git, base_commit, head_commit, f"Merge {head} into {base}")
    if not git.push(commit, base, base_commit):
        raise ForgeError(f"{base} moved meanwhile. Run this again.")
    return commit


def _check_review(store: Store, head: str, commit: str) -> None:
    text = store.record(KIND, commit)
    if text is None:
        raise refuse(f"no gate has answered about {head} at {commit[:12]} yet. Wait for its build.")
    try:
        review = parse_json(text)
        is_green, sentence = review["green"], review["sentence"]
    except (ValueError, KeyError, TypeError) as error:
        raise ForgeError(
            f"what the gates answered about {head} at {commit[:12]} cannot be read ({error}). Build"
            " it again."
        ) from error
    if is_green is not True:
        raise refuse(f"{head} is red. {sentence}")


def _check_live(store: Store, head: str, commit: str) -> None:
    """Refuse a hotfix that prod does not run.

    It passed no gate of stage's: that prod runs it, tested in full, is what speaks for it.
    """
    live = live_hotfix(store, PROD)
    if live is None or live.commit != commit:
        raise refuse(
            f"{head} at {commit[:12]} is not what prod runs. Let its build roll it out, then merge"
            " it; or, where the store is elsewhere, give it with --store."
        )


def _merge_commit(git: Git, base_commit: str, head_commit: str, message: str) -> str:
    """The merge of two commits, made in a work tree of its own."""
    with tempfile.TemporaryDirectory() as folder:
        tree = str(Path(folder) / "tree")
        git("worktree", "add", "--quiet", "--detach", tree, base_commit)
        try:
            worktree = Git(Path(tree), git.remote)
            _merge_into(worktree, head_commit, message)
            return worktree.commit()
        finally:
            git("worktree", "remove", "--force", tree)


def _merge_into(worktree: Git, commit: str, message: str) -> None:
    try:
        worktree("merge", "--quiet", "--no-ff", "-m", message, commit, environment=BOT)
    except ForgeError:
        # Of what git could not merge for any other reason it has said why.
        if not (paths := worktree.conflicts()):
            raise
        shown = listed(paths, 3)
        raise refuse(
            f"the two branches conflict in {shown}. Merge the target into yours, solve it, and"
            " push."
        ) from None
