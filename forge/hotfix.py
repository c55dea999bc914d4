"""Here is the hotfix that prod runs, and a commit that may follow: does the fix stay, or who said that it may go?"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from forge.error import ForgeError, refuse
from forge.git import Git
from release_format.seal import digest_of
from release_format.store import Store

KIND, TRAILER = "hotfix", "Drops-Hotfix"
SHORTEST = 12
# How the certificate of a hotfix begins to say what entitled it.
GROUND = "a hotfix"


@dataclass(frozen=True)
class Hotfix:
    """An image that a branch off prod made, and the commit that it was made from ("": nobody wrote it down)."""

    commit: str
    branch: str
    image: str

    @property
    def name(self) -> str:
        """What a person writes who lets it go."""
        return self.commit or self.image

    def sentence(self) -> str:
        known = f"commit {self.commit[:12]}" if self.commit else f"image {self.image[:19]}, of an unknown commit"
        return f"{self.branch or 'a hotfix'} ({known})"


def write_hotfix(store: Store, hotfix: Hotfix) -> None:
    """Keep which commit an image was made from, before it may be rolled out."""
    store.put_record(KIND, _name(hotfix.image), json.dumps(asdict(hotfix), indent=1))


def live_hotfix(store: Store, environment: str) -> Hotfix | None:
    """The hotfix that this environment's hosts were last switched to, if it is one.

    Raises:
        ForgeError: there is one, and nobody can read which.
    """
    if (live := store.channel(environment)) is None:
        return None
    try:
        if text := store.record(KIND, _name(live.image)):
            return Hotfix(**json.loads(text))
        return Hotfix("", "", live.image) if _rolled_out_by_hand(store, live.certificate) else None
    except (ValueError, TypeError, AttributeError) as error:
        raise ForgeError(
            f"the record of the hotfix that {environment} runs cannot be read ({error}). Restore it from a copy."
        ) from error


def _rolled_out_by_hand(store: Store, certificate: str) -> bool:
    """Whether a certificate is a hotfix's: one that went live without an approval left no record of its commit."""
    text = store.record("certificate", certificate) if certificate else None
    grounds = json.loads(text).get("grounds", []) if text else []
    return any(str(ground).startswith(GROUND) for ground in grounds)


@dataclass(frozen=True)
class Fate:
    """What becomes of the live hotfix, in a sentence (none is live: empty), and whether it would be lost unasked."""

    sentence: str
    lost: bool = False


def fate(store: Store, git: Git, environment: str, commit: str) -> Fate:
    """What becomes of the hotfix that an environment runs when this commit follows it."""
    if (hotfix := live_hotfix(store, environment)) is None:
        return Fate("")
    if hotfix.commit and _holds(git, commit, hotfix.commit):
        return Fate(f"It keeps {hotfix.sentence()}, which {environment} runs.")
    if leave := _leave(git, commit, hotfix.name):
        return Fate(f"It drops {hotfix.sentence()}, which {environment} runs: {leave}.")
    return Fate(
        f"{environment} runs {hotfix.sentence()}, which commit {commit[:12]} lacks: it would be lost. Merge it into"
        f" stage; or, if it may go, commit there with the reason and the last line `{TRAILER}: {hotfix.name}`.",
        lost=True,
    )


def check_kept(store: Store, git: Git, environment: str, commit: str) -> str:
    """What becomes of the live hotfix, in a sentence; empty when none is live.

    Raises:
        ForgeError: it would be lost, and no commit says that it may go.
    """
    told = fate(store, git, environment, commit)
    if told.lost:
        raise refuse(told.sentence)
    return told.sentence


def _holds(git: Git, commit: str, fix: str) -> bool:
    """Whether the fix is in: as this commit, or because merging it would change nothing (picked, squashed)."""
    if not git.has(fix):
        git.fetch()
    return git.has(fix) and (git.is_ancestor(fix, commit) or git.merged_tree(commit, fix) == git.tree_of(commit))


def _leave(git: Git, commit: str, name: str) -> str:
    """Who said in which commit that the fix may go: the newest one which names it."""
    for author, sha, named in git.trailers(commit, TRAILER):
        if len(named) >= SHORTEST and name.startswith(named):
            return f"{author} said in commit {sha[:12]} that it may go"
    return ""


def _name(image: str) -> str:
    return digest_of({"image": image})
