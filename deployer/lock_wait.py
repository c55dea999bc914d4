"""Wait for a host's lock that somebody else holds: bounded, and telling for whom."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from deployer.errors import RolloutError
from release_format.progress import say

POLL_SECONDS, SAY_SECONDS = 1.0, 60.0


class LockWait:
    """The patience of one act, whichever host's lock it waits for. Nothing is ever taken away."""

    def __init__(
        self,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._patience, self._clock, self._sleep = patience, clock, sleep
        self._deadline = clock() + patience
        self._told: tuple[str, float] = ("", 0.0)

    def pause(self, host: str, holder: Mapping[str, Any]) -> None:
        """Wait a little before the lock is asked for again.

        Raises:
            RolloutError: time is up.
        """
        moment, who = self._clock(), f"{host}: {sentence(holder)}"
        if moment >= self._deadline:
            waited = f" Waited {_time(self._patience)} for it." if self._patience else ""
            raise RolloutError(
                f"{who}.{waited} Look at what it does, then run this again; a lock frees itself"
                " within 10 seconds when its holder dies."
            )
        told, told_at = self._told
        if who != told or moment - told_at >= SAY_SECONDS:
            say(f"{who}. Waiting, {_time(self._deadline - moment)} more at the most.")
            self._told = who, moment
        self._sleep(min(POLL_SECONDS, self._deadline - moment))


def sentence(holder: Mapping[str, Any]) -> str:
    """Who holds a lock, since when, and what for."""
    if not holder:
        return "locked by somebody who has not written down who"
    return f"locked since {holder['since']} by {holder['holder']} for {holder['purpose']}"


def _time(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
