"""Target of a rollback: the pair to go back to, and the hosts that are not there yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from deployer.errors import RolloutError
from deployer.fleet import by_host
from deployer.state import HostState, Pair, Slot
from release_format.exit_codes import NO
from release_format.store.base import Channel


def replaced(pair: Pair, states: Mapping[str, HostState]) -> list[Pair]:
    """The pairs that a rollback to this one leaves, in an order of their own."""
    return sorted({state.live.pair for state in states.values() if state.live} - {pair}, key=str)


def has_begun(channel: Channel | None) -> bool:
    """Whether a rollback began that was never written down: the channel holds its own release."""
    return channel is not None and channel.release in channel.hold


def aim(
    states: dict[str, HostState],
    channel: Channel | None,
    before: Collection[str],
    settings: str | None = None,
) -> tuple[Pair, dict[str, HostState]]:
    """The pair to go back to, and the hosts that are not there yet; pure.

    `before`: the hosts that the last rollback left out. It is finished first, as is one that died
    before it was written down. `settings`: those that the channel's last change went to, if known.
    """
    if channel and (behind := unfinished(states, channel, before, settings)):
        return to_finish(behind, channel), behind
    pair = Pair(channel.release, channel.image) if channel else None
    is_whole = bool(before) and set(before) <= set(states)
    if pair and is_whole and all(state.serves(pair) for state in states.values()):
        return pair, {}
    pair = target(states, channel)
    if has_begun(channel):
        return pair, {host: state for host, state in states.items() if not state.serves(pair)}
    if all(state.live and state.live.pair == pair for state in states.values()):
        return pair, _settings_behind(states, settings)
    return pair, states


def _settings_behind(states: Mapping[str, HostState], settings: str | None) -> dict[str, HostState]:
    """Hosts whose settings alone are still to go back, the pair being the same; pure.

    Raises:
        RolloutError: all went back, and it was written down: once more would be forward.
    """
    behind = {host: state for host, state in states.items() if not state.went_back}
    lives = {state.live.settings for state in states.values() if state.live}
    if not behind and lives == {settings}:
        raise RolloutError(
            "these settings were gone back to already, and before them the pair was the same. Roll"
            " it out to have the settings of now, or roll out another.",
            NO,
        )
    return behind


def unfinished(
    states: Mapping[str, HostState],
    channel: Channel | None,
    before: Collection[str],
    settings: str | None = None,
) -> dict[str, HostState]:
    """Hosts that the last rollback left out and that serve something else than it went to; pure."""
    if channel is None:
        return {}
    pair = Pair(channel.release, channel.image)

    def is_there(live: Slot) -> bool:
        return live.pair == pair and settings in (None, live.settings)

    return {
        host: state
        for host, state in states.items()
        if host in before and not (state.live and is_there(state.live))
    }


def to_finish(behind: Mapping[str, HostState], channel: Channel) -> Pair:
    """The pair that these hosts are still to go back to; pure.

    Raises:
        RolloutError: one of them does not have it.
    """
    pair = Pair(channel.release, channel.image)
    if missing := [host for host, state in behind.items() if pair.release not in state.releases]:
        raise RolloutError(
            f"the last rollback went to {pair.short()}, which is not on {', '.join(missing)}. Roll"
            " that pair out: it goes live on every host."
        )
    return pair


def target(states: dict[str, HostState], channel: Channel | None) -> Pair:
    """The pair that every host stands ready to go back to, or is back at already; pure.

    Where a rollback died, hosts that it had switched by then are where they shall be.

    Raises:
        RolloutError: there is none, hosts disagree, or it is itself held.
    """
    held = channel.hold if channel and has_begun(channel) else ()
    pairs = {host: _before(state, held) for host, state in states.items()}
    if gone := [host for host, state in states.items() if state.left and not pairs[host]]:
        raise RolloutError(
            f"files of the release that was live before are gone on {', '.join(gone)}: it cannot be"
            " gone back to. Roll it out by name, or another."
        )
    if missing := [host for host, pair in pairs.items() if pair is None]:
        raise RolloutError(
            f"nothing to go back to on {', '.join(missing)}: nothing was live before. Roll one out."
        )
    if len(set(pairs.values())) > 1:
        targets = by_host({host: pair.short() for host, pair in pairs.items() if pair})
        raise RolloutError(
            f"the hosts would go back to different pairs ({targets}). Roll out the one that you"
            " mean."
        )
    pair = next(pair for pair in pairs.values() if pair)
    lives = {state.live.pair for state in states.values() if state.live}
    if channel and pair.release in channel.hold and lives != {pair}:
        raise RolloutError(
            f"release {pair.release[:12]} is held: a rollback left it before. Roll out another, or"
            " unhold it.",
            NO,
        )
    return pair


def _before(state: HostState, held: Collection[str]) -> Pair | None:
    """What was live before: what was confirmed once, never a slot that failed its gate.

    `held`: the releases that a rollback which died was to leave.
    """
    if held and state.live and state.live.pair.release not in held:
        return state.live.pair
    return state.left if state.left and state.left.release in state.releases else None
