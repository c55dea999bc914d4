"""The hotfix that an environment runs, and whether a commit that follows it keeps the fix."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from forge.errors import ForgeError, refuse
from forge.git import Git
from release_format.seal import digest_of
from release_format.store.base import Store
from release_format.untrusted_json import parse_json

KIND, TRAILER = "hotfix", "Drops-Hotfix"
SHORTEST = 12
# How the certificate of a hotfix begins to say what entitled it.
GROUND = "a hotfix"


@dataclass(frozen=True)
class Hotfix:
    """An image built of a branch off prod, and its commit ("": nobody wrote it down)."""

    commit: str
    branch: str
    image: str

    @property
    def name(self) -> str:
        """What a person writes to drop it."""
        return self.commit or self.image

    def sentence(self) -> str:
        origin = f"image {self.image[:19]}, of an unknown commit"
        if self.commit:
            origin = f"commit {self.commit[:12]}"
        return f"{self.branch or 'a hotfix'} ({origin})"


def write_hotfix(store: Store, hotfix: Hotfix) -> None:
    """Keep which commit an image was made from, before it may be rolled out."""
    store.put_record(KIND, _record_name(hotfix.image), json.dumps(asdict(hotfix), indent=1))


def live_hotfix(store: Store, environment: str) -> Hotfix | None:
    """The hotfix that this environment's hosts were last switched to, if it is one.

    Raises:
        ForgeError: there is one, and nobody can read which.
    """
    if (live := store.channel(environment)) is None:
        return None
    try:
        if text := store.record(KIND, _record_name(live.image)):
            return Hotfix(**parse_json(text))
        return Hotfix("", "", live.image) if _rolled_out_by_hand(store, live.certificate) else None
    except (ValueError, TypeError, AttributeError) as error:
        raise ForgeError(
            f"the record of the hotfix that {environment} runs cannot be read ({error}). Restore it"
            " from a copy."
        ) from error


def _rolled_out_by_hand(store: Store, certificate: str) -> bool:
    """Whether a certificate is a hotfix's.

    One that went live without an approval left no record of its commit.
    """
    text = store.record("certificate", certificate) if certificate else None
    grounds = parse_json(text).get("grounds", []) if text else []
    return any(str(ground).startswith(GROUND) for ground in grounds)


@dataclass(frozen=True)
class HotfixStatus:
    """What becomes of the live hotfix (empty: none is live), and whether it is lost unnoticed."""

    sentence: str
    is_lost: bool = False


def hotfix_status(store: Store, git: Git, environment: str, commit: str) -> HotfixStatus:
    """What becomes of the hotfix that an environment runs when this commit follows it."""
    if (hotfix := live_hotfix(store, environment)) is None:
        return HotfixStatus("")
    if hotfix.commit and _contains(git, commit, hotfix.commit):
        return HotfixStatus(f"It keeps {hotfix.sentence()}, which {environment} runs.")
    if reason := _drop_reason(git, commit, hotfix.name):
        return HotfixStatus(f"It drops {hotfix.sentence()}, which {environment} runs: {reason}.")
    return HotfixStatus(
        f"{environment} runs {hotfix.sentence()}, which commit {commit[:12]} lacks: it would be"
        " lost. Merge it into stage; or, if it may go, commit there with the reason and the last"
        f" line `{TRAILER}: {hotfix.name}`.",
        is_lost=True,
    )


def check_hotfix_kept(store: Store, git: Git, environment: str, commit: str) -> str:
    """What becomes of the live hotfix, in a sentence; empty when none is live.

    Raises:
        ForgeError: it would be lost, and no commit says that it may go.
    """
    status = hotfix_status(store, git, environment, commit)
    if status.is_lost:
        raise refuse(status.sentence)
    return status.sentence


def _contains(git: Git, commit: str, fix: str) -> bool:
    """Whether a commit has the fix, as an ancestor or (picked, squashed) in its content."""
    if not git.has(fix):
        git.fetch()
    return git.has(fix) and (
        git.is_ancestor(fix, commit) or git.merged_tree(commit, fix) == git.tree_of(commit)
    )


def _drop_reason(git: Git, commit: str, name: str) -> str:
    """Who said in which commit that the fix may go: the newest commit which names it."""
    for author, sha, named in git.trailers(commit, TRAILER):
        if len(named) >= SHORTEST and name.startswith(named):
            return f"{author} said in commit {sha[:12]} that it may go"
    return ""


def _record_name(image: str) -> str:
    return digest_of({"image": image})
