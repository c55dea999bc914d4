"""The commit that lies here: an image is named by that of a clean tree."""

from __future__ import annotations

import subprocess

from deployer.errors import RolloutError
from release_format.exit_codes import USAGE
from release_format.listing import listed

DIGITS, SHOWN = 12, 5


def tag_of_commit() -> str:
    """The first twelve digits of the commit that lies here, with nothing changed beside it.

    Raises:
        RolloutError: something is changed, or this is no clone.
    """
    commit = _git("rev-parse", "--verify", "HEAD^{commit}").strip()
    if changed := _git("status", "--porcelain").splitlines():
        names = listed([line[3:] for line in changed], SHOWN)
        raise RolloutError(
            f"this tree is not what commit {commit[:DIGITS]} is ({names}). An image is named"
            " by its commit: commit the changes or put them away, then push again.",
            USAGE,
        )
    return commit[:DIGITS]


def commit_here() -> str:
    """The commit that lies here; "" where this is no clone, or git is missing."""
    try:
        return _git("rev-parse", "--verify", "HEAD^{commit}").strip()
    except RolloutError:
        return ""


def _git(*arguments: str) -> str:
    try:
        ended = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, errors="replace", check=False
        )
    except FileNotFoundError:
        raise RolloutError("git is missing. Install it, then push again.", USAGE) from None
    if ended.returncode != 0:
        told = (ended.stderr.strip().splitlines() or ["it does not say why"])[-1]
        raise RolloutError(
            f"git does not tell the commit ({told}). Push from a clone that has one.", USAGE
        )
    return ended.stdout
