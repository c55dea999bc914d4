"""Guard of a switch that waits for its confirmation: turns back at the first clear harm."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from . import haproxy, prober, switch
from .haproxy import Count
from .layout import HostError, Layout, read_record, write_record

LOOK_EVERY = 0.05
REPORT_EVERY = 0.2
LONGEST_BLIND = 10.0
LONGEST_DOWN = 1.0
# A server that crashes and is started again is up most of the time; a sound one never falls.
MOST_FALLS = 2
WATCHING, YES, NO, COULD_NOT_TELL = "watching", "yes", "no", "could not tell"


@dataclass(frozen=True)
class GuardLimits:
    """What the guard allows, and for how long it watches.

    At least for `seconds`, and up to `longest` when traffic is too little to tell.
    """

    seconds: float = 10.0
    longest: float = 30.0
    least: int = 50
    failed_least: int = 5
    failed_percent: float = 2.0
    slot_ms: float = 0.0
    port: int = 0
    questions: list[str] = field(default_factory=list)


@dataclass
class GuardEvidence:
    """What the guard saw since it was armed."""

    seconds: float = 0.0
    requests: int = 0
    failed: int = 0
    before_percent: float = 0.0
    down: float = 0.0
    falls: int = 0
    blind: float = 0.0
    slot_ms: list[float] = field(default_factory=list)
    slot_silent: int = 0

    @property
    def typical_ms(self) -> float:
        """The median of the last answers of the slot."""
        last = sorted(self.slot_ms[-9:])
        return last[len(last) // 2] if last else 0.0


def judge(evidence: GuardEvidence, limits: GuardLimits) -> tuple[str, str]:
    """The answer so far, and why. Too little traffic is inconclusive, never fine."""
    if why := _harm(evidence, limits):
        return NO, why
    if evidence.seconds < limits.seconds:
        return WATCHING, ""
    fell = evidence.down or (evidence.falls and evidence.seconds < limits.longest)
    if evidence.requests >= limits.least and not fell:
        return YES, ""
    if evidence.seconds < limits.longest or evidence.down:
        return WATCHING, ""
    traffic = f"{evidence.requests} requests in {evidence.seconds:.0f} s"
    return COULD_NOT_TELL, f"{traffic} are too few (at least {limits.least})"


def _harm(evidence: GuardEvidence, limits: GuardLimits) -> str:
    allowed = max(limits.failed_percent, 3 * evidence.before_percent)
    share = 100 * evidence.failed / max(evidence.requests, 1)
    if evidence.failed >= limits.failed_least and share > allowed:
        return (
            f"{evidence.failed} of {evidence.requests} requests failed ({share:.1f} %, allowed"
            f" {allowed:.1f} %)"
        )
    if evidence.down > LONGEST_DOWN or evidence.slot_silent >= 4:
        return "the new slot stopped answering"
    if evidence.falls >= MOST_FALLS:
        return "the new slot goes up and down"
    typical = evidence.typical_ms
    if limits.slot_ms and len(evidence.slot_ms) >= 5 and typical > limits.slot_ms:
        return f"the new slot answers in {typical:.0f} ms (allowed {limits.slot_ms:.0f} ms)"
    if evidence.blind > LONGEST_BLIND:
        return "the router cannot be asked"
    return ""


def watch(layout: Layout, token: str) -> int:
    """Watch until the switch is confirmed, turned back or late."""
    pending = read_record(layout.pending)
    watcher = _Watcher(layout, pending["colour"], GuardLimits(**pending["limits"]))
    _report(layout, token, watcher.evidence, WATCHING, "")
    reported_at = 0.0
    while True:
        pending = read_record(layout.pending)
        if pending.get("token") != token:
            return 0
        watcher.look()
        answer, why = judge(watcher.evidence, watcher.limits)
        if switch.is_late(pending):
            answer, why = NO, why or "nobody confirmed in time"
        if answer == NO:
            return _turn_back(layout, token, watcher.evidence, why)
        if time.monotonic() - reported_at > REPORT_EVERY:
            reported_at = time.monotonic()
            _report(layout, token, watcher.evidence, answer, why)
        time.sleep(LOOK_EVERY)


def _turn_back(layout: Layout, token: str, evidence: GuardEvidence, why: str) -> int:
    while True:
        try:
            if switch.revert(layout, why, token):
                _report(layout, token, evidence, NO, why)
            return 0
        except (OSError, HostError):
            time.sleep(0.2)


def _report(layout: Layout, token: str, evidence: GuardEvidence, answer: str, why: str) -> None:
    numbers = {**asdict(evidence), "slot_ms": round(evidence.typical_ms, 1)}
    write_record(
        layout.guard, {"token": token, "pid": os.getpid(), "answer": answer, "why": why, **numbers}
    )


class _Watcher:
    """Gathers evidence: router counters at every look, a question to the slot twice a second."""

    def __init__(self, layout: Layout, colour: str, limits: GuardLimits) -> None:
        self.layout, self.colour, self.limits = layout, colour, limits
        self.evidence = GuardEvidence()
        self.started_at = self.looked_at = time.monotonic()
        self.asked_at = 0.0
        self.was_up = False
        rows = haproxy.statistics(layout)
        self.count = haproxy.of_colour(rows, colour)
        before = haproxy.public(rows)
        self.evidence.before_percent = 100 * before.failed / max(before.requests, 1)

    def look(self) -> None:
        now = time.monotonic()
        passed, self.looked_at = now - self.looked_at, now
        self.evidence.seconds = round(now - self.started_at, 2)
        try:
            rows = haproxy.statistics(self.layout)
        except HostError:
            self.evidence.blind += passed
            return
        self.evidence.blind = 0.0
        is_up = haproxy.is_up(rows, self.colour)
        self.evidence.falls += self.was_up and not is_up
        self.was_up = is_up
        self.evidence.down = 0.0 if is_up else self.evidence.down + passed
        self._add(haproxy.of_colour(rows, self.colour))
        if self.limits.questions and now - self.asked_at > 0.5:
            self.asked_at = now
            self._ask_slot()

    def _add(self, count: Count) -> None:
        new, self.count = count.since(self.count), count
        self.evidence.requests += new.requests
        self.evidence.failed += new.failed

    def _ask_slot(self) -> None:
        question = self.limits.questions[len(self.evidence.slot_ms) % len(self.limits.questions)]
        answer = prober.ask(self.limits.port, question, timeout=2.0)
        if answer["status"] == 200:
            self.evidence.slot_silent = 0
            self.evidence.slot_ms.append(answer["ms"])
        elif answer["status"] == 0:
            self.evidence.slot_silent += 1


def await_answer(layout: Layout, patience: float) -> dict[str, Any]:
    """The report of the guard, once it has decided."""
    deadline = time.monotonic() + patience
    while True:
        report = read_record(layout.guard)
        if report.get("answer") != WATCHING:
            return report
        if time.monotonic() > deadline or not switch.running_guard(layout):
            return {**report, "answer": COULD_NOT_TELL, "why": "the guard went silent"}
        time.sleep(0.05)
