"""The rolling branch: one commit with what is new in the work tree (rows, a recipe)."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forge.branch_policy import ROLLING, STAGE
from forge.errors import ForgeError, refuse
from forge.git import BOT, NULL_COMMIT, Commit, Git
from forge.reports import Reports
from release_format.exit_codes import USAGE

# A rolling branch and those that follow it where people work.
MOST_BRANCHES = 9


@dataclass(frozen=True)
class Proposal:
    """The rolling branch now: its commit (empty: nothing to propose), and whether it moved.

    `passed_over`: a sentence for each rolling branch on which a person works.
    """

    branch: str
    commit: str
    moved: bool
    passed_over: Sequence[str] = ()


@contextlib.contextmanager
def propose_lock(work: Path) -> Iterator[None]:
    """Keep two daily runs of one machine apart; the lock goes when its holder does."""
    work.mkdir(parents=True, exist_ok=True)
    with (work / "propose.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ForgeError(
                "another daily run is at work here. Wait for its pull request."
            ) from None
        yield


def push_rolling(git: Git, branch: str, commit_on: Callable[[str], str]) -> Proposal:
    """Put one commit, which `commit_on` makes on top of stage, on a rolling branch.

    Where a person works on that branch, its next one is taken: `catalogue/daily-2`, and so on.

    Raises:
        ForgeError: there is no stage, people work on all of them, or somebody moved the branch
        meanwhile.
    """
    if not branch.startswith(ROLLING):
        raise ForgeError(
            f"{branch!r} is no rolling branch: it would be overwritten. Name it {ROLLING}….", USAGE
        )
    git.fetch()
    stage = git.needed_commit(STAGE)
    commit = commit_on(stage)
    if git.tree_of(commit) == git.tree_of(stage):
        return Proposal(branch, "", moved=False)
    branch, passed_over = _free_branch(git, stage, branch)
    previous = git.remote_commit(branch)
    if (
        previous
        and git.tree_of(previous) == git.tree_of(commit)
        and git.is_ancestor(stage, previous)
    ):
        return Proposal(branch, previous, moved=False, passed_over=passed_over)
    if not git.push(commit, branch, previous or NULL_COMMIT):
        raise ForgeError(
            f"another run moved {branch} meanwhile. Run this again: it starts from what is there."
        )
    return Proposal(branch, commit, moved=True, passed_over=passed_over)


def rolling_branches(branch: str) -> list[str]:
    """A rolling branch, and those that follow it where people work."""
    return [branch, *(f"{branch}-{number}" for number in range(2, MOST_BRANCHES + 1))]


def is_worked_on(git: Git, branch: str) -> bool:
    """Whether a branch of the remote holds anything of a person's that stage has not."""
    tip = git.remote_commit(branch)
    unmerged = git.commits(git.needed_commit(STAGE), tip) if tip else []
    return any(not _is_ours(git, commit) for commit in unmerged)


def _free_branch(git: Git, stage: str, branch: str) -> tuple[str, list[str]]:
    """The rolling branch to write to, and what each that a person works on holds.

    One that waits for its merge is gone on with, so that never two of the line's are open.
    """
    names = rolling_branches(branch)
    free, passed_over = "", []
    for name in names:
        tip = git.remote_commit(name)
        unmerged = git.commits(stage, tip) if tip else []
        if theirs := [commit for commit in unmerged if not _is_ours(git, commit)]:
            passed_over.append(_passed_over(name, theirs))
        elif unmerged:
            return name, passed_over
        else:
            free = free or name
    if not free:
        raise refuse(
            f"people work on {branch} and on every other up to {names[-1]}. Merge or delete one."
        )
    return free, passed_over


def _is_ours(git: Git, commit: Commit) -> bool:
    """Whether a commit holds nothing of a person's.

    That are the line's own, and a merge that is what git makes of its parents by itself, such as
    GitHub's *Update branch*: those that it merges are looked at themselves.
    """
    if {commit.author, commit.committer} == {BOT["GIT_AUTHOR_EMAIL"]}:
        return True
    return len(commit.parents) == 2 and git.merged_tree(*commit.parents) == git.tree_of(commit.id)


def _passed_over(branch: str, commits: Sequence[Commit]) -> str:
    """Whose work on a branch this run left alone."""
    newest = commits[0]
    # The line wrote it and a person put it on top of theirs: it is the person's move.
    is_moved = newest.author == BOT["GIT_AUTHOR_EMAIL"]
    by = newest.committer if is_moved else newest.author
    more = f" and {len(commits) - 1} more" if len(commits) > 1 else ""
    return (
        f"{branch} holds work of {by} (commit {newest.id[:12]}{more}), which stays as it is: merge"
        " it, or move it to a change/… branch."
    )


def estimated_cost(reports: Reports, rate: float) -> str:
    """What the rebuild will cost, from what the data gate counted."""
    changes = reports.facts.get("changes")
    values = [changes.get("added"), changes.get("changed")] if isinstance(changes, dict) else []
    counts = [int(value) for value in values if isinstance(value, int | float)]
    if not counts:
        return "Estimated cost: unknown, since the data gate counted no changes."
    texts = sum(counts)
    seconds = max(1, round(texts / rate))
    return f"Estimated cost: {texts:,} text(s) to encode, about {seconds:,} s; the rest is reused."
