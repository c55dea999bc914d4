"""Bounded sample of a stream: the same members each time, in whatever order they come."""

from __future__ import annotations

import hashlib
import heapq
from typing import Generic, TypeVar

T = TypeVar("T")


class Sample(Generic[T]):
    """The members whose keys have the smallest digests: spread evenly, and bounded in memory.

    Members with one key come together, so that doubles stay doubles.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[int, int, str, T]] = []
        self.seen = 0

    def offer(self, key: str, member: T) -> None:
        """Take one more member in, if its key's digest is among the smallest."""
        self.seen += 1
        digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).digest()
        rank = -int.from_bytes(digest, "big")
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, (rank, -self.seen, key, member))
        elif rank > self._heap[0][0]:
            heapq.heapreplace(self._heap, (rank, -self.seen, key, member))

    def members(self) -> list[T]:
        """The sample, ordered by key, then by when a member was offered."""
        ordered = sorted(self._heap, key=lambda entry: (entry[2], -entry[1]))
        return [member for _, _, _, member in ordered]

    def __len__(self) -> int:
        return len(self._heap)
