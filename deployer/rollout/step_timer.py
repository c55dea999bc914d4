"""Step timer: each step of an act under a name that the console and the certificate use."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from release_format.progress import say

REHEARSED = "rehearsed"


@dataclass
class StepTimer:
    """How many seconds each step took, in their order; one that failed is not among them.

    `ended` is how the console calls a step that ended; one that was REHEARSED did nothing.
    """

    ended: str = "done"
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step; once it is done, its name and how long it took are printed."""
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began, 3)
        say(f"{name}: {self.ended} in {self.seconds[name]:.2f} s")
