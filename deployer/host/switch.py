"""Switch of the route with commit-confirm: it turns back unless it is confirmed in time."""

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

from . import haproxy
from .haproxy import Route
from .layout import (
    HostError,
    Layout,
    boot_id,
    note,
    read_record,
    stamp,
    write_record,
    write_text,
)
from .live_metrics import show_live

ARMED_WITHIN = 15.0


@contextlib.contextmanager
def route_locked(layout: Layout) -> Iterator[None]:
    """Keep everybody else from touching the route, and the fence of the host's lock."""
    with layout.route_lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def switch(
    layout: Layout, target: Route, colour: str, fence: int, within: float, limits: dict[str, Any]
) -> dict[str, Any]:
    """Arm the guard, then make `target` the route; `colour` is the one under watch.

    A second switch of the same rollout (canary first, then all) still turns back to where the first
    began. Called with the route locked.
    """
    earlier = read_record(layout.pending)
    if earlier and earlier["fence"] != fence:
        raise HostError(
            "another rollout's switch still waits for its confirmation here. Start anew in a"
            " minute."
        )
    origin = Route(**earlier["from"]) if earlier else haproxy.route_in_file(layout)
    token = uuid.uuid4().hex
    pending = {
        "token": token,
        "fence": fence,
        "boot": boot_id(),
        "deadline": time.monotonic() + within,
        "from": asdict(origin),
        "to": asdict(target),
        "colour": colour,
        "limits": limits,
    }
    write_record(layout.pending, pending)
    _arm(layout, pending)
    count = haproxy.public(haproxy.statistics(layout))
    started = time.perf_counter()
    try:
        haproxy.put(layout, target)
    except (OSError, HostError):
        _restore(layout, pending, "the router did not take the switch")
        raise
    took = (time.perf_counter() - started) * 1000
    note(layout, "switched", to=target.lines(), fence=fence)
    return {"ms": round(took, 2), "requests": count.requests, "failed": count.failed}


def _arm(layout: Layout, pending: dict[str, Any]) -> None:
    """Start the guard as a process that outlives this one, and wait until it watches."""
    token = pending["token"]
    with (layout.root / "guard.log").open("ab") as log:
        guard = subprocess.Popen(
            [sys.executable, "-IS", sys.argv[0], str(layout.root), "guard", "--token", token],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
    deadline = time.monotonic() + ARMED_WITHIN
    while read_record(layout.guard).get("token") != token:
        if guard.poll() is not None or time.monotonic() > deadline:
            _restore(layout, pending, "the guard did not start")
            raise HostError(
                f"the guard did not start; nothing was switched. Look at {layout.root}/guard.log."
            )
        time.sleep(0.01)


def confirm(
    layout: Layout, fence: int, pair: dict[str, str], left: dict[str, str]
) -> dict[str, Any]:
    """Make the switch final, and record what is live and what was left.

    Refused when the guard turned back. Called with the route locked.
    """
    pending = read_record(layout.pending)
    if not pending or pending["fence"] != fence:
        why = read_record(layout.guard).get("why") or "nothing waits for a confirmation"
        raise HostError(f"there is no switch to confirm: {why}. Roll out again.", 1)
    count = haproxy.public(haproxy.statistics(layout))
    live, before = pending["to"]["live"], read_record(layout.slots)
    before.pop("before", None)
    if all(left.get(key, "") == pair.get(key, "") for key in ("release", "image", "settings")):
        # Switched anew to what was live: the way back stays.
        left = before.get("left") or {}
    record = {"live": live, **pair, "since": stamp(), "left": left, "fence": fence}
    write_record(layout.slots, {**record, "before": before})
    layout.pending.unlink()
    note(layout, "live", colour=live, **pair, fence=fence)
    show_live(layout)
    return {"requests": count.requests, "failed": count.failed}


def revert(layout: Layout, why: str, token: str) -> bool:
    """Turn back to where the rollout began, if that very switch still waits."""
    with route_locked(layout):
        pending = read_record(layout.pending)
        if pending.get("token") != token:
            return False
        _restore(layout, pending, why)
    return True


def turn_back(layout: Layout, colour: str, why: str, fence: int) -> bool:
    """Turn back to a colour, even if this rollout's switch was confirmed: hosts are never mixed.

    Called with the route locked.
    """
    if pending := read_record(layout.pending):
        _restore(layout, pending, why)
        return True
    is_there = _is_live(layout, colour)
    if is_there and read_record(layout.slots).get("fence") != fence:
        return False
    if not is_there:
        haproxy.put(layout, Route(colour), even_unwritten=True)
    _take_confirmation_back(layout)
    note(layout, "turned back", to=colour, why=why)
    return True


def _is_live(layout: Layout, colour: str) -> bool:
    """Whether file and router both say so; who died between the two left them apart."""
    if haproxy.route_in_file(layout).live != colour:
        return False
    try:
        return haproxy.route_in_router(layout).live == colour
    except HostError:
        return True  # It will read the file when it runs.


def _take_confirmation_back(layout: Layout) -> None:
    """Have the record say what it said before: what is live, and what a rollback goes back to."""
    before = read_record(layout.slots).get("before")
    if before:
        write_record(layout.slots, before)
    else:
        layout.slots.unlink(missing_ok=True)
    show_live(layout)


def _restore(layout: Layout, pending: dict[str, Any], why: str) -> None:
    """The route first: a disk that is full hinders the records, not the router."""
    haproxy.put(layout, Route(**pending["from"]), even_unwritten=True)
    guard = read_record(layout.guard)
    write_record(layout.guard, {**guard, "token": pending["token"], "answer": "no", "why": why})
    _end(layout, pending)
    note(layout, "turned back", to=pending["from"]["live"], why=why)


def _end(layout: Layout, pending: dict[str, Any]) -> None:
    """Nothing waits any more; a confirmation that died half-way never was."""
    if read_record(layout.slots).get("fence") == pending["fence"]:
        _take_confirmation_back(layout)
    layout.pending.unlink(missing_ok=True)


def recover(layout: Layout, fence: int) -> bool:
    """Turn back a switch of an earlier rollout or boot, or past its time: nobody will confirm it.

    Without a fence (0: the machine or its router starts) only what is late is turned back.
    """
    pending = read_record(layout.pending)
    if not pending or (fence in (0, pending["fence"]) and not is_late(pending)):
        # Who confirmed may have died before this was shown.
        show_live(layout)
        return False
    try:
        if fence:
            return revert(layout, "it was never confirmed", pending["token"])
    except HostError as error:
        note(layout, "the router does not answer", why=str(error))
    # No router runs: the file is the truth that it will read.
    with route_locked(layout):
        write_text(layout.map, Route(**pending["from"]).text())
        _end(layout, pending)
    note(
        layout,
        "turned back",
        to=pending["from"]["live"],
        why="the machine or its router started anew",
    )
    return True


def is_late(pending: dict[str, Any]) -> bool:
    """Whether the time to confirm is over."""
    return bool(pending["boot"] != boot_id() or time.monotonic() > pending["deadline"])


def stand_by(layout: Layout, standby: bool) -> None:
    """Let the idle slot stand in for the live one, or forbid it before anything unproven starts.

    Called with the route locked.
    """
    if read_record(layout.pending):
        raise HostError("a switch waits for its confirmation here. Start anew in a minute.")
    live = haproxy.route_in_file(layout).live
    haproxy.put(layout, Route(live, standby))


def running_guard(layout: Layout) -> bool:
    """Whether the guard of the pending switch is alive."""
    pid = int(read_record(layout.guard).get("pid", 0))
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return pid > 0
