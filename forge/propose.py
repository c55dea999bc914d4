"""The rolling branch: one commit with what is new in the work tree (rows, a recipe)."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forge.branch_policy import ROLLING, STAGE
from forge.errors import ForgeError, refuse
from forge.git import BOT, NULL_COMMIT, Git
from forge.reports import Reports
from release_format.exit_codes import NO, USAGE


@dataclass(frozen=True)
class Proposal:
    """The rolling branch now: its commit (empty: nothing to propose), and whether it moved."""

    commit: str
    moved: bool


@contextlib.contextmanager
def propose_lock(work: Path) -> Iterator[None]:
    """Keep two daily runs of one machine apart; the lock goes when its holder does."""
    work.mkdir(parents=True, exist_ok=True)
    with (work / "propose.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ForgeError(
                "another daily run is at work here. Wait for its pull request.", NO
            ) from None
        yield


def push_rolling(git: Git, branch: str, paths: Sequence[str], message: str) -> Proposal:
    """Put paths of the work tree, on top of stage, on a rolling branch, as its one commit.

    Raises:
        ForgeError: there is no stage, a person works on the rolling branch, or another run moved it
        meanwhile.
    """
    if not branch.startswith(ROLLING):
        raise ForgeError(
            f"{branch!r} is no rolling branch: it would be overwritten. Name it {ROLLING}….", USAGE
        )
    git.fetch()
    if not (stage := git.remote_commit(STAGE)):
        raise ForgeError(f"the remote {git.remote!r} has no branch {STAGE!r}. Push it first.")
    previous = git.remote_commit(branch)
    if (
        previous
        and not git.is_ancestor(previous, stage)
        and git.author(previous) != BOT["GIT_AUTHOR_EMAIL"]
    ):
        raise refuse(
            f"{branch} ends in a commit by {git.author(previous)}. Merge it, or move it to a"
            " change/… branch."
        )
    commit = git.commit_with(stage, paths, message)
    if git.tree_of(commit) == git.tree_of(stage):
        return Proposal("", moved=False)
    if (
        previous
        and git.tree_of(previous) == git.tree_of(commit)
        and git.is_ancestor(stage, previous)
    ):
        return Proposal(previous, moved=False)
    if not git.push(commit, branch, previous or NULL_COMMIT):
        raise ForgeError(
            f"another run moved {branch} meanwhile. Run this again: it starts from what is there."
        )
    return Proposal(commit, moved=True)


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
