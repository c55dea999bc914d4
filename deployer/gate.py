"""Here is what an idle slot answered: does it answer as the release says, and as well as what is live?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deployer.state import Pair
from release_format.probes import Probe, unanswered
from release_format.verdict import Answer, Condition, Severity, Verdict

GATE = "traffic"
SAME_AGREEMENT = 0.99
FAILED_ALLOWED = 0


@dataclass(frozen=True)
class Bounds:
    """How much slower than live the idle slot may be, and below which time it is never refused."""

    times: float = 1.5
    floor_ms: float = 100.0


@dataclass(frozen=True)
class Evidence:
    """What was asked of one host and what came back, place by place, answers in the order of the questions."""

    host: str
    introduced: Mapping[str, Any]
    seen_up: bool
    probes: Sequence[Probe]
    at_slot: Sequence[Mapping[str, Any]]
    at_router: Sequence[Mapping[str, Any]]
    shadow_idle: Sequence[Mapping[str, Any]] = ()
    shadow_live: Sequence[Mapping[str, Any]] = ()
    withdrawn: Collection[str] = field(default=())


def judge(wish: Pair, live: Pair | None, evidence: Evidence, bounds: Bounds) -> Verdict:
    """The verdict of the traffic gate for one host; pure."""
    conditions = [
        _ready(evidence),
        _is_the_one(wish, evidence),
        _routed(evidence),
        _probes("probes-slot", evidence.probes, evidence.at_slot, evidence.withdrawn),
        _probes("probes-router", evidence.probes, evidence.at_router, evidence.withdrawn),
        _answers_are_of(wish, evidence),
        _shadow_failed(evidence),
        _shadow_latency(evidence, bounds),
        _shadow_agreement(wish, live, evidence),
    ]
    facts = {"host": evidence.host, "image": wish.image, "live_image": live.image if live else ""}
    return Verdict(GATE, wish.release, live.release if live else "", conditions, facts)


def _ready(evidence: Evidence) -> Condition:
    ready = bool(evidence.introduced.get("ready"))
    seen = (
        "ready"
        if ready
        else f"status {evidence.introduced.get('status')}: {evidence.introduced.get('said', '')[:200]}"
    )
    return Condition("ready", _said(ready), seen, "ready", why="The server did not become ready. Read its log.")


def _is_the_one(wish: Pair, evidence: Evidence) -> Condition:
    there = Pair(str(evidence.introduced.get("release", "")), str(evidence.introduced.get("image", "")))
    if not there.release:
        return Condition("release-and-image", Answer.COULD_NOT_TELL, "nothing said", wish.short())
    return Condition(
        "release-and-image", _said(there == wish), there.short(), wish.short(),
        why="Something else answers at the port of the idle slot. Stop it.",
    )  # fmt: skip


def _routed(evidence: Evidence) -> Condition:
    seen = "up" if evidence.seen_up else "not up"
    return Condition(
        "router-sees-it", _said(evidence.seen_up), seen, "up", why="Look at the router's log on the host."
    )


def _probes(
    name: str, probes: Sequence[Probe], answers: Sequence[Mapping[str, Any]], withdrawn: Collection[str]
) -> Condition:
    asked = [(p, a) for p, a in zip(probes, answers, strict=False) if p.id not in withdrawn]
    if not asked:
        why = "" if probes else "A release without probes cannot be trusted. Build it again."
        return Condition(name, Answer.COULD_NOT_TELL, "no probes asked", "every probe answered", why=why)
    by_question = {p.question: list(a["ids"]) for p, a in asked}
    lost = unanswered([p for p, _ in asked], by_question.__getitem__)
    seen = f"{len(asked) - len(lost)} of {len(asked)} answered"
    if lost:
        seen += f", not {lost[0].question!r}"
    return Condition(name, _said(not lost), seen, "every probe answered", measured=len(lost), bound=0,
                     why="The slot does not find what this release is known to find. Build it again.")  # fmt: skip


def _answers_are_of(wish: Pair, evidence: Evidence) -> Condition:
    """Every single answer names the release it came from: a wrong one behind the right port is noticed."""
    answers = [*evidence.at_slot, *evidence.at_router, *evidence.shadow_idle]
    foreign = {str(a["release"]) for a in answers if a["status"] == 200} - {wish.release}
    seen = f"{len(answers)} answers" + (f", some of {sorted(foreign)[0][:12] or 'no release'}" if foreign else "")
    return Condition("answers-name-the-release", _said(not foreign), seen, f"all of {wish.release[:12]}",
                     why="Another server answers there too. Look for it on the host.")  # fmt: skip


def _shadow_failed(evidence: Evidence) -> Condition:
    asked = len(evidence.shadow_idle)
    if not asked:
        return Condition("shadow-failed", Answer.NOT_ASKED, "no questions", "none failed",
                         why="Give logged questions with --questions.")  # fmt: skip
    failed = [a for a in evidence.shadow_idle if a["status"] != 200]
    seen = f"{len(failed)} of {asked} failed" + (f" (first: {_failure(failed[0])})" if failed else "")
    return Condition("shadow-failed", _said(len(failed) <= FAILED_ALLOWED), seen, "none failed",
                     measured=len(failed), bound=FAILED_ALLOWED, why="Read the idle server's log.")  # fmt: skip


def _failure(answer: Mapping[str, Any]) -> str:
    return str(answer.get("why") or f"status {answer['status']}")


def _shadow_latency(evidence: Evidence, bounds: Bounds) -> Condition:
    idle, live = _p95(evidence.shadow_idle), _p95(evidence.shadow_live)
    if idle is None:
        return Condition("shadow-latency", Answer.NOT_ASKED, "no answers", "within bounds")
    if live is None:
        return Condition("shadow-latency", Answer.NOT_ASKED, f"p95 {idle:.0f} ms, nothing live", "within bounds")
    allowed = max(bounds.times * live, bounds.floor_ms)
    return Condition("shadow-latency", _said(idle <= allowed), f"p95 {idle:.0f} ms, live {live:.0f} ms",
                     f"at most {allowed:.0f} ms", measured=idle, bound=allowed,
                     why="Slower than what is live. Build a lighter one, or raise latency_times.")  # fmt: skip


def _p95(answers: Sequence[Mapping[str, Any]]) -> float | None:
    times = sorted(float(a["ms"]) for a in answers if a["status"] == 200)
    return times[min(int(len(times) * 0.95), len(times) - 1)] if times else None


def _shadow_agreement(wish: Pair, live: Pair | None, evidence: Evidence) -> Condition:
    both = [
        (list(i["ids"]), list(v["ids"]))
        for i, v in zip(evidence.shadow_idle, evidence.shadow_live, strict=False)
        if i["status"] == v["status"] == 200
    ]
    same = live is not None and live.release == wish.release
    allowed = f"at least {SAME_AGREEMENT:.0%}, the release being the same" if same else "told"
    if not both:
        answer = Answer.COULD_NOT_TELL if same and evidence.shadow_idle else Answer.NOT_ASKED
        return Condition("shadow-agreement", answer, "nothing to compare", allowed)
    agreement = sum(_overlap(idle, live_) for idle, live_ in both) / len(both)
    fine = not same or agreement >= SAME_AGREEMENT
    seen = f"{agreement:.1%} of the first ten of {len(both)} questions"
    why = "" if fine else "A new image must answer a release as the old one did. Look at what it changed."
    severity = Severity.BLOCK if same else Severity.TELL
    return Condition("shadow-agreement", _said(fine), seen, allowed, severity, why, agreement)  # fmt: skip


def _overlap(one: Sequence[str], two: Sequence[str]) -> float:
    if not one and not two:
        return 1.0
    return len(set(one) & set(two)) / max(len(set(one)), len(set(two)))


def _said(yes: bool) -> Answer:
    return Answer.YES if yes else Answer.NO
