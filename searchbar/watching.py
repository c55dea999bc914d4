"""Here is an app: give every answer its ids and its count, and every client its share."""

from __future__ import annotations

import logging
import math
import re
import time
import uuid
from collections import OrderedDict
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from searchbar.client import client_of
from searchbar.desk import FULL, Desk
from searchbar.errors import Cause
from searchbar.problems import STATUS, problem, refused

_log = logging.getLogger("uvicorn.error")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FREE, _ASKS = ("/livez", "/readyz", "/metrics"), "/search"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """What /metrics shows."""

    def __init__(self, release: str, image: str) -> None:
        self.registry = CollectorRegistry()
        names: dict[str, Any] = {"registry": self.registry}
        self.requests = Counter("searchbar_requests", "Answered requests.", ["route", "status"], **names)
        self.seconds = Histogram("searchbar_request_seconds", "Time to answer.", ["route"], buckets=_BUCKETS, **names)
        self.steps = Counter("searchbar_step_seconds", "Time in each step of searching.", ["step"], **names)
        self.without = Counter("searchbar_no_good_match", "Questions without a good match.", **names)
        self.wrong_keys = Counter("searchbar_wrong_keys", "Wrong keys (429: not looked at).", ["status"], **names)
        self.waiting = Gauge("searchbar_waiting", "Questions that wait.", **names)
        self.ready = Gauge("searchbar_ready", "1 when ready.", **names)
        self.withdrawn = Gauge("searchbar_withdrawn_items", "Items that are withdrawn.", **names)
        self.unknown = Gauge("searchbar_withdrawn_unknown", "Lines of the list that name no item here.", **names)
        self.unreadable = Gauge("searchbar_withdrawn_unreadable", "1 when the list cannot be read.", **names)
        info = Gauge("searchbar_release", "The release and image that answer here.", ["release", "image"], **names)
        info.labels(release, image).set(1)


class Shares:
    """A bucket of requests for each client: it holds a minute's, and fills in a minute."""

    def __init__(self, a_minute: int, clients: int = 10_000) -> None:
        self._most, self._clients = float(a_minute), clients
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str, now: float) -> int:
        """How many seconds this client has to wait; 0 takes one of its requests."""
        if not self._most:
            return 0
        left, since = self._buckets.pop(client, (self._most, now))
        left = min(self._most, left + (now - since) * self._most / 60)
        seconds = 0 if left >= 1 else math.ceil((1 - left) * 60 / self._most)
        self._buckets[client] = (left if seconds else left - 1, now)
        while len(self._buckets) > self._clients:
            self._buckets.popitem(last=False)
        return seconds

    def give_back(self, client: str) -> None:
        """One request of this client does not count after all."""
        left, since = self._buckets.get(client, (self._most, 0.0))
        self._buckets[client] = (min(self._most, left + 1), since)


class Watching:
    """Around every request: X-Request-Id, X-Release, the client's share, and the count.

    A question that would be told to wait is told so here, before anything else is done for it: under a storm of
    those, answering the others goes on at half again the pace.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, release: str, shares: Shares, desk: Desk) -> None:
        self._app, self._metrics, self._release, self._shares = app, metrics, release, shares
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0
        given = Headers(scope=scope).get("x-request-id", "")
        id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex[:16]
        scope.setdefault("state", {})["request_id"] = id

        async def with_ids(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"], headers["X-Release"] = id, self._release
            await send(message)

        try:
            await (self._refusal(scope, started) or self._app)(scope, receive, with_ids)
        except Exception:
            _log.exception("request %s broke", id)
            if status:
                raise
            text = f"something broke here; it is logged as request {id}. Ask again, or tell who runs this."
            await problem(500, "broken", text)(scope, receive, with_ids)
        finally:
            route = getattr(scope.get("route"), "path", scope["path"] if scope["path"] == _ASKS else "other")
            self._metrics.requests.labels(route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(time.perf_counter() - started)

    def _refusal(self, scope: Scope, now: float) -> ASGIApp | None:
        if scope["path"] in _FREE:
            return None
        if seconds := self._shares.wait(client_of(scope), now):
            return _too_often(seconds)
        if scope["path"] == _ASKS and self._desk.full():
            return refused(Cause.BUSY, FULL)
        return None


def _too_often(seconds: int) -> ASGIApp:
    text = f"you ask too often; wait {seconds} second{'' if seconds == 1 else 's'}, then ask again."
    return problem(STATUS[Cause.TOO_MANY], str(Cause.TOO_MANY), text, {"Retry-After": str(seconds)})
