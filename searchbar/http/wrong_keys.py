"""Wrong keys: each is answered late, counted and logged; after a few a client has to wait."""

from __future__ import annotations

import logging
from asyncio import sleep
from collections import OrderedDict
from time import monotonic

from prometheus_client import Counter
from starlette.datastructures import Headers
from starlette.types import Scope

from searchbar.http.client import address_of, client_of
from searchbar.http.rate_limit import RateLimiter

# Six wrong keys at once, then one in ten seconds: nobody waits longer than that for the next try.
TRIES_A_MINUTE = 6
SECONDS = 1.0
HELD_AT_MOST = 64
LINES_A_MINUTE = 60
BROWSERS = 1_000
_log = logging.getLogger("uvicorn.error")


class WrongKeys:
    """What every client has left to try.

    A browser that brought the right key has tries of its own from then on, so that a stranger
    behind the same address cannot lock it out.
    """

    def __init__(self, counter: Counter) -> None:
        self._wrong, self._unseen = counter.labels("401"), counter.labels("429")
        self._tries, self._lines = RateLimiter(TRIES_A_MINUTE), RateLimiter(LINES_A_MINUTE)
        self._browsers: OrderedDict[str, None] = OrderedDict()
        self._held = self._unlogged = 0

    def wait(self, scope: Scope) -> int:
        """How many seconds this client has to wait before a key of its is looked at; 0 takes one
        try."""
        seconds = self._tries.wait(self._who(scope), monotonic())
        if seconds:
            self._unseen.inc()
        return seconds

    def was_right(self, scope: Scope) -> None:
        """Give the try back, and know this browser from now on."""
        self._tries.give_back(self._who(scope))
        self._browsers[_browser(scope)] = None
        self._browsers.move_to_end(_browser(scope))
        while len(self._browsers) > BROWSERS:
            self._browsers.popitem(last=False)

    async def was_wrong(self, scope: Scope) -> None:
        """Count it, log it without the key, and hold the answer back; nothing else waits
        meanwhile."""
        self._wrong.inc()
        self._log_wrong_key(scope)
        if self._held < HELD_AT_MOST:
            self._held += 1
            try:
                await sleep(SECONDS)
            finally:
                self._held -= 1

    def _who(self, scope: Scope) -> str:
        return browser if (browser := _browser(scope)) in self._browsers else client_of(scope)

    def _log_wrong_key(self, scope: Scope) -> None:
        if self._lines.wait("", monotonic()):
            self._unlogged += 1
            return
        more = f"; {self._unlogged} more were not logged" if self._unlogged else ""
        self._unlogged = 0
        id = scope.get("state", {}).get("request_id", "")
        # Both come from outside: written so that neither begins a line of its own.
        path, address = repr(scope["path"][:80]), repr(address_of(scope)[:80])
        _log.warning("wrong key from %s for %s (request %s)%s", address, path, id, more)


def _browser(scope: Scope) -> str:
    return f"{client_of(scope)} {hash(Headers(scope=scope).get('user-agent', ''))}"
