"""Token-bucket rate limiter, one bucket a client."""

from __future__ import annotations

import math

from cachetools import LRUCache


class RateLimiter:
    """A bucket of requests for each client: it holds a minute's, and fills in a minute."""

    def __init__(self, a_minute: int, clients: int = 10_000) -> None:
        self._most = float(a_minute)
        self._buckets: LRUCache[str, tuple[float, float]] = LRUCache(clients)

    def wait(self, client: str, now: float, requests: int = 1) -> int:
        """How many seconds this client has to wait; 0 takes so many of its requests."""
        if not self._most:
            return 0
        left, since = self._buckets.get(client, (self._most, now))
        left = min(self._most, left + (now - since) * self._most / 60)
        seconds = 0 if left >= requests else math.ceil((requests - left) * 60 / self._most)
        self._buckets[client] = (left if seconds else left - requests, now)
        return seconds

    def give_back(self, client: str) -> None:
        """One request of this client does not count after all."""
        left, since = self._buckets.get(client, (self._most, 0.0))
        self._buckets[client] = (min(self._most, left + 1), since)
