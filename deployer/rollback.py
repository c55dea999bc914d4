"""Here is an environment whose live release misbehaves: give it back the one before, through the same gate."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from deployer import acts
from deployer.acts import Plan
from deployer.certificate import Certificate
from deployer.error import RolloutError
from deployer.fleet import Fleet, Seat, by_host, whoami
from deployer.state import Pair, State
from release_format.probes import Probe
from release_format.program import NO, now, say
from release_format.store import Channel, Store


@dataclass
class Rollback:
    """One switch back. The old slot stands warm, so nothing is shipped and nothing is started."""

    fleet: Fleet
    store: Store
    seconds: dict[str, float] = field(default_factory=dict)

    def go(self) -> str:
        """The whole act; returns the certificate's digest."""
        began = time.monotonic()
        with self.fleet.locked("rollback", even_frozen=True):
            states = self.fleet.states()
            channel = self.store.channel(self.fleet.environment.name)
            pair = target(states, channel)
            say(f"going back to {pair.short()}")
            plan = Plan(pair, states, self._probes(pair), ())
            try:
                was_warm = self.fleet.each(lambda seat: _wake(seat, plan))
                verdicts = acts.prove(self.fleet, plan, [host for host, warm in was_warm.items() if warm])
                # What is left may not stand in for what replaces it: it is left for a reason.
                switched = acts.switch_all(self.fleet, plan, verdicts, old_stands_by=False)
                confirmed = acts.confirm_all(self.fleet, plan)
            except BaseException as error:
                acts.turn_back(self.fleet, plan, str(error) or type(error).__name__, stop=False)
                raise
            self.seconds["all"] = round(time.monotonic() - began, 3)
            return self._record(plan, channel, verdicts, switched, confirmed)

    def _probes(self, pair: Pair) -> list[Probe]:
        seat = self.fleet.seats[0]
        return [Probe(**raw) for raw in seat.ask(seat.commands.probes(pair.release))["probes"]]

    def _record(
        self, plan: Plan, channel: Channel | None, verdicts: Any, switched: dict[str, Any], confirmed: dict[str, Any]
    ) -> str:
        left = {state.live.pair.release for state in plan.states.values() if state.live} - {plan.pair.release}
        certificate = Certificate.of(
            "rollback", self.fleet.environment.name, plan.pair, plan.states, by=whoami(), at=now(),
            grounds=["a rollback needs none"], seconds=self.seconds, held=sorted(left), verdicts=verdicts,
            switched=switched, confirmed=confirmed,
        )  # fmt: skip
        if self.fleet.rehearsing:
            return ""
        digest = certificate.keep(self.store)
        held = dict.fromkeys([*(channel.hold if channel else ()), *sorted(left)])
        self.store.switch_channel(
            self.fleet.environment.name, release=plan.pair.release, image=plan.pair.image, certificate=digest,
            hold=[release for release in held if release != plan.pair.release],
        )  # fmt: skip
        say(certificate.sentence())
        for release in sorted(left):
            say(f"release {release[:12]} is held: only `python -m deployer unhold` lets it come back.")
        return digest


def target(states: dict[str, State], channel: Channel | None) -> Pair:
    """The pair that every host stands ready to go back to; pure.

    Raises:
        RolloutError: there is none, hosts disagree, or it is itself held.
    """
    found = {host: _before(state) for host, state in states.items()}
    missing = [host for host, pair in found.items() if pair is None]
    if missing:
        raise RolloutError(
            f"nothing to go back to on {', '.join(missing)}: nothing was live before, or it is gone. Roll one out."
        )
    pairs = {pair for pair in found.values() if pair}
    if len(pairs) > 1:
        said = by_host({host: pair.short() for host, pair in found.items() if pair})
        raise RolloutError(f"the hosts would go back to different pairs ({said}). Roll out the one that you mean.")
    pair = pairs.pop()
    lives = {state.live.pair for state in states.values() if state.live}
    if channel and pair.release in channel.hold and lives != {pair}:
        raise RolloutError(
            f"release {pair.release[:12]} is held: a rollback left it before. Roll out another, or unhold it.", NO
        )
    return pair


def _before(state: State) -> Pair | None:
    """What was live before: what was confirmed once, never a slot that failed its gate."""
    return state.left if state.left and state.left.release in state.releases else None


def _wake(seat: Seat, plan: Plan) -> bool:
    """Whether it was warm: it is, in all but two cases: it was stopped, or a refused rollout took its slot since."""
    idle, colour = plan.states[seat.name].idle, plan.colour(seat)
    if idle and idle.pair == plan.pair:
        if not idle.running:
            seat.ask(seat.commands.start_again(colour, seat.fence))
        return idle.running
    seat.ask(seat.commands.stand_by(seat.fence, standby=False))
    if idle:
        seat.ask(seat.commands.remove(colour, seat.fence))
    seat.ask(seat.commands.start(colour, plan.pair.release, plan.pair.image, seat.fence))
    return False
