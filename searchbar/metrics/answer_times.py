"""The times of the last answers, one by one."""

from __future__ import annotations

from collections import deque

# As many as are kept.
KEPT = 10_000


class AnswerTimes:
    """The times of the last answers in seconds, until they are taken; the newest where there are
    more than are kept."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=KEPT)

    def add(self, seconds: float) -> None:
        self._times.append(seconds)

    def take(self) -> list[float]:
        """All of them, shortest first, and none twice."""
        taken = [self._times.popleft() for _ in range(len(self._times))]
        return sorted(taken)
