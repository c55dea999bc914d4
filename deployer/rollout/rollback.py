"""Rollback: one switch back to the pair that was live before, through the same gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deployer.fleet import Fleet, HostSession, by_host
from deployer.rollout import steps
from deployer.rollout.certificate import Certificate, left_out, settings_switched_to
from deployer.rollout.plan import RolloutPlan
from deployer.rollout.rollback_target import aim, replaced
from deployer.rollout.settings_plan import SettingsPlan, settings_before, settings_now
from deployer.rollout.step_timer import StepTimer
from deployer.state import HostState, Pair, check_known
from deployer.transport.connection import cause
from release_format.probes import Probe
from release_format.progress import say
from release_format.store.base import Channel, Store

NEEDS_NONE = "a rollback needs none"
FOUND = "every host confirmed it before its rollback could write it down"


@dataclass(frozen=True)
class Rollback:
    """One switch back. The old slot is warm, so nothing is shipped and nothing is started.

    `not_there` are the hosts of the environment that stay as they are, each with why.
    """

    fleet: Fleet
    store: Store
    not_there: Mapping[str, str] = field(default_factory=dict)
    timer: StepTimer = field(default_factory=StepTimer)

    def go(self) -> str:
        """The whole act; returns the certificate's digest."""
        with self.fleet.locked("rollback", even_frozen=True):
            with self.timer.step("look"):
                states = self.fleet.states()
                check_known(states.values())
                channel = self.store.channel(self.fleet.environment.name)
                before = left_out(self.store, channel)
                switched_to = settings_switched_to(self.store, channel)
            pair, behind = aim(states, channel, before, switched_to)
            left = self.not_there
            if channel and before and pair == Pair(channel.release, channel.image):
                left = {host: why for host, why in left.items() if host in before}
                names = ", ".join(behind or before)
                say(f"the last rollback left out {names}: this one finishes it")
            if behind:
                say(f"going back to {pair.short()}")
                certificate = self._switch_back(self.fleet.only(behind), pair, behind, left)
            else:
                say(f"every host is back at {pair.short()}; only writing it down is left")
                certificate = self._certificate(pair, states, left, FOUND, settings_now(states))
            return self._record(certificate)

    def _switch_back(
        self,
        fleet: Fleet,
        pair: Pair,
        states: Mapping[str, HostState],
        left: Mapping[str, str],
    ) -> Certificate:
        step = self.timer.step
        settings, probes = settings_before(states, pair), self._probes(fleet.sessions[0], pair)
        plan = RolloutPlan(pair, states, probes, (), settings, goes_back=True)
        channel = self.store.channel(fleet.environment.name)
        try:
            with step("wake"):
                ran = fleet.each(lambda session: _wake(session, plan))
                warm = [host for host, is_warm in ran.items() if is_warm]
            with step("gate"):
                verdicts = steps.prove(fleet, plan, warm)
            with step("hold"):
                self._hold(plan)
            with step("switch"):
                # What is left may not stand in for what replaces it: it is left for a reason.
                switched = steps.switch_all(fleet, plan, verdicts, old_stands_by=False)
            with step("confirm"):
                confirmed = steps.confirm_all(fleet, plan)
        except BaseException as error:
            self._leave_as_it_was(fleet, plan, channel, cause(error))
            steps.tell_public(fleet, plan)
            raise
        return self._certificate(
            pair,
            states,
            left,
            NEEDS_NONE,
            settings,
            verdicts=verdicts,
            switched=switched,
            confirmed=confirmed,
        )

    def _certificate(
        self,
        pair: Pair,
        states: Mapping[str, HostState],
        left: Mapping[str, str],
        ground: str,
        settings: SettingsPlan,
        **evidence: Mapping[str, Any],
    ) -> Certificate:
        return Certificate.of(
            "rollback",
            self.fleet.environment.name,
            pair,
            states,
            grounds=[ground],
            settings=settings.as_record(),
            seconds=self.timer.seconds,
            held=sorted({live.release for live in replaced(pair, states)} - {pair.release}),
            left_out=dict(left),
            **{"verdicts": {}, "switched": {}, "confirmed": {}, **evidence},
        )

    def _hold(self, plan: RolloutPlan) -> None:
        """Hold what is left before anybody leaves it: whoever dies from here on loses no hold.

        A channel that holds its own release says that a rollback began.
        """
        channel = self.store.channel(self.fleet.environment.name)
        held = channel.hold if channel else ()
        lives = replaced(plan.pair, plan.states)
        new = [live for live in lives if live.release not in (*held, plan.pair.release)]
        if new and not self.fleet.rehearsing:
            self.store.switch_channel(
                self.fleet.environment.name,
                release=new[0].release,
                image=new[0].image,
                certificate=channel.certificate if channel else "",
                hold=[*held, *sorted({live.release for live in new})],
            )

    def _leave_as_it_was(
        self, fleet: Fleet, plan: RolloutPlan, channel: Channel | None, why: str
    ) -> None:
        failures = steps.turn_back(fleet, plan, why, stop=False)
        if failures:
            say(f"could not turn back everywhere ({by_host(failures)}). Look at the status.")
        elif channel and "hold" in self.timer.seconds:
            self.store.switch_channel(
                channel.name,
                release=channel.release,
                image=channel.image,
                certificate=channel.certificate,
                hold=channel.hold,
            )

    def _probes(self, session: HostSession, pair: Pair) -> list[Probe]:
        answer = session.ask(session.commands.probes(pair.release))
        return [Probe(**raw) for raw in answer["probes"]]

    def _record(self, certificate: Certificate) -> str:
        environment, pair = self.fleet.environment.name, certificate.record["to"]
        held = certificate.record["held"]
        with self.timer.step("record"):
            if self.fleet.rehearsing:
                return ""
            digest = certificate.keep(self.store)
            channel = self.store.channel(environment)
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


def _wake(session: HostSession, plan: RolloutPlan) -> bool:
    """Have the old slot run; whether it ran already.

    It does unless it was stopped, or a refused rollout took its slot since.
    """
    idle, colour = plan.states[session.name].idle, plan.colour(session)
    settings = plan.settings.of(session)
    if idle and (idle.pair, idle.settings) == (plan.pair, settings):
        if not idle.running:
            session.ask(session.commands.start_again(colour, session.fence))
        return idle.running
    session.ask(session.commands.stand_by(session.fence, standby=False))
    if idle:
        session.ask(session.commands.remove(colour, session.fence))
    pair, fence = plan.pair, session.fence
    session.ask(session.commands.start(colour, pair.release, pair.image, fence, settings))
    return False
