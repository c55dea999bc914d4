"""Here is an environment: free what no slot uses and no policy keeps, there and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from deployer.fleet import Fleet, Seat
from deployer.state import State
from release_format.program import say


def prune(fleet: Fleet) -> dict[str, Any]:
    """Prune every host; what went, by host."""
    with fleet.locked("prune", even_frozen=True):
        states = fleet.states()
        return fleet.each(lambda seat: _prune_one(fleet, seat, states[seat.name]))


def _prune_one(fleet: Fleet, seat: Seat, state: State) -> Any:
    environment = fleet.environment
    cold = window_is_over(state, environment.rollback_hours, datetime.now(UTC))
    if cold:
        # It may no longer stand in for live once it is gone.
        seat.ask(seat.commands.stand_by(seat.fence, standby=False))
        seat.ask(seat.commands.remove(state.idle_colour, seat.fence))
        say(f"{seat.name}: the rollback window is over; the old slot was stopped.")
    releases, images = kept(state, environment.keep_releases, without_idle=cold)
    gone = seat.ask(seat.commands.prune(releases, images, seat.fence))
    gone |= seat.ask(seat.commands.forget_images(images, seat.fence))
    freed = f"{gone['bytes'] / 1e6:.0f} MB freed"
    say(f"{seat.name}: {len(gone['releases'])} releases, {len(gone['images'])} images, {freed}")
    return gone


def kept(state: State, keep_releases: int, *, without_idle: bool = False) -> tuple[list[str], list[str]]:
    """Releases and images that stay: what a slot uses, and the newest releases beside; pure."""
    slots = [slot for slot in (state.live, None if without_idle else state.idle) if slot]
    used = [slot.pair.release for slot in slots]
    others = [release for release in state.releases if release not in used]
    return [*used, *others[max(len(others) - keep_releases, 0) :]], [slot.pair.image for slot in slots]


def window_is_over(state: State, hours: float, at: datetime) -> bool:
    """Whether the old slot has stood warm long enough; pure."""
    if not state.idle or not state.since or state.pending:
        return False
    since = datetime.strptime(state.since, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return at - since > timedelta(hours=hours)
