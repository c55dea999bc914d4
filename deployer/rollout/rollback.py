"""Rollback: one switch back to the pair that was live before, through the same gate."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession, by_host
from deployer.rollout import steps
from deployer.rollout.certificate import Certificate
from deployer.rollout.plan import RolloutPlan
from deployer.state import HostState, Pair
from release_format.exit_codes import NO
from release_format.probes import Probe
from release_format.progress import say
from release_format.store.base import Channel, Store


@dataclass(frozen=True)
class Rollback:
    """One switch back. The old slot is warm, so nothing is shipped and nothing is started."""

    fleet: Fleet
    store: Store

    def go(self) -> str:
        """The whole act; returns the certificate's digest."""
        began = time.monotonic()
        with self.fleet.locked("rollback", even_frozen=True):
            states = self.fleet.states()
            steps.check_engines(states)
            channel = self.store.channel(self.fleet.environment.name)
            pair = target(states, channel)
            say(f"going back to {pair.short()}")
            plan = RolloutPlan(pair, states, self._probes(pair), ())
            try:
                ran = self.fleet.each(lambda session: _wake(session, plan))
                warm = [host for host, is_warm in ran.items() if is_warm]
                verdicts = steps.prove(self.fleet, plan, warm)
                # What is left may not stand in for what replaces it: it is left for a reason.
                switched = steps.switch_all(self.fleet, plan, verdicts, old_stands_by=False)
                confirmed = steps.confirm_all(self.fleet, plan)
            except BaseException as error:
                steps.turn_back(self.fleet, plan, str(error) or type(error).__name__, stop=False)
                steps.tell_public(self.fleet, plan)
                raise
            seconds = {"all": round(time.monotonic() - began, 3)}
            return self._record(plan, channel, seconds, verdicts, switched, confirmed)

    def _probes(self, pair: Pair) -> list[Probe]:
        session = self.fleet.sessions[0]
        return [
            Probe(**raw) for raw in session.ask(session.commands.probes(pair.release))["probes"]
        ]

    def _record(
        self,
        plan: RolloutPlan,
        channel: Channel | None,
        seconds: Mapping[str, float],
        verdicts: Any,
        switched: dict[str, Any],
        confirmed: dict[str, Any],
    ) -> str:
        was_live = {state.live.pair.release for state in plan.states.values() if state.live}
        left = sorted(was_live - {plan.pair.release})
        certificate = Certificate.of(
            "rollback",
            self.fleet.environment.name,
            plan.pair,
            plan.states,
            grounds=["a rollback needs none"],
            seconds=seconds,
            held=left,
            verdicts=verdicts,
            switched=switched,
            confirmed=confirmed,
        )
        if self.fleet.rehearsing:
            return ""
        digest = certificate.keep(self.store)
        hold = dict.fromkeys([*(channel.hold if channel else ()), *left])
        self.store.switch_channel(
            self.fleet.environment.name,
            release=plan.pair.release,
            image=plan.pair.image,
            certificate=digest,
            hold=[release for release in hold if release != plan.pair.release],
        )
        say(certificate.sentence())
        for release in left:
            say(
                f"release {release[:12]} is held: only `python -m deployer unhold` lets it come"
                " back."
            )
        return digest


def target(states: dict[str, HostState], channel: Channel | None) -> Pair:
    """The pair that every host stands ready to go back to; pure.

    Raises:
        RolloutError: there is none, hosts disagree, or it is itself held.
    """
    pairs = {host: _before(state) for host, state in states.items()}
    gone = [host for host, state in states.items() if state.left and not pairs[host]]
    if gone:
        raise RolloutError(
            f"files of the release that was live before are gone on {', '.join(gone)}: it cannot be"
            " gone back to. Roll it out by name, or another."
        )
    missing = [host for host, pair in pairs.items() if pair is None]
    if missing:
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


def _before(state: HostState) -> Pair | None:
    """What was live before: what was confirmed once, never a slot that failed its gate."""
    return state.left if state.left and state.left.release in state.releases else None


def _wake(session: HostSession, plan: RolloutPlan) -> bool:
    """Have the old slot run; whether it ran already.

    It does unless it was stopped, or a refused rollout took its slot since.
    """
    idle, colour = plan.states[session.name].idle, plan.colour(session)
    if idle and idle.pair == plan.pair:
        if not idle.running:
            session.ask(session.commands.start_again(colour, session.fence))
        return idle.running
    session.ask(session.commands.stand_by(session.fence, standby=False))
    if idle:
        session.ask(session.commands.remove(colour, session.fence))
    session.ask(session.commands.start(colour, plan.pair.release, plan.pair.image, session.fence))
    return False
