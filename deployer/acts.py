"""Here are hosts whose idle slots are started: prove, switch, guard, confirm, or turn all of them back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import Any

from deployer.error import RolloutError
from deployer.fleet import Fleet, Seat
from deployer.gate import Bounds, Evidence, judge
from deployer.state import Pair, State
from release_format.probes import Probe
from release_format.program import NO, say
from release_format.verdict import Verdict

DRAIN = 30.0


@dataclass(frozen=True)
class Plan:
    """What is about to become live where: the pair, the states seen, and the questions to prove it with."""

    pair: Pair
    states: Mapping[str, State]
    probes: Sequence[Probe]
    questions: Sequence[str]

    def colour(self, seat: Seat) -> str:
        """The slot that the pair goes to on this host."""
        return self.states[seat.name].idle_colour


def prove(fleet: Fleet, plan: Plan, warm: Collection[str] = ()) -> dict[str, Verdict]:
    """The traffic gate of every host; on `warm` ones the idle slot ran before.

    Raises:
        RolloutError: one of them says no, or could not tell.
    """
    verdicts = fleet.each(lambda seat: _prove_one(fleet, seat, plan, warm=seat.name in warm))
    if fleet.rehearsing:
        return {}
    for host, verdict in verdicts.items():
        for condition in verdict.warnings():
            say(f"{host}: {condition.sentence()}")
        if not verdict.says_yes:
            raise RolloutError(f"{host}: {verdict.sentence()}", verdict.exit_code)
    return verdicts


def _prove_one(fleet: Fleet, seat: Seat, plan: Plan, *, warm: bool) -> Verdict:
    environment, state, colour = fleet.environment, plan.states[seat.name], plan.colour(seat)
    live = state.live.pair if state.live and state.live.running else None
    probed, live_colour = [p.question for p in plan.probes], state.live_colour if live else ""
    command = seat.commands.examine(colour, live_colour, environment.start_seconds, probed, plan.questions, warm=warm)
    said = seat.ask(command)
    introduced = dict(said.get("introduced", {}))
    if not introduced.get("ready") and not fleet.rehearsing:
        introduced["said"] = f"{introduced.get('said', '')} {_last_words(seat, colour)}".strip()
    probes, shadow = said.get("probes", {}), said.get("shadow", {})
    evidence = Evidence(
        seat.name, introduced, bool(said.get("up")), plan.probes,
        probes.get(colour, ()), probes.get(f"preview-{colour}", ()),
        shadow.get(colour, ()), shadow.get(live_colour, ()), state.withdrawn,
    )  # fmt: skip
    return judge(plan.pair, live, evidence, Bounds(environment.latency_times, environment.latency_floor_ms))


def _last_words(seat: Seat, colour: str) -> str:
    try:
        return str(seat.machine.read(seat.commands.last_words(colour)))[-300:]
    except RolloutError:
        return ""


def guard_limits(fleet: Fleet, plan: Plan, seat: Seat, verdict: Verdict | None, share: int = 100) -> dict[str, Any]:
    """What the guard of a switch is told: how long, how many, how bad, and how slow is too slow."""
    environment = fleet.environment
    slow = [c.bound for c in verdict.conditions if c.name == "shadow-latency" and c.bound] if verdict else []
    return {
        "seconds": environment.guard_seconds,
        "least": max(environment.guard_least * share // 100, 5),
        "failed_percent": environment.guard_percent,
        "slot_ms": 3 * slow[0] if slow else 0.0,
        "port": environment.port_of(plan.colour(seat)),
        "questions": list(plan.questions[:20]),
    }


def confirm_within(fleet: Fleet) -> float:
    """How long a switch may wait for its confirmation: the guard's longest look, and some room."""
    return 3 * fleet.environment.guard_seconds + 20


def switch_all(
    fleet: Fleet, plan: Plan, verdicts: Mapping[str, Verdict], *, old_stands_by: bool = True
) -> dict[str, Any]:
    """Switch every host at the same moment; each turns back by itself unless confirmed."""

    def switch(seat: Seat) -> Any:
        limits = guard_limits(fleet, plan, seat, verdicts.get(seat.name))
        standby = old_stands_by and plan.states[seat.name].live is not None
        command = seat.commands.switch(plan.colour(seat), seat.fence, confirm_within(fleet), limits, standby=standby)
        return seat.ask(command)

    return fleet.each(switch)


def canary_all(fleet: Fleet, plan: Plan, verdicts: Mapping[str, Verdict], share: int) -> None:
    """Send a share of the visitors to the idle slot of every host, the guard armed before."""

    def begin(seat: Seat) -> Any:
        limits = guard_limits(fleet, plan, seat, verdicts.get(seat.name), share)
        return seat.ask(seat.commands.canary(plan.colour(seat), share, seat.fence, confirm_within(fleet), limits))

    fleet.each(begin)


def guard_all(fleet: Fleet, plan: Plan, share: int = 100) -> dict[str, Any]:
    """What the guards say once they have made up their minds; logged questions are asked meanwhile, for traffic.

    Raises:
        RolloutError: a guard turned back, or could not tell.
    """
    needed = fleet.environment.guard_least * 100 // max(share, 1) * 3 // 2
    questions = list(islice(cycle(plan.questions or [p.question for p in plan.probes]), needed))

    def watch(seat: Seat) -> Any:
        with ThreadPoolExecutor(1) as beside:
            own = beside.submit(seat.ask, seat.commands.ask_public(questions))
            said = seat.ask(seat.commands.guard_says(3 * fleet.environment.guard_seconds + 10))
            asked = own.result().get("public", ())
        own_failed = sum(1 for answer in asked if answer["status"] != 200)
        return {**said, "our_own": len(asked), "our_own_failed": own_failed}

    said = fleet.each(watch)
    for host, guard in said.items():
        if guard["answer"] != "yes":
            code = NO if guard["answer"] == "no" else 3
            raise RolloutError(
                f"{host}: the guard says {guard['answer']}: {guard.get('why')}. Look at the logs.", code
            )
    return said


def confirm_all(fleet: Fleet, plan: Plan) -> dict[str, Any]:
    """The switch stays, on every host."""

    def confirm(seat: Seat) -> Any:
        live = plan.states[seat.name].live
        left = {"colour": live.colour, **asdict(live.pair)} if live else {}
        return seat.ask(seat.commands.confirm(seat.fence, asdict(plan.pair), left))

    return fleet.each(confirm)


def drain_all(fleet: Fleet, plan: Plan) -> dict[str, Any]:
    """Wait until the slots that were live have answered their last question."""
    return fleet.each(lambda seat: seat.ask(seat.commands.drained(plan.states[seat.name].live_colour, DRAIN)))


def turn_back(fleet: Fleet, plan: Plan, why: str, *, stop: bool) -> dict[str, str]:
    """Every host that switched goes back, and the slots that were started are stopped; what could not be done."""

    def back(seat: Seat) -> None:
        seat.ask(seat.commands.revert(plan.states[seat.name].live_colour, seat.fence, why[:200]))
        if stop:
            seat.ask(seat.commands.stop(plan.colour(seat), seat.fence))
        seat.ask(seat.commands.note("refused", release=plan.pair.release, image=plan.pair.image, why=why[:500]))

    return fleet.try_each(back)
