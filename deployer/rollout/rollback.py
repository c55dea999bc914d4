"""Rollback: one switch back to the pair that was live before, through the same gate."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession, by_host
from deployer.rollout import steps
from deployer.rollout.certificate import Certificate, left_out
from deployer.rollout.plan import RolloutPlan
from deployer.state import HostState, Pair, check_known
from deployer.transport.connection import cause
from release_format.exit_codes import NO
from release_format.probes import Probe
from release_format.progress import say
from release_format.store.base import Channel, Store


@dataclass(frozen=True)
class Rollback:
    """One switch back. The old slot is warm, so nothing is shipped and nothing is started.

    `not_there` are the hosts of the environment that stay as they are, each with why.
    """

    fleet: Fleet
    store: Store
    not_there: Mapping[str, str] = field(default_factory=dict)

    def go(self) -> str:
        """The whole act; returns the certificate's digest."""
        began = time.monotonic()
        with self.fleet.locked("rollback", even_frozen=True):
            states = self.fleet.states()
            check_known(states.values())
            channel = self.store.channel(self.fleet.environment.name)
            before = left_out(self.store, channel)
            behind = unfinished(states, channel, before)
            left = self.not_there
            if channel and behind:
                pair, states = to_finish(behind, channel), behind
                left = {host: why for host, why in left.items() if host in before}
                say(f"the last rollback left out {', '.join(behind)}: this one finishes it")
            else:
                pair = target(states, channel)
            say(f"going back to {pair.short()}")
            certificate = self._switch_back(self.fleet.only(states), pair, states, began, left)
            return self._record(certificate, channel)

    def _switch_back(
        self,
        fleet: Fleet,
        pair: Pair,
        states: Mapping[str, HostState],
        began: float,
        left: Mapping[str, str],
    ) -> Certificate:
        plan = RolloutPlan(pair, states, self._probes(fleet.sessions[0], pair), ())
        try:
            ran = fleet.each(lambda session: _wake(session, plan))
            warm = [host for host, is_warm in ran.items() if is_warm]
            verdicts = steps.prove(fleet, plan, warm)
            # What is left may not stand in for what replaces it: it is left for a reason.
            switched = steps.switch_all(fleet, plan, verdicts, old_stands_by=False)
            confirmed = steps.confirm_all(fleet, plan)
        except BaseException as error:
            failures = steps.turn_back(fleet, plan, cause(error), stop=False)
            if failures:
                say(f"could not turn back everywhere ({by_host(failures)}). Look at the status.")
            steps.tell_public(fleet, plan)
            raise
        was_live = {state.live.pair.release for state in states.values() if state.live}
        return Certificate.of(
            "rollback",
            fleet.environment.name,
            pair,
            states,
            grounds=["a rollback needs none"],
            seconds={"all": round(time.monotonic() - began, 3)},
            held=sorted(was_live - {pair.release}),
            left_out=dict(left),
            verdicts=verdicts,
            switched=switched,
            confirmed=confirmed,
        )

    def _probes(self, session: HostSession, pair: Pair) -> list[Probe]:
        answer = session.ask(session.commands.probes(pair.release))
        return [Probe(**raw) for raw in answer["probes"]]

    def _record(self, certificate: Certificate, channel: Channel | None) -> str:
        if self.fleet.rehearsing:
            return ""
        environment, pair = self.fleet.environment.name, certificate.record["to"]
        digest = certificate.keep(self.store)
        held = certificate.record["held"]
        hold = dict.fromkeys([*(channel.hold if channel else ()), *held])
        self.store.switch_channel(
            environment,
            release=pair["release"],
            image=pair["image"],
            certificate=digest,
            hold=[release for release in hold if release != pair["release"]],
        )
        say(certificate.sentence())
        for release in held:
            say(
                f"release {release[:12]} is held: only `python -m deployer unhold` lets it come"
                " back."
            )
        if left := certificate.record["left_out"]:
            say(
                f"MIXED: left as they were: {', '.join(left)}. Once they answer, `python -m"
                f" deployer rollback --environment {environment}` takes them back too; until then"
                " `status` says so."
            )
        return digest


def unfinished(
    states: Mapping[str, HostState], channel: Channel | None, before: Collection[str]
) -> dict[str, HostState]:
    """Hosts that the last rollback left out and that serve another pair than it went to; pure."""
    if channel is None:
        return {}
    pair = Pair(channel.release, channel.image)
    return {
        host: state
        for host, state in states.items()
        if host in before and not (state.live and state.live.pair == pair)
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
