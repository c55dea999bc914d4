"""Withdrawal: takes items out of the live answers at once, and keeps them out."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession
from release_format.exit_codes import USAGE
from release_format.progress import say

PATIENCE = 10.0


def withdraw(fleet: Fleet, ids: Sequence[str]) -> None:
    """Add ids to the list that every slot reads, and wait until no live slot shows them.

    Hosts learn from one another what was withdrawn before, so a host that was set up anew catches
    up. The list lies beside the releases, not in them: neither rollout nor rollback brings an item
    back.

    Raises:
        RolloutError: an item is still shown, a live slot does not say, or no live release has it.
    """
    states = fleet.states()
    all_ids = sorted({*ids, *(id for state in states.values() for id in state.withdrawn)})
    fleet.each(lambda session: session.ask(session.commands.withdraw(all_ids)))
    live = {name for name, state in states.items() if state.live}
    gone_by_host = fleet.each(lambda s: _await(s, ids) if s.name in live else set())
    gone = set().union(*gone_by_host.values()) if live else set(ids)
    if gone:
        say(
            f"{', '.join(id for id in ids if id in gone)}: {_where(len(states), len(live))}, and"
            " stays so after any rollout or rollback."
        )
    if unknown := [id for id in ids if id not in gone]:
        raise RolloutError(
            f"{', '.join(unknown)}: no live release has an item of that name. It is on the list,"
            " should a release bring one; look at the id, and withdraw the right one.",
            USAGE,
        )


def _where(hosts: int, live: int) -> str:
    return f"withdrawn on {hosts} hosts" if live else f"on the list of {hosts} hosts, nothing live"


def _await(session: HostSession, ids: Collection[str]) -> set[str]:
    """Those of these items that are gone; the live release has none of the others' names."""
    deadline, gone, open_ids = time.monotonic() + PATIENCE, set[str](), list(ids)
    while True:
        answers = session.ask(session.commands.still_shown(open_ids))
        gone |= {id for id in open_ids if answers[id]["answer"] == "gone"}
        open_ids = [id for id in open_ids if answers[id]["answer"] in ("shown", "none")]
        if not open_ids:
            return gone
        if time.monotonic() > deadline:
            raise _unfinished(session.name, {id: answers[id] for id in open_ids})
        time.sleep(0.2)


def _unfinished(host: str, answers: dict[str, dict[str, str]]) -> RolloutError:
    shown = [id for id, answer in answers.items() if answer["answer"] == "shown"]
    if shown:
        return RolloutError(f"{host}: {shown[0]} is still shown by the live slot. Look at its log.")
    id, answer = next(iter(answers.items()))
    return RolloutError(
        f"{host}: could not tell whether {id} is still shown: the live slot does not say"
        f" ({answer['why']}). It is on the list; look at the slot, then withdraw it again."
    )
