"""Withdrawal: takes items out of the live answers at once, and keeps them out."""

from __future__ import annotations

from collections.abc import Sequence

from deployer.errors import RolloutError
from deployer.fleet import Fleet, whoami
from deployer.owed.host_act import HostAct
from deployer.owed.record import WITHDRAW, OwedAct, OwedActs
from deployer.owed.settle import order
from release_format.exit_codes import USAGE
from release_format.progress import say
from release_format.run_log import now


def withdraw(fleet: Fleet, owed: OwedActs, ids: Sequence[str]) -> None:
    """Add ids to the list that every slot reads, and wait until no live slot shows them.

    Hosts learn from one another what was withdrawn before, so a host that was set up anew catches
    up. The list lies beside the releases, not in them: neither rollout nor rollback brings an item
    back. A host that does not answer owes it.

    Raises:
        RolloutError: a host does not answer, an item is still shown, a live slot does not say, or
        no live release has it.
    """
    by, since = whoami(), now()
    acts = [
        OwedAct(host.name, WITHDRAW, by, since, ids=tuple(ids)) for host in fleet.environment.hosts
    ]
    settled = order(fleet, owed, acts)
    done = settled.done(acts)
    gone = set(ids) if _nothing_live(done) else set().union(*(result.gone for result in done))
    if gone and done:
        say(
            f"{', '.join(id for id in ids if id in gone)}: {_where(done)}, and stays so after any"
            " rollout or rollback."
        )
    _share_lists(fleet)
    settled.check_done()
    if unknown := [id for id in ids if id not in gone]:
        raise RolloutError(
            f"{', '.join(unknown)}: no live release has an item of that name. It is on the list,"
            " should a release bring one; look at the id, and withdraw the right one.",
            USAGE,
        )


def _nothing_live(done: Sequence[HostAct]) -> bool:
    return not any(result.seen for result in done)


def _where(done: Sequence[HostAct]) -> str:
    if _nothing_live(done):
        return f"on the list of {len(done)} hosts, nothing live"
    return f"withdrawn on {len(done)} hosts"


def _share_lists(fleet: Fleet) -> None:
    """Give every host the ids that only others have on their lists."""
    states, _ = fleet.attempt(lambda session: session.state())
    ids = sorted({id for state in states.values() for id in state.withdrawn})
    behind = [name for name, state in states.items() if list(state.withdrawn) != ids]
    _, failed = fleet.only(behind).attempt(lambda s: s.ask(s.commands.withdraw(ids)))
    for why in failed.values():
        say(f"{why} Its list may lack what others withdrew before; the next rollout brings it.")
