"""Here is a pair and what is live: may it be rolled out?"""

from __future__ import annotations

from collections.abc import Collection

from deployer.error import RolloutError
from deployer.hosts import Environment
from deployer.state import Pair
from release_format.program import COULD_NOT_TELL, NO
from release_format.store import Store
from release_format.verdict import Verdict

PAIR = "pair"


def check_allowed(
    store: Store, environment: Environment, wish: Pair, live: Collection[Pair], *, hotfix: bool = False
) -> list[str]:
    """What entitles this pair to be rolled out, in sentences.

    Raises:
        RolloutError: held, not seen by the environment that must have had it first, or without a pair verdict.
    """
    _refuse_held(store, environment, wish)
    if hotfix:
        return [_hotfix(environment, wish, live)]
    said = [_earlier(store, environment, wish)] if environment.requires else []
    others = sorted({pair.release for pair in live} - {wish.release})
    said += [_pair_verdict(store, wish.release, release) for release in others]
    return said or ["nothing to compare with: no other release is live"]


def _refuse_held(store: Store, environment: Environment, wish: Pair) -> None:
    channel = store.channel(environment.name)
    if channel and wish.release in channel.hold:
        raise RolloutError(
            f"release {wish.release[:12]} is held in {environment.name}: a rollback left it. When its trouble is"
            f" over: `python -m deployer unhold {wish.release[:12]} --environment {environment.name}`.",
            NO,
        )


def _hotfix(environment: Environment, wish: Pair, live: Collection[Pair]) -> str:
    """A hotfix changes the program alone: what is answered from stays, so no other environment need have had it."""
    if {pair.release for pair in live} != {wish.release}:
        raise RolloutError(
            f"a hotfix keeps the live release, and {wish.release[:12]} is not what is live in {environment.name}."
            " Take another release through the environments in their order.",
            NO,
        )
    return f"a hotfix: release {wish.release[:12]} stays, its image changes"


def _earlier(store: Store, environment: Environment, wish: Pair) -> str:
    for number in reversed(store.channel_changes(environment.requires)):
        change = store.channel_at(environment.requires, number)
        certified = change.certificate and store.record("certificate", change.certificate)
        if certified and Pair(change.release, change.image) == wish:
            return f"certificate {change.certificate[:12]} of {environment.requires}"
    raise RolloutError(
        f"{environment.name} takes only pairs that {environment.requires} had, and there is no certificate of"
        f" {wish.short()} there. Roll it out to {environment.requires} first.",
        NO,
    )


def _pair_verdict(store: Store, candidate: str, live: str) -> str:
    for name in store.records(PAIR):
        if candidate[:12] not in name:
            continue
        verdict = Verdict.from_json(store.record(PAIR, name) or "", name)
        if (verdict.subject, verdict.live) != (candidate, live):
            continue
        if not verdict.says_yes:
            raise RolloutError(f"{verdict.sentence()} Build a better release, or accept it there.", verdict.exit_code)
        return f"the quality gate's verdict of {verdict.made_at} beside {live[:12]}"
    raise RolloutError(
        f"nobody compared {candidate[:12]} with {live[:12]}, which is live now. Run"
        f" `python -m index_builder compare {live[:12]} {candidate[:12]}` first.",
        COULD_NOT_TELL,
    )
