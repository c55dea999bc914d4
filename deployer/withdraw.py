"""Here are ids that must not be shown any more: take them out of the live answers, and keep them out."""

from __future__ import annotations

import time
from collections.abc import Sequence

from deployer.error import RolloutError
from deployer.fleet import Fleet, Seat
from release_format.program import say

PATIENCE = 10.0


def withdraw(fleet: Fleet, ids: Sequence[str]) -> None:
    """Add ids to the list that every slot reads, on every host, and wait until the live answers obey.

    Hosts learn from one another what was withdrawn before, so a host that was set up anew catches up. The list lies
    beside the releases, not in them: neither rollout nor rollback brings an item back.
    """
    states = fleet.states()
    all_ids = sorted({*ids, *(id for state in states.values() for id in state.withdrawn)})
    fleet.each(lambda seat: seat.ask(seat.commands.withdraw(all_ids)))
    fleet.each(lambda seat: _await(seat, ids) if states[seat.name].live else None)
    say(f"{', '.join(ids)}: withdrawn on {len(states)} hosts, and stays so after any rollout or rollback.")


def _await(seat: Seat, ids: Sequence[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while shown := seat.ask(seat.commands.still_shown(ids)).get("shown"):
        if time.monotonic() > deadline:
            raise RolloutError(f"{seat.name}: {shown[0]} is still shown by the live slot. Look at its log.")
        time.sleep(0.2)
