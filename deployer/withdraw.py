"""Withdrawal: takes items out of the live answers at once, and keeps them out."""

from __future__ import annotations

import time
from collections.abc import Sequence

from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession
from release_format.progress import say

PATIENCE = 10.0


def withdraw(fleet: Fleet, ids: Sequence[str]) -> None:
    """Add ids to the list that every slot reads, and wait until no live slot shows them.

    Hosts learn from one another what was withdrawn before, so a host that was set up anew catches
    up. The list lies beside the releases, not in them: neither rollout nor rollback brings an item
    back.
    """
    states = fleet.states()
    all_ids = sorted({*ids, *(id for state in states.values() for id in state.withdrawn)})
    fleet.each(lambda session: session.ask(session.commands.withdraw(all_ids)))
    fleet.each(lambda session: _await(session, ids) if states[session.name].live else None)
    say(
        f"{', '.join(ids)}: withdrawn on {len(states)} hosts, and stays so after any rollout or"
        " rollback."
    )


def _await(session: HostSession, ids: Sequence[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while shown := session.ask(session.commands.still_shown(ids)).get("shown"):
        if time.monotonic() > deadline:
            raise RolloutError(
                f"{session.name}: {shown[0]} is still shown by the live slot. Look at its log."
            )
        time.sleep(0.2)
