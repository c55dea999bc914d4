"""Here is a branch on a plain git remote: merge it where it wants to go, if its gates were green."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from forge.error import ForgeError, refuse
from forge.git import BOT, Git
from forge.hotfix import check_kept, live_hotfix
from forge.policy import PROD, Change, refusals
from release_format.program import now
from release_format.store import Store

KIND = "review"


def write_review(store: Store, commit: str, green: bool, sentence: str) -> None:
    """Keep how the gates answered about a commit, for `merge`."""
    store.put_record(KIND, commit, json.dumps({"green": green, "sentence": sentence, "made_at": now()}))


def merge(git: Git, store: Store, head: str, base: str) -> str:
    """Merge head into base on the remote: into stage what the gates called green, into prod what loses no hotfix.

    Returns base's new commit.

    Raises:
        ForgeError: a missing branch, a no of the policy or the gates, a hotfix that would be lost, or a conflict.
    """
    git.fetch()
    ours, theirs = git.remote_commit(base), git.remote_commit(head)
    if not ours or not theirs:
        raise ForgeError(f"the remote {git.remote!r} has no branch {base if not ours else head!r}. Push it first.")
    if said := refusals(Change(head, base, git.changed_files(ours, theirs))):
        raise refuse(" ".join(said))
    if git.is_ancestor(theirs, ours):
        return ours
    if base == PROD:
        check_kept(store, git, PROD, theirs)
    elif head.startswith("hotfix/"):
        _check_live(store, head, theirs)
    else:
        _check_review(store, head, theirs)
    commit = _merge_commit(git, ours, theirs, f"Merge {head} into {base}")
    if not git.push(commit, base, ours):
        raise ForgeError(f"{base} moved meanwhile. Run this again.")
    return commit


def _check_review(store: Store, head: str, commit: str) -> None:
    text = store.record(KIND, commit)
    if text is None:
        raise refuse(f"no gate has answered about {head} at {commit[:12]} yet. Wait for its build.")
    if not (review := json.loads(text))["green"]:
        raise refuse(f"{head} is red. {review['sentence']}")


def _check_live(store: Store, head: str, commit: str) -> None:
    """A hotfix passed no gate of stage's: that prod runs it, tested in full, is what speaks for it."""
    live = live_hotfix(store, PROD)
    if live is None or live.commit != commit:
        raise refuse(
            f"{head} at {commit[:12]} is not what prod runs. Let its build roll it out, then merge it; or, where the"
            " store is elsewhere, give it with --store."
        )


def _merge_commit(git: Git, ours: str, theirs: str, message: str) -> str:
    """The merge of two commits, made in a work tree of its own."""
    with tempfile.TemporaryDirectory() as folder:
        tree = str(Path(folder) / "tree")
        git("worktree", "add", "--quiet", "--detach", tree, ours)
        try:
            there = Git(Path(tree), git.remote)
            try:
                there("merge", "--quiet", "--no-ff", "-m", message, theirs, environment=BOT)
            except ForgeError:
                raise refuse("the two branches conflict. Merge the target into yours, solve it, and push.") from None
            return there.commit()
        finally:
            git("worktree", "remove", "--force", tree)
