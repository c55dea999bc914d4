"""Traffic gate: does an idle slot answer as its release says, and as well as what is live?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from deployer.host.withdrawn import ids_of
from deployer.state import Pair
from release_format.gate import Bound, Measured, claim, condition, not_asked
from release_format.probes import Probe, unanswered
from release_format.verdict import Condition, Severity, Verdict

GATE = "traffic"
SAME_AGREEMENT = 0.99


@dataclass(frozen=True)
class TrafficBounds:
    """How much slower than live the idle slot may be, and below which time it is never refused."""

    times: float = 1.5
    floor_ms: float = 100.0


@dataclass(frozen=True)
class TrafficEvidence:
    """What one host answered, place by place; answers are in the order of the questions."""

    host: str
    introduced: Mapping[str, Any]
    seen_up: bool
    probes: Sequence[Probe]
    at_slot: Sequence[Mapping[str, Any]]
    at_router: Sequence[Mapping[str, Any]]
    shadow_idle: Sequence[Mapping[str, Any]] = ()
    shadow_live: Sequence[Mapping[str, Any]] = ()
    withdrawn: Collection[str] = field(default=())


def judge(
    pair: Pair, live: Pair | None, evidence: TrafficEvidence, bounds: TrafficBounds
) -> Verdict:
    """The verdict of the traffic gate for one host; pure."""
    conditions = [
        _ready(evidence),
        _identity(pair, evidence),
        _routed(evidence),
        _probes("probes-slot", evidence.probes, evidence.at_slot, evidence.withdrawn),
        _probes("probes-router", evidence.probes, evidence.at_router, evidence.withdrawn),
        _answers_are_of(pair, evidence),
        _shadow_failed(evidence),
        _shadow_latency(evidence, bounds),
        _shadow_agreement(pair, live, evidence),
    ]
    facts = {"host": evidence.host, "image": pair.image, "live_image": live.image if live else ""}
    return Verdict(GATE, pair.release, live.release if live else "", conditions, facts)


def _ready(evidence: TrafficEvidence) -> Condition:
    ready = bool(evidence.introduced.get("ready"))
    body = evidence.introduced.get("said", "")[:200]
    seen = "ready" if ready else f"status {evidence.introduced.get('status')}: {body}"
    return claim("ready", ready, seen, "ready", "The server did not become ready. Read its log.")


def _identity(pair: Pair, evidence: TrafficEvidence) -> Condition:
    running = Pair(*(str(evidence.introduced.get(name, "")) for name in ("release", "image")))
    return claim(
        "release-and-image",
        running == pair if running.release else None,
        running.short() if running.release else "nothing said",
        pair.short(),
        "Something else answers at the port of the idle slot. Stop it.",
    )


def _routed(evidence: TrafficEvidence) -> Condition:
    seen = "up" if evidence.seen_up else "not up"
    why = "Look at the router's log on the host."
    return claim("router-sees-it", evidence.seen_up, seen, "up", why)


def _probes(
    name: str,
    probes: Sequence[Probe],
    answers: Sequence[Mapping[str, Any]],
    withdrawn: Collection[str],
) -> Condition:
    taken_back = _taken_back({probe.id for probe in probes}, withdrawn)
    probed = [(p, a) for p, a in zip(probes, answers, strict=False) if p.id not in taken_back]
    allowed = "every probe answered"
    if not probed:
        why = "" if probes else "A release without probes cannot be trusted. Build it again."
        return claim(name, None, "no probes asked", allowed, why)
    by_question = {probe.question: list(answer["ids"]) for probe, answer in probed}
    lost = unanswered([probe for probe, _ in probed], by_question.__getitem__)
    seen = f"{len(probed) - len(lost)} of {len(probed)} answered"
    if lost:
        seen += f", not {lost[0].question!r}"
    why = "The slot does not find what this release is known to find. Build it again."
    return _counted(name, len(lost), seen, allowed, why)


def _taken_back(ids: Set[str], withdrawn: Collection[str]) -> set[str]:
    """Those of these ids that the lines of the list mean, as the server takes them."""
    meant = (next((id for id in ids_of(line) if id in ids), None) for line in withdrawn)
    return {id for id in meant if id is not None}


def _answers_are_of(pair: Pair, evidence: TrafficEvidence) -> Condition:
    """Every answer names its release: a wrong server behind the right port is noticed."""
    answers = [*evidence.at_slot, *evidence.at_router, *evidence.shadow_idle]
    foreign = {str(a["release"]) for a in answers if a["status"] == 200} - {pair.release}
    seen = f"{len(answers)} answers"
    if foreign:
        seen += f", some of {sorted(foreign)[0][:12] or 'no release'}"
    why = "Another server answers there too. Look for it on the host."
    allowed = f"all of {pair.release[:12]}"
    return claim("answers-name-the-release", not foreign, seen, allowed, why)


def _shadow_failed(evidence: TrafficEvidence) -> Condition:
    name, allowed = "shadow-failed", "none failed"
    if not evidence.shadow_idle:
        return not_asked(name, "no questions", allowed, "Give logged questions with --questions.")
    failed = [a for a in evidence.shadow_idle if a["status"] != 200]
    seen = f"{len(failed)} of {len(evidence.shadow_idle)} failed"
    if failed:
        seen += f" (first: {_failure(failed[0])})"
    return _counted(name, len(failed), seen, allowed, "Read the idle server's log.")


def _counted(name: str, count: int, seen: str, allowed: str, why: str) -> Condition:
    """A condition that allows none of what was counted."""
    return replace(claim(name, not count, seen, allowed, why), measured=count, bound=0)


def _failure(answer: Mapping[str, Any]) -> str:
    return str(answer.get("why") or f"status {answer['status']}")


def _shadow_latency(evidence: TrafficEvidence, bounds: TrafficBounds) -> Condition:
    name, idle, live = "shadow-latency", _p95(evidence.shadow_idle), _p95(evidence.shadow_live)
    if idle is None or live is None:
        seen = "no answers" if idle is None else f"p95 {idle:.0f} ms, nothing live"
        return not_asked(name, seen, "within bounds")
    bound = Bound(
        unit="ms for 95 of 100 questions",
        why="Slower than what is live. Build a lighter one, or raise latency_times.",
        block=max(bounds.times * live, bounds.floor_ms),
    )
    return condition(name, bound, Measured(idle, detail=f"live {live:.0f} ms"))


def _p95(answers: Sequence[Mapping[str, Any]]) -> float | None:
    times = sorted(float(a["ms"]) for a in answers if a["status"] == 200)
    return times[min(int(len(times) * 0.95), len(times) - 1)] if times else None


def _shadow_agreement(pair: Pair, live: Pair | None, evidence: TrafficEvidence) -> Condition:
    name = "shadow-agreement"
    overlaps = [
        _overlap(set(idle_answer["ids"]), set(live_answer["ids"]))
        for idle_answer, live_answer in zip(
            evidence.shadow_idle, evidence.shadow_live, strict=False
        )
        if idle_answer["status"] == live_answer["status"] == 200
    ]
    same = live is not None and live.release == pair.release
    if not overlaps:
        allowed = f"at least {SAME_AGREEMENT:.0%}" if same else "told"
        if same and evidence.shadow_idle:
            return claim(name, None, "nothing to compare", allowed)
        return not_asked(name, "nothing to compare", allowed)
    agreement = sum(overlaps) / len(overlaps)
    detail = f"in the first ten of {len(overlaps)} questions"
    if not same:
        shown = claim(name, True, f"{agreement:.1%} {detail}", "told", severity=Severity.TELL)
        return replace(shown, measured=agreement)
    bound = Bound(
        unit="of the answers kept, the release being the same",
        why="A new image must answer a release as the old one did. Look at what it changed.",
        at="least",
        block=SAME_AGREEMENT,
    )
    return condition(name, bound, Measured(agreement, detail=detail))


def _overlap(idle: Set[str], live: Set[str]) -> float:
    return len(idle & live) / max(len(idle), len(live)) if idle or live else 1.0
