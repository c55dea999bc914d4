"""Here is a switch that waits for its confirmation: watch it, and turn back at the first clear sign of harm."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from . import ask, router, switch
from .rooms import HostError, Rooms, read_record, write_record
from .router import Count

PACE = 0.05
TOLD_EVERY = 0.2
BLIND_FOR = 10.0
DOWN_FOR = 1.0
# A server that crashes and is started again is up most of the time; a sound one never falls.
FALLS = 2
WATCHING, YES, NO, COULD_NOT_TELL = "watching", "yes", "no", "could not tell"


@dataclass(frozen=True)
class Limits:
    """What the guard allows. `seconds` it watches at least, three times that when traffic is too little to tell."""

    seconds: float = 10.0
    least: int = 50
    failed_least: int = 5
    failed_percent: float = 2.0
    slot_ms: float = 0.0
    port: int = 0
    questions: list[str] = field(default_factory=list)


@dataclass
class Seen:
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


def judge(seen: Seen, limits: Limits) -> tuple[str, str]:
    """The answer so far, and why. Too little traffic is inconclusive, never fine."""
    if why := _harm(seen, limits):
        return NO, why
    if seen.seconds < limits.seconds:
        return WATCHING, ""
    longest = 3 * limits.seconds
    fell = seen.down or (seen.falls and seen.seconds < longest)
    if seen.requests >= limits.least and not fell:
        return YES, ""
    if seen.seconds < longest or seen.down:
        return WATCHING, ""
    return COULD_NOT_TELL, f"{seen.requests} requests in {seen.seconds:.0f} s are too few (at least {limits.least})"


def _harm(seen: Seen, limits: Limits) -> str:
    allowed = max(limits.failed_percent, 3 * seen.before_percent)
    share = 100 * seen.failed / max(seen.requests, 1)
    if seen.failed >= limits.failed_least and share > allowed:
        return f"{seen.failed} of {seen.requests} requests failed ({share:.1f} %, allowed {allowed:.1f} %)"
    if seen.down > DOWN_FOR or seen.slot_silent >= 4:
        return "the new slot stopped answering"
    if seen.falls >= FALLS:
        return "the new slot goes up and down"
    if limits.slot_ms and len(seen.slot_ms) >= 5 and seen.typical_ms > limits.slot_ms:
        return f"the new slot answers in {seen.typical_ms:.0f} ms (allowed {limits.slot_ms:.0f} ms)"
    if seen.blind > BLIND_FOR:
        return "the router cannot be asked"
    return ""


def watch(rooms: Rooms, token: str) -> int:
    """Watch until the switch is confirmed, turned back or late."""
    pending = read_record(rooms.pending)
    watcher = _Watcher(rooms, pending["colour"], Limits(**pending["limits"]))
    _tell(rooms, token, watcher.seen, WATCHING, "")
    told = 0.0
    while True:
        now = read_record(rooms.pending)
        if now.get("token") != token:
            return 0
        watcher.look()
        answer, why = judge(watcher.seen, watcher.limits)
        if switch.is_late(now):
            answer, why = NO, why or "nobody confirmed in time"
        if answer == NO:
            return _turn_back(rooms, token, watcher.seen, why)
        if time.monotonic() - told > TOLD_EVERY:
            told = time.monotonic()
            _tell(rooms, token, watcher.seen, answer, why)
        time.sleep(PACE)


def _turn_back(rooms: Rooms, token: str, seen: Seen, why: str) -> int:
    while True:
        try:
            if switch.revert(rooms, why, token):
                _tell(rooms, token, seen, NO, why)
            return 0
        except (OSError, HostError):
            time.sleep(0.2)


def _tell(rooms: Rooms, token: str, seen: Seen, answer: str, why: str) -> None:
    numbers = {**asdict(seen), "slot_ms": round(seen.typical_ms, 1)}
    write_record(rooms.guard, {"token": token, "pid": os.getpid(), "answer": answer, "why": why, **numbers})


class _Watcher:
    """The eyes of the guard: router counters at every look, one question to the slot twice a second."""

    def __init__(self, rooms: Rooms, colour: str, limits: Limits) -> None:
        self.rooms, self.colour, self.limits = rooms, colour, limits
        self.seen = Seen()
        self.started = self.looked = time.monotonic()
        self.asked = 0.0
        self.was_up = False
        rows = router.statistics(rooms)
        self.count = router.of_colour(rows, colour)
        before = router.public(rows)
        self.seen.before_percent = 100 * before.failed / max(before.requests, 1)

    def look(self) -> None:
        now = time.monotonic()
        passed, self.looked = now - self.looked, now
        self.seen.seconds = round(now - self.started, 2)
        try:
            rows = router.statistics(self.rooms)
        except HostError:
            self.seen.blind += passed
            return
        self.seen.blind = 0.0
        is_up = router.is_up(rows, self.colour)
        self.seen.falls += self.was_up and not is_up
        self.was_up = is_up
        self.seen.down = 0.0 if is_up else self.seen.down + passed
        self._add(router.of_colour(rows, self.colour))
        if self.limits.questions and now - self.asked > 0.5:
            self.asked = now
            self._ask_the_slot()

    def _add(self, count: Count) -> None:
        new, self.count = count.since(self.count), count
        self.seen.requests += new.requests
        self.seen.failed += new.failed

    def _ask_the_slot(self) -> None:
        question = self.limits.questions[len(self.seen.slot_ms) % len(self.limits.questions)]
        answer = ask.one(self.limits.port, question, timeout=2.0)
        if answer["status"] == 200:
            self.seen.slot_silent = 0
            self.seen.slot_ms.append(answer["ms"])
        elif answer["status"] == 0:
            self.seen.slot_silent += 1


def told(rooms: Rooms, patience: float) -> dict[str, Any]:
    """What the guard says, once it has made up its mind."""
    deadline = time.monotonic() + patience
    while True:
        said = read_record(rooms.guard)
        if said.get("answer") != WATCHING:
            return said
        if time.monotonic() > deadline or not switch.running_guard(rooms):
            return {**said, "answer": COULD_NOT_TELL, "why": "the guard went silent"}
        time.sleep(0.05)
