"""Rollout: makes a pair live on every host of an environment, or leaves all as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession, by_host
from deployer.rollout import steps
from deployer.rollout.certificate import Certificate
from deployer.rollout.plan import RolloutPlan
from deployer.rollout.policy import check_allowed, check_not_overtaken, check_readable
from deployer.rollout.settings_plan import plan_settings
from deployer.rollout.step_timer import StepTimer
from deployer.state import OTHER_ROUTER, HostState, Pair
from deployer.transport import image
from deployer.transport.image import ImageFiles
from deployer.transport.ship import Shipped, ship, shipment_of
from release_format.probes import read_probes
from release_format.progress import say
from release_format.release import PROBES
from release_format.run_log import run_id
from release_format.seal import MANIFEST, Manifest, check_seal
from release_format.store.base import Store

SPARE_DISK = 256 * 1024 * 1024


@dataclass(frozen=True)
class RolloutRequest:
    """The release and image that shall be live, and how: questions to ask, share of a canary.

    `patience`: seconds to wait for another rollout that holds the hosts. `commit` is the one that
    is rolled out, "" where nobody knows.
    """

    release: Path
    image: str
    questions: Sequence[str] = ()
    canary: int = 0
    hotfix: bool = False
    patience: float = 0.0
    commit: str = ""


@dataclass
class Rollout:
    """One rollout. Every step has a name that the console and the certificate use."""

    fleet: Fleet
    store: Store
    request: RolloutRequest
    timer: StepTimer = field(default_factory=StepTimer)
    started_slots: bool = False
    is_live: bool = False

    def go(self) -> str:
        """Roll out; returns the certificate's digest, or "" when this pair was live already."""
        with self.timer.step("seal"):
            manifest = check_seal(self.request.release)
        pair = Pair(manifest.id, self.request.image)
        replaced, purpose = self._in_channel(), f"rollout of {pair.short()} ({run_id()})"
        with self.fleet.locked(purpose, patience=self.request.patience):
            with self.timer.step("look"):
                states = self.fleet.states(pair.image)
                steps.check_engines(states)
                settings = plan_settings(self.fleet, states)
            if sentence := settings.sentence():
                say(sentence)
            if settings.are_live and all(state.serves(pair) for state in states.values()):
                say(f"{pair.short()} is live already; nothing was done.")
                return self._write_down_if_unknown(pair, states)
            check_not_overtaken(self.fleet.environment, replaced, self._in_channel())
            probes = read_probes(self.request.release / PROBES)
            plan = RolloutPlan(pair, states, probes, self.request.questions, settings)
            try:
                return self._make_live(plan, manifest)
            except BaseException as error:
                self._leave_as_it_was(plan, error)
                raise

    def _in_channel(self) -> Pair | None:
        channel = self.store.channel(self.fleet.environment.name)
        return Pair(channel.release, channel.image) if channel else None

    def _write_down_if_unknown(self, pair: Pair, states: Mapping[str, HostState]) -> str:
        """Record a pair that is live and not in the store: its rollout died after confirming."""
        if self.fleet.rehearsing or self._in_channel() == pair:
            return ""
        certificate = Certificate.of(
            "found live",
            self.fleet.environment.name,
            pair,
            states,
            verdicts={},
            switched={},
            confirmed={},
            grounds=["every host confirmed it before its rollout could write it down"],
        )
        return self._keep(certificate, pair)

    def _keep(self, certificate: Certificate, pair: Pair) -> str:
        digest = certificate.keep(self.store)
        name = self.fleet.environment.name
        self.store.switch_channel(name, release=pair.release, image=pair.image, certificate=digest)
        say(certificate.sentence())
        return digest

    def _make_live(self, plan: RolloutPlan, manifest: Manifest) -> str:
        with self.timer.step("allow"):
            grounds = self._allow(plan, manifest)
        with self.timer.step("ship"):
            shipped = self._ship(plan, manifest)
        with self.timer.step("start"):
            self._start(plan)
        with self.timer.step("gate"):
            verdicts = steps.prove(self.fleet, plan)
        if share := self.request.canary:
            with self.timer.step("canary"):
                steps.canary_all(self.fleet, plan, verdicts, share)
            with self.timer.step("canary guard"):
                steps.guard_all(self.fleet, plan, share)
        with self.timer.step("switch"):
            switched = steps.switch_all(self.fleet, plan, verdicts)
        with self.timer.step("guard"):
            guarded = steps.guard_all(self.fleet, plan)
        with self.timer.step("confirm"):
            confirmed = steps.confirm_all(self.fleet, plan)
        self.is_live = True
        with self.timer.step("drain"):
            steps.drain_all(self.fleet, plan)
        with self.timer.step("record"):
            certificate = Certificate.of(
                "rollout",
                self.fleet.environment.name,
                plan.pair,
                plan.states,
                grounds=grounds,
                settings=plan.settings.as_record(),
                canary=share,
                commit=self.request.commit,
                seconds=self.timer.seconds,
                shipped={host: sent.bytes for host, sent in shipped.items()},
                verdicts=verdicts,
                switched=switched,
                guarded=guarded,
                confirmed=confirmed,
            )
            return "" if self.fleet.rehearsing else self._keep(certificate, plan.pair)

    def _allow(self, plan: RolloutPlan, manifest: Manifest) -> list[str]:
        self._check_format(plan, manifest)
        slots = [state.live for state in plan.states.values() if state.live]
        live = {slot.pair for slot in slots if slot.running}
        grounds = check_allowed(
            self.store, self.fleet.environment, plan.pair, live, hotfix=self.request.hotfix
        )
        size = sum(seal.bytes for seal in manifest.files.values())
        for state in plan.states.values():
            self._check_capacity(state, 0 if manifest.id in state.releases else size)
            for sentence in state.drift:
                say(f"{state.host}: {sentence}; this rollout sets it right.")
            if not state.router_is_current:
                say(f"{state.host}: {OTHER_ROUTER}")
        return grounds

    def _check_format(self, plan: RolloutPlan, manifest: Manifest) -> None:
        """By what the image says on every host that holds it, and here where it lies here."""
        states = plan.states.values()
        told = {state.image_formats for state in states if state.has_image}
        if len(told) < len(states) and (here := image.formats_of(plan.pair.image)) is not None:
            told.add(here)
        for formats in sorted(told):
            check_readable(plan.pair, manifest.format, formats)

    def _check_capacity(self, state: HostState, size: int) -> None:
        if not state.prepared:
            raise RolloutError(
                f"{state.host}: not prepared. Run `make prepare` for this environment first."
            )
        if not state.router_runs:
            raise RolloutError(
                f"{state.host}: its router does not run. Start it (prepare does), then roll out."
            )
        if state.withdrawn_why:
            raise RolloutError(f"{state.host}: {state.withdrawn_why}")
        if state.disk_free < size + SPARE_DISK:
            raise RolloutError(
                f"{state.host}: {state.disk_free / 1e6:,.0f} MB free on disk,"
                f" {(size + SPARE_DISK) / 1e6:,.0f} MB needed. Run prune, or free some space."
            )
        free = state.memory_available + (state.idle.resident if state.idle else 0)
        limit = self.fleet.environment.memory_bytes
        if free < limit:
            raise RolloutError(
                f"{state.host}: {free / 1e6:,.0f} MB of memory free, {limit / 1e6:,.0f} MB may be"
                " needed. Take a larger host, or lower `memory`."
            )

    def _ship(self, plan: RolloutPlan, manifest: Manifest) -> dict[str, Shipped]:
        shipment = shipment_of(self.request.release, manifest)
        text = (self.request.release / MANIFEST).read_bytes()
        files = self._image_files(plan)

        def ship_to(session: HostSession) -> Shipped:
            self._ship_image(session, plan, manifest, files)
            shipped = ship(session.machine, session.commands, shipment, session.fence)
            session.ask(session.commands.lay_out(manifest.id, text, session.fence))
            return shipped

        shipped = self.fleet.each(ship_to)
        say(by_host({host: sent.sentence() for host, sent in shipped.items()}))
        return shipped

    def _image_files(self, plan: RolloutPlan) -> ImageFiles | None:
        if all(state.has_image for state in plan.states.values()):
            return None
        name = plan.pair.image
        return None if image.comes_from_registry(name) else image.files_of(name)

    def _ship_image(
        self,
        session: HostSession,
        plan: RolloutPlan,
        manifest: Manifest,
        files: ImageFiles | None,
    ) -> None:
        if plan.states[session.name].has_image:
            return
        if files is None:
            session.machine.read(session.commands.pull_image(plan.pair.image))
            pulled = session.state(plan.pair.image)
            if pulled.has_image:
                check_readable(plan.pair, manifest.format, pulled.image_formats)
            return
        shipped = ship(session.machine, session.commands, files.shipment, session.fence)
        session.ask(session.commands.load_image(plan.pair.image, files.names, session.fence))
        say(f"{session.name}: image: {shipped.sentence()}")

    def _start(self, plan: RolloutPlan) -> None:
        self.started_slots = True
        withdrawn = sorted({id for state in plan.states.values() for id in state.withdrawn})

        def start(session: HostSession) -> None:
            commands, state = session.commands, plan.states[session.name]
            colour, pair = plan.colour(session), plan.pair
            # A host that was set up anew learns from the others what was withdrawn before.
            if list(state.withdrawn) != withdrawn:
                session.ask(commands.withdraw(withdrawn))
            # Nothing unproven may stand in for the live slot, so the standby goes first.
            session.ask(commands.stand_by(session.fence, standby=False))
            if state.idle:
                session.ask(commands.remove(colour, session.fence))
            if id := plan.settings.of(session):
                wanted, others = plan.settings.wanted.reveal(), state.settings_in_use
                session.ask(commands.keep_settings(id, wanted, others, session.fence))
            session.ask(commands.start(colour, pair.release, pair.image, session.fence, id))

        self.fleet.each(start)

    def _leave_as_it_was(self, plan: RolloutPlan, error: BaseException) -> None:
        if self.is_live:
            say(
                f"{plan.pair.short()} is live and stays; only writing it down failed. Run the same"
                " rollout again."
            )
            return
        why = str(error) or type(error).__name__
        failures = steps.turn_back(self.fleet, plan, why, stop=self.started_slots)
        if failures:
            say(f"could not clean up everywhere ({by_host(failures)}). The next rollout does.")
        steps.tell_public(self.fleet, plan)
