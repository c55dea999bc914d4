"""Steps of a rollout on all hosts: prove, switch, guard, confirm, drain, or turn back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import cycle, islice
from typing import Any

from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession, by_host
from deployer.rollout.gate import TrafficBounds, TrafficEvidence, judge
from deployer.rollout.plan import RolloutPlan
from deployer.state import HostState, Pair
from deployer.transport.connection import cause
from release_format.exit_codes import COULD_NOT_TELL, NO
from release_format.progress import say
from release_format.verdict import Verdict

DRAIN = 30.0
# Who asks meanwhile has to start first, and a busy host takes its time.
LEAST_PATIENCE = 15.0


def prove(fleet: Fleet, plan: RolloutPlan, warm: Collection[str] = ()) -> dict[str, Verdict]:
    """The traffic gate of every host; on `warm` ones the idle slot ran before.

    Raises:
        RolloutError: one of them says no, or could not tell.
    """
    verdicts = fleet.each(
        lambda session: _prove_host(fleet, session, plan, warm=session.name in warm)
    )
    if fleet.rehearsing:
        return {}
    for host, verdict in verdicts.items():
        for condition in verdict.warnings():
            say(f"{host}: {condition.sentence()}")
        if not verdict.says_yes:
            raise RolloutError(f"{host}: {verdict.sentence()}", verdict.exit_code)
    return verdicts


def _prove_host(fleet: Fleet, session: HostSession, plan: RolloutPlan, *, warm: bool) -> Verdict:
    environment, state, colour = fleet.environment, plan.states[session.name], plan.colour(session)
    live = state.live.pair if state.live and state.live.running else None
    probes, live_colour = [p.question for p in plan.probes], state.live_colour if live else ""
    command = session.commands.examine(
        colour, live_colour, environment.start_seconds, probes, plan.questions, warm=warm
    )
    answer = session.ask(command)
    introduced = dict(answer.get("introduced", {}))
    if not introduced.get("ready") and not fleet.rehearsing:
        introduced["said"] = f"{introduced.get('said', '')} {_last_log(session, colour)}".strip()
    probe_answers, shadow_answers = answer.get("probes", {}), answer.get("shadow", {})
    evidence = TrafficEvidence(
        host=session.name,
        introduced=introduced,
        seen_up=bool(answer.get("up")),
        probes=plan.probes,
        at_slot=probe_answers.get(colour, ()),
        at_router=probe_answers.get(f"preview-{colour}", ()),
        shadow_idle=shadow_answers.get(colour, ()),
        shadow_live=shadow_answers.get(live_colour, ()),
        withdrawn=state.withdrawn,
    )
    bounds = TrafficBounds(environment.latency_times, environment.latency_floor_ms)
    return judge(plan.pair, live, evidence, bounds)


def _last_log(session: HostSession, colour: str) -> str:
    try:
        return str(session.machine.read(session.commands.last_log(colour)))[-300:]
    except RolloutError:
        return ""


def guard_limits(
    fleet: Fleet, plan: RolloutPlan, session: HostSession, verdict: Verdict | None, share: int = 100
) -> dict[str, Any]:
    """What the guard of a switch allows, as its verdict and the environment say."""
    environment = fleet.environment
    conditions = verdict.conditions if verdict else ()
    slow = [c.bound for c in conditions if c.name == "shadow-latency" and c.bound]
    return {
        "seconds": environment.guard_seconds,
        "longest": longest_watch(fleet),
        "least": max(environment.guard_least * share // 100, 5),
        "failed_percent": environment.guard_percent,
        "slot_ms": 3 * slow[0] if slow else 0.0,
        "port": environment.port_of(plan.colour(session)),
        "questions": list(plan.questions[:20]),
    }


def longest_watch(fleet: Fleet) -> float:
    """Seconds that a guard waits for enough traffic."""
    return max(3 * fleet.environment.guard_seconds, LEAST_PATIENCE)


def confirm_within(fleet: Fleet) -> float:
    """Seconds that a switch may wait for its confirmation: the guard's longest, and some more."""
    return longest_watch(fleet) + 20


def switch_all(
    fleet: Fleet, plan: RolloutPlan, verdicts: Mapping[str, Verdict], *, old_stands_by: bool = True
) -> dict[str, Any]:
    """Switch every host at the same moment; each turns back by itself unless confirmed."""

    def switch(session: HostSession) -> Any:
        limits = guard_limits(fleet, plan, session, verdicts.get(session.name))
        standby = old_stands_by and plan.states[session.name].live is not None
        command = session.commands.switch(
            plan.colour(session), session.fence, confirm_within(fleet), limits, standby=standby
        )
        return session.ask(command)

    return fleet.each(switch)


def canary_all(
    fleet: Fleet, plan: RolloutPlan, verdicts: Mapping[str, Verdict], share: int
) -> None:
    """Send a share of the visitors to the idle slot of every host, the guard armed before."""

    def begin(session: HostSession) -> Any:
        limits = guard_limits(fleet, plan, session, verdicts.get(session.name), share)
        command = session.commands.canary(
            plan.colour(session), share, session.fence, confirm_within(fleet), limits
        )
        return session.ask(command)

    fleet.each(begin)


def guard_all(fleet: Fleet, plan: RolloutPlan, share: int = 100) -> dict[str, Any]:
    """What the guards report once they have decided; logged questions make traffic meanwhile.

    Raises:
        RolloutError: a guard turned back, or could not tell.
    """
    needed = fleet.environment.guard_least * 100 // max(share, 1) * 3 // 2
    questions = list(islice(cycle(plan.questions or [p.question for p in plan.probes]), needed))

    def watch(session: HostSession) -> Any:
        patience = longest_watch(fleet) + 10
        with ThreadPoolExecutor(1) as pool:
            traffic = pool.submit(session.ask, session.commands.ask_public(questions))
            report = session.ask(session.commands.guard_says(patience))
            answers = traffic.result().get("public", ())
        own_failed = sum(1 for answer in answers if answer["status"] != 200)
        return {**report, "our_own": len(answers), "our_own_failed": own_failed}

    reports = fleet.each(watch)
    for host, report in reports.items():
        if (answer := report["answer"]) != "yes":
            raise RolloutError(
                f"{host}: the guard says {answer}: {report.get('why')}. Look at the logs.",
                NO if answer == "no" else COULD_NOT_TELL,
            )
    return reports


def confirm_all(fleet: Fleet, plan: RolloutPlan) -> dict[str, Any]:
    """The switch stays, on every host."""

    def confirm(session: HostSession) -> Any:
        live = plan.states[session.name].live
        left = {"colour": live.colour, **_recorded(live.pair, live.settings)} if live else {}
        pair = _recorded(plan.pair, plan.settings.of(session))
        if plan.goes_back:
            pair["act"] = "rollback"
        return session.ask(session.commands.confirm(session.fence, pair, left))

    return fleet.each(confirm)


def _recorded(pair: Pair, settings: str) -> dict[str, str]:
    """A pair as hosts record it, with the name of its settings where it has any."""
    return asdict(pair) | ({"settings": settings} if settings else {})


def drain_all(fleet: Fleet, plan: RolloutPlan) -> dict[str, Any]:
    """Wait until the slots that were live have answered their last question."""
    return fleet.each(
        lambda session: session.ask(
            session.commands.drained(plan.states[session.name].live_colour, DRAIN)
        )
    )


def check_engines(states: Mapping[str, HostState]) -> None:
    """Check that every host knows what its slots hold, before anything is touched.

    Raises:
        RolloutError: the Docker engine of one of them does not answer.
    """
    for host, state in states.items():
        if state.engine_why:
            raise RolloutError(f"{host}: {state.engine_why} Nothing was touched.")


def tell_public(fleet: Fleet, plan: RolloutPlan) -> None:
    """Say what the public has after an act that failed, as the hosts answer now."""
    if fleet.rehearsing:
        return
    question = next((probe.question for probe in plan.probes), "search")

    def standing(session: HostSession) -> str:
        try:
            before, state = plan.states[session.name], session.state()
            [answer] = session.ask(session.commands.ask_public([question]))["public"]
            return differs(before, state, answer)
        except Exception as error:
            return f"could not tell what the public has ({cause(error)})"

    if changes := {host: text for host, text in fleet.each(standing).items() if text}:
        say(f"{by_host(changes)}. Look at the status, then roll out again or back.")
    else:
        say("Nothing changed for the public: the live slot answers as before.")


def differs(before: HostState, after: HostState, answer: Mapping[str, Any]) -> str:
    """What the public has now that it had not before, "" for nothing; pure.

    `answer` is what the public is answered just now.
    """
    if after.pending:
        return "a switch still waits for its confirmation"
    if after.live_colour != before.live_colour:
        return f"{after.live_colour} is live, {before.live_colour} was before"
    if not before.live:
        return "nothing was live, and nothing is"
    if answer["status"] != 200:
        return f"the live slot does not answer ({answer.get('why') or answer['status']})"
    if answer["release"] != before.live.pair.release:
        return f"another release answers than before ({str(answer['release'])[:12]})"
    return ""


def turn_back(fleet: Fleet, plan: RolloutPlan, why: str, *, stop: bool) -> dict[str, str]:
    """Turn every host back, and stop what was started; what could not be done, by host."""

    def turn_host_back(session: HostSession) -> None:
        session.ask(
            session.commands.revert(plan.states[session.name].live_colour, session.fence, why[:200])
        )
        if stop:
            session.ask(session.commands.stop(plan.colour(session), session.fence))
        session.ask(
            session.commands.note(
                "refused", release=plan.pair.release, image=plan.pair.image, why=why[:500]
            )
        )

    return fleet.attempt(turn_host_back)[1]
