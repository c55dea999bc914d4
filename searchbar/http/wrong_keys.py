"""Wrong keys: each is answered late, counted and logged; after a few a client has to wait."""

from __future__ import annotations

import hashlib
import logging
import secrets
from asyncio import sleep
from time import monotonic

from cachetools import LRUCache
from prometheus_client import Counter
from starlette.datastructures import Headers
from starlette.types import Scope

from searchbar.http.client import address_of, client_of
from searchbar.http.rate_limit import RateLimiter
from searchbar.server_log import WITHOUT_ADDRESS

# Six wrong keys at once, then one in ten seconds: nobody waits longer than that for the next try.
TRIES_A_MINUTE = 6
# Where the right key came from before, so many more are looked at, though only to let that one in.
LOOKS_A_MINUTE = 60
SECONDS = 1.0
HELD_AT_MOST = 64
LINES_A_MINUTE = 60
BROWSERS = 1_000
MARKS = 10_000
_log = logging.getLogger("uvicorn.error")


class WrongKeys:
    """What every client has left to try.

    A key that was wrong is wrong again for nothing: a page that keeps last month's key guesses
    nothing. A browser that brought the right key has tries of its own from then on, so that a
    stranger behind the same address cannot lock it out. Where they are spent (a stranger's browser
    may be called the same), the key that came from there before is still let in; to look for it is
    a guess too, and so is counted as one.
    """

    def __init__(self, counter: Counter) -> None:
        self._wrong, self._unseen = counter.labels("401"), counter.labels("429")
        self._tries, self._lines = RateLimiter(TRIES_A_MINUTE), RateLimiter(LINES_A_MINUTE)
        self._looks = RateLimiter(LOOKS_A_MINUTE)
        self._browsers: LRUCache[str, None] = LRUCache(BROWSERS)
        # Marks of a client with its key: neither is kept, and no mark outlives the server.
        self._secret = secrets.token_bytes(32)
        self._known_wrong: LRUCache[bytes, None] = LRUCache(MARKS)
        self._known_right: LRUCache[bytes, None] = LRUCache(BROWSERS)
        self._held = self._unlogged = 0

    def is_known(self, scope: Scope, key: str) -> bool:
        """Whether this key of this client was wrong before; it is counted, and costs no try."""
        mark = self._mark(scope, key)
        if mark not in self._known_wrong:
            return False
        self._known_wrong[mark] = None
        self._wrong.inc()
        return True

    def wait(self, scope: Scope) -> int:
        """How many seconds this client has to wait before a key of its is looked at; 0 takes one
        try."""
        return self._tries.wait(self._who(scope), monotonic())

    def came_in_before(self, scope: Scope, key: str) -> bool:
        """Whether this client, which has to wait, brought this key before and it was right; one
        that is not let in is counted."""
        # The look is taken first: whoever may look without end may guess without end.
        client = client_of(scope)
        if self._looks.wait(client, monotonic()) or self._mark(scope, key) not in self._known_right:
            self._unseen.inc()
            return False
        self._looks.give_back(client)
        return True

    def was_right(self, scope: Scope, key: str) -> None:
        """Give the try back, and know this browser and this client's key from now on."""
        self._tries.give_back(self._who(scope))
        self._browsers[_browser(scope)] = None
        self._known_right[self._mark(scope, key)] = None

    async def was_wrong(self, scope: Scope, key: str) -> None:
        """Count it, log it without the key, and hold the answer back; nothing else waits
        meanwhile."""
        self._known_wrong[self._mark(scope, key)] = None
        self._wrong.inc()
        self._log_wrong_key(scope)
        if self._held < HELD_AT_MOST:
            self._held += 1
            try:
                await sleep(SECONDS)
            finally:
                self._held -= 1

    def _mark(self, scope: Scope, key: str) -> bytes:
        """Told from any other by whoever knows the secret only, so that no time it takes to find
        it says a thing of the key."""
        text = f"{client_of(scope)}\n{key}".encode()
        return hashlib.blake2b(text, key=self._secret, digest_size=16).digest()

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
        text = "wrong key from %s for %s (request %s)%s"
        _log.warning(text, address, path, id, more, extra={WITHOUT_ADDRESS: f"wrong key{more}"})


def _browser(scope: Scope) -> str:
    return f"{client_of(scope)} {hash(Headers(scope=scope).get('user-agent', ''))}"
