"""Here is a stream: give me a few of it, the same ones each time, however long it is."""

from __future__ import annotations

import hashlib
import heapq
from typing import Generic, TypeVar

T = TypeVar("T")


class Sample(Generic[T]):
    """The things whose keys have the smallest digests: spread evenly, independent of order, bounded in memory.

    Things with one key come together, so that doubles stay doubles.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[int, int, str, T]] = []
        self.seen = 0

    def offer(self, key: str, thing: T) -> None:
        """Look at one more thing."""
        self.seen += 1
        rank = -int.from_bytes(hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).digest(), "big")
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, (rank, -self.seen, key, thing))
        elif rank > self._heap[0][0]:
            heapq.heapreplace(self._heap, (rank, -self.seen, key, thing))

    def kept(self) -> list[T]:
        """What was kept, ordered by key."""
        return [thing for _, _, _, thing in sorted(self._heap, key=lambda one: (one[2], -one[1]))]

    def __len__(self) -> int:
        return len(self._heap)
