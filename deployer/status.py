"""Status of an environment, for a person and for a machine: what is live where, and how well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from deployer.state import OTHER_ROUTER, HostState, Pair, Slot
from release_format.store.base import Channel


def is_well(states: Mapping[str, HostState]) -> bool:
    """Whether every host serves one and the same pair and nothing is odd."""
    pairs = {state.live.pair if state.live else None for state in states.values()}
    return len(pairs) == 1 and all(
        state.live and state.serves(state.live.pair) for state in states.values()
    )


def as_record(
    environment: str, states: Mapping[str, HostState], channel: Channel | None
) -> dict[str, Any]:
    """The status for a machine."""
    return {
        "environment": environment,
        "well": is_well(states),
        "channel": asdict(channel) if channel else None,
        "hosts": {
            host: {
                **asdict(state),
                "idle_colour": state.idle_colour,
                "standby": state.stand_in is not None,
            }
            for host, state in states.items()
        },
    }


def as_lines(
    environment: str, states: Mapping[str, HostState], channel: Channel | None
) -> list[str]:
    """The status for a person."""
    lines = [f"{environment}: {'well' if is_well(states) else 'NOT WELL'}"]
    if channel:
        lines.append(
            f"  last switched to {Pair(channel.release, channel.image).short()} at {channel.since}"
        )
        lines += [f"  held: {release[:12]}" for release in channel.hold]
    pairs = {state.live.pair for state in states.values() if state.live}
    if len(pairs) > 1:
        lines.append("  MIXED: the hosts serve different pairs; roll out again, or roll back")
    for state in states.values():
        lines += _host(state)
    return lines


def _host(state: HostState) -> list[str]:
    lines = [f"{state.host}:"]
    if not state.prepared:
        return [*lines, "  not prepared: run `make prepare`"]
    since = f" since {state.since}" if state.since else ""
    lines.append(f"  live  {_slot(state.live_colour, state.live, state)}{since}")
    lines.append(f"  idle  {_slot(state.idle_colour, state.idle, state)}{_standing(state)}")
    if not state.router_is_current:
        lines.append(f"  router  {OTHER_ROUTER}")
    if state.lock:
        lines.append(
            f"  lock  {state.lock['holder']}, {state.lock['purpose']}, since {state.lock['since']}"
        )
    if state.frozen:
        lines.append(
            f"  frozen by {state.frozen['by']} since {state.frozen['since']}: {state.frozen['why']}"
        )
    if state.pending:
        guarded = "guarded" if state.pending["guarded"] else "NOT guarded"
        lines.append(f"  a switch waits for its confirmation ({guarded})")
    if state.withdrawn:
        lines.append(f"  withdrawn items: {len(state.withdrawn)}")
    if state.withdrawn_why:
        lines.append(f"  ODD: {state.withdrawn_why}")
    lines += [f"  ODD: {sentence}" for sentence in state.drift]
    lines += [f"  {entry.get('at')}  {_entry(entry)}" for entry in list(state.journal)[-4:]]
    return lines


def _slot(colour: str, slot: Slot | None, state: HostState) -> str:
    if slot is None:
        return f"{colour:<5} empty"
    health = "up" if colour in state.seen_up else "running, not up" if slot.running else slot.why
    restarts = f", {slot.restarts} restarts" if slot.restarts else ""
    return f"{colour:<5} {slot.pair.short()}, {health}{restarts}"


def _standing(state: HostState) -> str:
    """What the idle slot is good for."""
    if state.idle and not state.has_files(state.idle):
        return ", files of its release are gone: neither stands by nor can be gone back to"
    return ", stands by" if state.stand_in else ""


def _entry(entry: Mapping[str, Any]) -> str:
    fields = {k: str(v)[:60] for k, v in entry.items() if k not in ("at", "event")}
    return f"{entry.get('event')} " + " ".join(f"{k}={v}" for k, v in fields.items())
