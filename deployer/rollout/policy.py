"""Policy: what entitles a pair to be rolled out."""

from __future__ import annotations

import re
from collections.abc import Collection

from deployer.errors import RolloutError
from deployer.hosts import Environment
from deployer.state import Pair
from release_format.exit_codes import COULD_NOT_TELL, NO
from release_format.store.base import Store
from release_format.verdict import Verdict

PAIR = "pair"
# What images read that were built before they told it.
UNTOLD = (1, 2)
_FORMATS = re.compile(r"([0-9]{1,4})-([0-9]{1,4})")


def check_allowed(
    store: Store,
    environment: Environment,
    pair: Pair,
    live: Collection[Pair],
    *,
    hotfix: bool = False,
) -> list[str]:
    """What entitles this pair to be rolled out, in sentences.

    Raises:
        RolloutError: it is held, the environment that must have it first had it not, or there is
        no pair verdict.
    """
    _refuse_held(store, environment, pair)
    if hotfix:
        return [_hotfix(environment, pair, live)]
    channel = store.channel(environment.name)
    if channel and pair == Pair(channel.release, channel.image) and pair in live:
        return [f"{environment.name} was last switched to it; hosts that serve another follow"]
    grounds = [_earlier(store, environment, pair)] if environment.requires else []
    replaced = _replaced(pair, live, channel.hold if channel else ())
    grounds += [_pair_verdict(store, pair.release, release) for release in replaced]
    return grounds or ["nothing to compare with: no other release is live"]


def _replaced(pair: Pair, live: Collection[Pair], held: Collection[str]) -> list[str]:
    """The releases that a pair is to be compared with.

    Where hosts are mixed, what a rollback left is none of them: nobody wants it back.
    """
    others = {running.release for running in live} - {pair.release}
    return sorted(others - set(held) or others)


def check_readable(pair: Pair, format: int, formats: str) -> None:
    """Check that an image reads releases of this format, by the `formats` that its label tells.

    Raises:
        RolloutError: it reads only others. An image without the label reads those of before it.
    """
    told = _FORMATS.fullmatch(formats)
    oldest, newest = (int(told[1]), int(told[2])) if told else UNTOLD
    if not oldest <= format <= newest:
        raise RolloutError(
            f"release {pair.release[:12]} is of format {format}, and this image reads formats"
            f" {oldest} to {newest}: its server would not start. Build the image anew (`make"
            " image`) and roll out both together.",
            NO,
        )


def check_not_overtaken(environment: Environment, replaced: Pair | None, live: Pair | None) -> None:
    """Check that what was live when a rollout asked for the hosts' locks is so when it has them.

    Where an earlier environment must have had a pair first, somebody approved what replaces what.

    Raises:
        RolloutError: another pair went live in between.
    """
    if environment.requires and live and live != replaced:
        raise RolloutError(
            f"{live.short()} went live in {environment.name} while this rollout waited for its"
            " hosts. What was approved was to replace another: build it again, and approve it"
            " anew.",
            NO,
        )


def _refuse_held(store: Store, environment: Environment, pair: Pair) -> None:
    channel = store.channel(environment.name)
    if channel and pair.release in channel.hold:
        raise RolloutError(
            f"release {pair.release[:12]} is held in {environment.name}: a rollback left it. When"
            f" its trouble is over: `python -m deployer unhold {pair.release[:12]} --environment"
            f" {environment.name}`.",
            NO,
        )


def _hotfix(environment: Environment, pair: Pair, live: Collection[Pair]) -> str:
    """A hotfix keeps the live release, so no other environment need have had it first."""
    if {running.release for running in live} != {pair.release}:
        raise RolloutError(
            f"a hotfix keeps the live release, and {pair.release[:12]} is not what is live in"
            f" {environment.name}. Take another release through the environments in their order.",
            NO,
        )
    return f"a hotfix: release {pair.release[:12]} stays, its image changes"


def _earlier(store: Store, environment: Environment, pair: Pair) -> str:
    for number in reversed(store.channel_changes(environment.requires)):
        change = store.channel_at(environment.requires, number)
        certified = change.certificate and store.record("certificate", change.certificate)
        if certified and Pair(change.release, change.image) == pair:
            return f"certificate {change.certificate[:12]} of {environment.requires}"
    raise RolloutError(
        f"{environment.name} takes only pairs that {environment.requires} had, and there is no"
        f" certificate of {pair.short()} there. Roll it out to {environment.requires} first.",
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
            raise RolloutError(
                f"{verdict.sentence()} Build a better release, or accept it there.",
                verdict.exit_code,
            )
        return f"the quality gate's verdict of {verdict.made_at} beside {live[:12]}"
    raise RolloutError(
        f"nobody compared {candidate[:12]} with {live[:12]}, which is live now. Run"
        f" `python -m index_builder compare {live[:12]} {candidate[:12]}` first.",
        COULD_NOT_TELL,
    )
