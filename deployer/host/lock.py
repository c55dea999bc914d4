"""Here is a holder that keeps sending heartbeats: give it the host's lock and a fence number."""

from __future__ import annotations

import fcntl
import json
import os
import select
import sys
import time
from typing import IO, Any

from . import switch
from .rooms import HostError, Rooms, read_record, stamp, write_record

SILENCE = 5.0
A_GLANCE = 0.5
NO, COULD_NOT_TELL = 1, 3


def hold(rooms: Rooms, holder: str, purpose: str, silence: float, *, even_frozen: bool) -> int:
    """Hold the lock until standard input ends or stays silent; the kernel frees it however this process ends."""
    with rooms.lock.open("a") as file:
        _take(rooms, file)
        if not even_frozen and (frozen := read_record(rooms.frozen)):
            raise HostError(
                f"rollouts are frozen since {frozen['since']} by {frozen['by']}: {frozen['why']}."
                " Ask them, then `python -m deployer freeze --off`.",
                NO,
            )
        fence = int(read_record(rooms.holder).get("fence", 0)) + 1
        held = {"holder": holder, "purpose": purpose, "fence": fence, "since": stamp(), "pid": os.getpid()}
        # An act of an earlier holder ends before the fence moves on, and is seen below; or it is refused.
        with switch.one_act(rooms):
            write_record(rooms.holder, held)
        turned_back = switch.recover(rooms, fence)
        print(json.dumps({"fence": fence, "turned_back": turned_back}), flush=True)
        _wait_for_silence(silence)
    return 0


def _take(rooms: Rooms, file: IO[str]) -> None:
    # Whoever only looks whether it is held holds it too, for a glance.
    deadline = time.monotonic() + A_GLANCE
    try:
        while not _taken(file, deadline):
            time.sleep(0.05)
    except BlockingIOError:
        by = read_record(rooms.holder)
        raise HostError(
            f"locked since {by.get('since')} by {by.get('holder')} for {by.get('purpose')}."
            " Wait for it; a lock frees itself within 10 seconds when its holder dies.",
            COULD_NOT_TELL,
        ) from None


def _taken(file: IO[str], deadline: float) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if time.monotonic() > deadline:
            raise
        return False
    return True


def _wait_for_silence(silence: float) -> None:
    heart = sys.stdin.fileno()
    while select.select([heart], [], [], silence)[0]:
        if not os.read(heart, 4096):
            return


def is_held(rooms: Rooms) -> bool:
    """Whether somebody holds the lock right now."""
    rooms.lock.touch()
    with rooms.lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def check_fence(rooms: Rooms, fence: int) -> None:
    """Refuse whoever no longer holds the lock: a rollout that was cut off must not act after the next one began."""
    now = int(read_record(rooms.holder).get("fence", 0))
    if now != fence or not is_held(rooms):
        raise HostError(
            f"this rollout (fence {fence}) lost the host's lock (fence is {now}). Look at the status; start anew."
        )


def told(rooms: Rooms) -> dict[str, Any]:
    """Who holds the lock, or {}."""
    return read_record(rooms.holder) if is_held(rooms) else {}


def freeze(rooms: Rooms, by: str, why: str) -> None:
    """Forbid rollouts (not rollbacks) until `thaw`."""
    write_record(rooms.frozen, {"by": by, "why": why, "since": stamp()})


def thaw(rooms: Rooms) -> None:
    """Allow rollouts again."""
    if rooms.frozen.exists():
        rooms.frozen.unlink()
