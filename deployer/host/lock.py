"""Lock of a host: held while heartbeats come, each holder with a higher fence number."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import sys
import time
from collections.abc import Iterator
from typing import IO, Any

from . import switch
from .layout import HostError, Layout, keep_spare, read_record, stamp, write_record

# Whoever only looks whether the lock is held holds it too, for a moment.
LOOK_SECONDS = 0.5
NO, COULD_NOT_TELL = 1, 3


def hold(layout: Layout, holder: str, purpose: str, silence: float, *, even_frozen: bool) -> int:
    """Hold the lock until standard input ends or stays silent for `silence` seconds.

    The kernel frees it however this process ends. Where somebody else has it, says who.
    """
    with layout.lock.open("a") as file:
        if not _take(file):
            print(json.dumps({"held_by": read_record(layout.holder)}), flush=True)
            return COULD_NOT_TELL
        if not even_frozen and (frozen := read_record(layout.frozen)):
            raise HostError(
                f"rollouts are frozen since {frozen['since']} by {frozen['by']}: {frozen['why']}."
                " Ask them, then `python -m deployer freeze --off`.",
                NO,
            )
        fence = int(read_record(layout.holder).get("fence", 0)) + 1
        record = {
            "holder": holder,
            "purpose": purpose,
            "fence": fence,
            "since": stamp(),
            "pid": os.getpid(),
        }
        # What an earlier holder does to the route ends before the fence moves on, and is seen
        # below; or it is refused.
        with switch.route_locked(layout):
            write_record(layout.holder, record)
        keep_spare(layout)
        turned_back = switch.recover(layout, fence)
        print(json.dumps({"fence": fence, "turned_back": turned_back}), flush=True)
        _wait_for_silence(silence)
    return 0


def _take(file: IO[str]) -> bool:
    deadline = time.monotonic() + LOOK_SECONDS
    while not (is_ours := _try_lock(file, fcntl.LOCK_EX)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_ours


def _try_lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for_silence(silence: float) -> None:
    heartbeats = sys.stdin.fileno()
    while select.select([heartbeats], [], [], silence)[0]:
        if not os.read(heartbeats, 4096):
            return


def is_held(layout: Layout) -> bool:
    """Whether somebody holds the lock right now."""
    try:
        with layout.lock.open() as file:
            return not _try_lock(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def check_fence(layout: Layout, fence: int) -> None:
    """Refuse whoever lost the lock: a rollout that was cut off must not act after the next."""
    current = int(read_record(layout.holder).get("fence", 0))
    if current != fence or not is_held(layout):
        raise HostError(
            f"this rollout (fence {fence}) lost the host's lock (fence is {current}). Look at the"
            " status; start anew."
        )


@contextlib.contextmanager
def alone(layout: Layout, fence: int) -> Iterator[None]:
    """For who holds the lock; nobody can take it while the block runs."""
    with switch.route_locked(layout):
        check_fence(layout, fence)
        yield


def current_holder(layout: Layout) -> dict[str, Any]:
    """Who holds the lock, or {}."""
    return read_record(layout.holder) if is_held(layout) else {}


def freeze(layout: Layout, by: str, why: str) -> None:
    """Forbid rollouts (not rollbacks) until `thaw`."""
    write_record(layout.frozen, {"by": by, "why": why, "since": stamp()})


def thaw(layout: Layout) -> None:
    """Allow rollouts again."""
    layout.frozen.unlink(missing_ok=True)
