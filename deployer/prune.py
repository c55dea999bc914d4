"""Prune: frees on hosts what no slot uses and no policy keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from deployer.fleet import Fleet, HostSession
from deployer.state import HostState, check_known
from release_format.progress import say


def prune(fleet: Fleet) -> tuple[dict[str, Any], dict[str, str]]:
    """Prune every host that answers: what was removed, and where it could not be done, by host."""
    with fleet.locked("prune", even_frozen=True):
        pruned, failed = fleet.attempt(lambda session: _prune_host(fleet, session, session.state()))
    return pruned, {**fleet.unreachable, **failed}


def _prune_host(fleet: Fleet, session: HostSession, state: HostState) -> Any:
    # Where nobody can tell what a slot uses, everything may be in use.
    check_known([state])
    environment = fleet.environment
    is_over = window_is_over(state, environment.rollback_hours)
    if is_over:
        # It may no longer stand in for live once it is gone.
        session.ask(session.commands.stand_by(session.fence, standby=False))
        session.ask(session.commands.remove(state.idle_colour, session.fence))
        say(f"{session.name}: the rollback window is over; the old slot was stopped.")
    settings = _settings_to_keep(state, without_idle=is_over)
    releases, images = to_keep(state, environment.keep_releases, without_idle=is_over)
    removed = session.ask(session.commands.prune(releases, images, session.fence, settings))
    removed |= session.ask(session.commands.forget_images(images, session.fence))
    say(
        f"{session.name}: {len(removed['releases'])} releases, {len(removed['images'])} images,"
        f" {removed['bytes'] / 1e6:.0f} MB freed"
    )
    return removed


def to_keep(
    state: HostState, keep_releases: int, *, without_idle: bool = False
) -> tuple[list[str], list[str]]:
    """Releases and images that stay: what a slot uses, and the newest unused releases; pure."""
    slots = [slot for slot in (state.live, None if without_idle else state.idle) if slot]
    used = [slot.pair.release for slot in slots]
    unused = [release for release in state.releases if release not in used]
    newest = unused[max(len(unused) - keep_releases, 0) :]
    return [*used, *newest], [slot.pair.image for slot in slots]


def _settings_to_keep(state: HostState, *, without_idle: bool) -> list[str]:
    """Settings that stay: what a slot runs with, and what a rollback would start one with; pure."""
    if without_idle and state.idle:
        state = replace(state, slots={state.live_colour: state.live} if state.live else {})
    return state.settings_in_use


def window_is_over(state: HostState, hours: float) -> bool:
    """Whether the old slot has stood warm long enough; pure.

    Both moments are by the host's own clock, which may differ from ours. One that was set back
    below what it wrote itself tells nothing: the slot stays.
    """
    if not state.idle or not state.since or not state.now or state.pending:
        return False
    return _moment(state.now) - _moment(state.since) > timedelta(hours=hours)


def _moment(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
