"""Here is a release and an image: make them live on every host of an environment, or leave all as it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from deployer import acts, image
from deployer.acts import Plan
from deployer.allow import check_allowed
from deployer.certificate import Certificate
from deployer.error import RolloutError
from deployer.fleet import Fleet, Seat, by_host, whoami
from deployer.image import ImageFiles
from deployer.ship import Shipped, cargo_of, ship
from deployer.state import OTHER_ROUTER, Pair, State
from release_format.probes import read_probes
from release_format.program import now, run_id, say
from release_format.release import PROBES
from release_format.seal import MANIFEST, Manifest, check_seal
from release_format.store import Store
from release_format.verdict import Verdict

T = TypeVar("T")
SPARE_DISK = 256 * 1024 * 1024


@dataclass(frozen=True)
class Wish:
    """What somebody wants to be live: the sealed release, the image, a canary's share, and questions to prove it."""

    release: Path
    image: str
    questions: Sequence[str] = ()
    canary: int = 0
    hotfix: bool = False


@dataclass
class Rollout:
    """One rollout. Every step has a name that the console, the journal and the certificate use."""

    fleet: Fleet
    store: Store
    wish: Wish
    seconds: dict[str, float] = field(default_factory=dict)
    started_slots: bool = False
    is_live: bool = False

    def step(self, name: str, act: Callable[[], T]) -> T:
        """Do one step, telling its name and how long it took."""
        began = time.monotonic()
        result = act()
        self.seconds[name] = round(time.monotonic() - began, 3)
        say(f"{name}: done in {self.seconds[name]:.2f} s")
        return result

    def go(self) -> str:
        """The whole act; returns the certificate's digest, or "" when this pair was live already."""
        manifest = self.step("seal", lambda: check_seal(self.wish.release))
        pair = Pair(manifest.id, self.wish.image)
        with self.fleet.locked(f"rollout of {pair.short()} ({run_id()})"):
            states = self.step("look", lambda: self.fleet.states(pair.image))
            if all(state.serves(pair) for state in states.values()):
                say(f"{pair.short()} is live already; nothing was done.")
                return self._write_down_if_unknown(pair, states)
            plan = Plan(pair, states, read_probes(self.wish.release / PROBES), self.wish.questions)
            try:
                return self._make_live(plan, manifest)
            except BaseException as error:
                self._leave_as_it_was(plan, error)
                raise

    def _write_down_if_unknown(self, pair: Pair, states: Mapping[str, State]) -> str:
        """A rollout that died after its confirmation left the hosts right and the store ignorant of it."""
        channel = self.store.channel(self.fleet.environment.name)
        if self.fleet.rehearsing or (channel and Pair(channel.release, channel.image) == pair):
            return ""
        certificate = Certificate.of(
            "found live", self.fleet.environment.name, pair, states, verdicts={}, switched={}, confirmed={},
            by=whoami(), at=now(), grounds=["every host confirmed it before its rollout could write it down"],
        )  # fmt: skip
        return self._keep(certificate, pair)

    def _keep(self, certificate: Certificate, pair: Pair) -> str:
        digest = certificate.keep(self.store)
        name = self.fleet.environment.name
        self.store.switch_channel(name, release=pair.release, image=pair.image, certificate=digest)
        say(certificate.sentence())
        return digest

    def _make_live(self, plan: Plan, manifest: Manifest) -> str:
        grounds = self.step("allow", lambda: self._allow(plan, manifest))
        shipped = self.step("ship", lambda: self._ship(plan, manifest))
        self.step("start", lambda: self._start(plan))
        verdicts = self.step("gate", lambda: acts.prove(self.fleet, plan))
        if self.wish.canary:
            self.step("canary", lambda: acts.canary_all(self.fleet, plan, verdicts, self.wish.canary))
            self.step("canary guard", lambda: acts.guard_all(self.fleet, plan, self.wish.canary))
        switched = self.step("switch", lambda: acts.switch_all(self.fleet, plan, verdicts))
        guarded = self.step("guard", lambda: acts.guard_all(self.fleet, plan))
        confirmed = self.step("confirm", lambda: acts.confirm_all(self.fleet, plan))
        self.is_live = True
        self.step("drain", lambda: acts.drain_all(self.fleet, plan))
        return self.step(
            "record", lambda: self._record(plan, grounds, shipped, verdicts, switched, guarded, confirmed)
        )

    def _allow(self, plan: Plan, manifest: Manifest) -> list[str]:
        live = {state.live.pair for state in plan.states.values() if state.live and state.live.running}
        grounds = check_allowed(self.store, self.fleet.environment, plan.pair, live, hotfix=self.wish.hotfix)
        size = sum(seal.bytes for seal in manifest.files.values())
        for state in plan.states.values():
            self._check_room(state, 0 if manifest.id in state.releases else size)
            for sentence in state.drift:
                say(f"{state.host}: {sentence}; this rollout sets it right.")
            if not state.router_is_current:
                say(f"{state.host}: {OTHER_ROUTER}")
        return grounds

    def _check_room(self, state: State, size: int) -> None:
        if not state.prepared:
            raise RolloutError(f"{state.host}: not prepared. Run `make prepare` for this environment first.")
        if not state.router_runs:
            raise RolloutError(f"{state.host}: its router does not run. Start it (prepare does), then roll out.")
        if state.disk_free < size + SPARE_DISK:
            raise RolloutError(
                f"{state.host}: {state.disk_free / 1e6:,.0f} MB free on disk, {(size + SPARE_DISK) / 1e6:,.0f} MB"
                " needed. Run prune, or free some space."
            )
        freed = state.idle.resident if state.idle else 0
        wanted = self.fleet.environment.memory_bytes
        if state.memory_available + freed < wanted:
            raise RolloutError(
                f"{state.host}: {(state.memory_available + freed) / 1e6:,.0f} MB of memory free, {wanted / 1e6:,.0f}"
                " MB may be needed. Take a larger host, or lower `memory`."
            )

    def _ship(self, plan: Plan, manifest: Manifest) -> dict[str, Shipped]:
        cargo = cargo_of(self.wish.release, manifest)
        text = (self.wish.release / MANIFEST).read_bytes()
        files = self._image_files(plan)

        def to_one(seat: Seat) -> Shipped:
            self._ship_image(seat, plan, files)
            shipped = ship(seat.machine, seat.commands, cargo, seat.fence)
            seat.ask(seat.commands.lay_out(manifest.id, text, seat.fence))
            return shipped

        shipped = self.fleet.each(to_one)
        say(by_host({host: one.sentence() for host, one in shipped.items()}))
        return shipped

    def _image_files(self, plan: Plan) -> ImageFiles | None:
        known = all(state.has_image for state in plan.states.values())
        return None if known or image.comes_from_registry(plan.pair.image) else image.files_of(plan.pair.image)

    def _ship_image(self, seat: Seat, plan: Plan, files: ImageFiles | None) -> None:
        if plan.states[seat.name].has_image:
            return
        if files is None:
            seat.ask(seat.commands.pull_image(plan.pair.image))
            return
        shipped = ship(seat.machine, seat.commands, files.cargo, seat.fence)
        seat.ask(seat.commands.load_image(plan.pair.image, files.names, seat.fence))
        say(f"{seat.name}: image: {shipped.sentence()}")

    def _start(self, plan: Plan) -> None:
        self.started_slots = True
        withdrawn = sorted({id for state in plan.states.values() for id in state.withdrawn})

        def start(seat: Seat) -> None:
            # A host that was set up anew learns from the others what was withdrawn before.
            if list(plan.states[seat.name].withdrawn) != withdrawn:
                seat.ask(seat.commands.withdraw(withdrawn))
            # Nothing unproven may stand in for the live slot, so the standby goes first.
            seat.ask(seat.commands.stand_by(seat.fence, standby=False))
            if plan.states[seat.name].idle:
                seat.ask(seat.commands.remove(plan.colour(seat), seat.fence))
            seat.ask(seat.commands.start(plan.colour(seat), plan.pair.release, plan.pair.image, seat.fence))

        self.fleet.each(start)

    def _leave_as_it_was(self, plan: Plan, error: BaseException) -> None:
        if self.is_live:
            say(f"{plan.pair.short()} is live and stays; only writing it down failed. Run the same rollout again.")
            return
        left = acts.turn_back(self.fleet, plan, str(error) or type(error).__name__, stop=self.started_slots)
        if left:
            say(f"could not clean up everywhere ({by_host(left)}). The next rollout does.")
        else:
            say("Nothing changed for the public: the live slot answers as before.")

    def _record(
        self, plan: Plan, grounds: list[str], shipped: dict[str, Shipped], verdicts: dict[str, Verdict],
        switched: dict[str, Any], guarded: dict[str, Any], confirmed: dict[str, Any],
    ) -> str:  # fmt: skip
        certificate = Certificate.of(
            "rollout", self.fleet.environment.name, plan.pair, plan.states, by=whoami(), at=now(), grounds=grounds,
            canary=self.wish.canary, seconds=self.seconds, shipped={h: s.bytes for h, s in shipped.items()},
            verdicts=verdicts, switched=switched, guarded=guarded, confirmed=confirmed,
        )  # fmt: skip
        if self.fleet.rehearsing:
            return ""
        return self._keep(certificate, plan.pair)
