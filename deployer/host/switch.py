"""Here is the route that should be: switch to it, and turn back unless somebody confirms in time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from . import router
from .rooms import HostError, Rooms, boot, note, read_record, stamp, write_record, write_text
from .router import Route

ARMED_WITHIN = 5.0


@contextlib.contextmanager
def one_act(rooms: Rooms) -> Iterator[None]:
    """Whatever touches the route, and the lock's fence, excludes one another: the first of them decides."""
    with rooms.acts.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def switch(
    rooms: Rooms, target: Route, colour: str, fence: int, within: float, limits: dict[str, Any]
) -> dict[str, Any]:
    """Arm the guard, then make `target` the route; `colour` is the one under watch. Called within one act.

    A second switch of the same rollout (canary first, then all) still turns back to where the first began.
    """
    before = read_record(rooms.pending)
    if before and before["fence"] != fence:
        raise HostError("another rollout's switch still waits for its confirmation here. Start anew in a minute.")
    origin = Route(**before["from"]) if before else router.route_in_file(rooms)
    token = uuid.uuid4().hex
    pending = {
        "token": token, "fence": fence, "boot": boot(), "deadline": time.monotonic() + within,
        "from": asdict(origin), "to": asdict(target), "colour": colour, "limits": limits,
    }  # fmt: skip
    write_record(rooms.pending, pending)
    _arm(rooms, pending)
    before_count = router.public(router.statistics(rooms))
    started = time.perf_counter()
    try:
        router.put(rooms, target)
    except (OSError, HostError):
        _back(rooms, pending, "the router did not take the switch")
        raise
    took = (time.perf_counter() - started) * 1000
    note(rooms, "switched", to=target.lines(), fence=fence)
    return {"ms": round(took, 2), "requests": before_count.requests, "failed": before_count.failed}


def _arm(rooms: Rooms, pending: dict[str, Any]) -> None:
    """Start the guard as a process of its own, which the caller's end does not touch, and wait until it watches."""
    token = pending["token"]
    with (rooms.root / "guard.log").open("ab") as log:
        guard = subprocess.Popen(
            [sys.executable, "-IS", sys.argv[0], str(rooms.root), "guard", "--token", token],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
        )  # fmt: skip
    deadline = time.monotonic() + ARMED_WITHIN
    while read_record(rooms.guard).get("token") != token:
        if guard.poll() is not None or time.monotonic() > deadline:
            _back(rooms, pending, "the guard did not start")
            raise HostError(f"the guard did not start; nothing was switched. Look at {rooms.root}/guard.log.")
        time.sleep(0.01)


def confirm(rooms: Rooms, fence: int, pair: dict[str, str], left: dict[str, str]) -> dict[str, Any]:
    """The switch stays, and the record says what is live and what was left. Refused when the guard turned back.

    Called within one act.
    """
    pending = read_record(rooms.pending)
    if not pending or pending["fence"] != fence:
        why = read_record(rooms.guard).get("why") or "nothing waits for a confirmation"
        raise HostError(f"there is no switch to confirm: {why}.", 1)
    seen = router.public(router.statistics(rooms))
    live = pending["to"]["live"]
    write_record(rooms.slots, {"live": live, **pair, "since": stamp(), "left": left})
    rooms.pending.unlink()
    note(rooms, "live", colour=live, **pair, fence=fence)
    return {"requests": seen.requests, "failed": seen.failed}


def revert(rooms: Rooms, why: str, token: str) -> bool:
    """Turn back to where the rollout began, if that very switch still waits."""
    with one_act(rooms):
        pending = read_record(rooms.pending)
        if pending.get("token") != token:
            return False
        _back(rooms, pending, why)
    return True


def turn_back(rooms: Rooms, colour: str, why: str) -> bool:
    """Back to the colour that was live, even if the switch was confirmed here: hosts are never mixed.

    Called within one act.
    """
    if pending := read_record(rooms.pending):
        _back(rooms, pending, why)
        return True
    if router.route_in_file(rooms).live == colour:
        return False
    router.put(rooms, Route(colour), even_unwritten=True)
    rooms.slots.unlink(missing_ok=True)
    note(rooms, "turned back", to=colour, why=why)
    return True


def _back(rooms: Rooms, pending: dict[str, Any], why: str) -> None:
    """The public first: a disk that is full hinders the records, not the router."""
    router.put(rooms, Route(**pending["from"]), even_unwritten=True)
    guard = read_record(rooms.guard)
    write_record(rooms.guard, {**guard, "token": pending["token"], "answer": "no", "why": why})
    rooms.pending.unlink()
    note(rooms, "turned back", to=pending["from"]["live"], why=why)


def recover(rooms: Rooms, fence: int) -> bool:
    """Turn back a switch that nobody will confirm: of an earlier rollout, an earlier boot, or past its time.

    Without a fence (0: the machine or its router starts) only what is late is turned back.
    """
    pending = read_record(rooms.pending)
    if not pending or (fence in (0, pending["fence"]) and not is_late(pending)):
        return False
    try:
        if fence:
            return revert(rooms, "it was never confirmed", pending["token"])
    except HostError as error:
        note(rooms, "the router does not answer", why=str(error))
    # No router runs: the file is the truth that it will read.
    with one_act(rooms):
        write_text(rooms.map, Route(**pending["from"]).text())
        rooms.pending.unlink(missing_ok=True)
    note(rooms, "turned back", to=pending["from"]["live"], why="the machine or its router started anew")
    return True


def is_late(pending: dict[str, Any]) -> bool:
    """Whether the time to confirm is over."""
    return bool(pending["boot"] != boot() or time.monotonic() > pending["deadline"])


def stand_by(rooms: Rooms, standby: bool) -> None:
    """Let the idle slot stand in for the live one, or (before anything unproven starts there) forbid it.

    Called within one act.
    """
    if read_record(rooms.pending):
        raise HostError("a switch waits for its confirmation here. Start anew in a minute.")
    seen = router.route_in_file(rooms)
    router.put(rooms, Route(seen.live, standby))


def running_guard(rooms: Rooms) -> bool:
    """Whether the guard of the pending switch is alive."""
    pid = int(read_record(rooms.guard).get("pid", 0))
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return pid > 0
