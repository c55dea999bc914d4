"""The middleware around every request: its ids, its rate limit, its count and its line."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from searchbar.errors import Cause
from searchbar.http.client import client_of
from searchbar.http.problems import problem, refused, too_many
from searchbar.http.rate_limit import RateLimiter
from searchbar.http.search_queue import FULL, SearchQueue
from searchbar.metrics.metrics import Metrics
from searchbar.server_log import log_request, request_id

_log = logging.getLogger("uvicorn.error")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FREE, _SEARCH = ("/livez", "/readyz", "/ping", "/metrics"), ("/search", "/invocations")


class PageCompression:
    """gzip for the page and its files, a third of their size; answers go as they are."""

    def __init__(self, app: ASGIApp, *, paths: Collection[str]) -> None:
        self._app, self._paths = app, paths
        self._compressed = GZipMiddleware(app, minimum_size=1000, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["path"] in self._paths
        await (self._compressed if is_page else self._app)(scope, receive, send)


class RequestMiddleware:
    """Around every request: X-Request-Id, X-Release, the rate limit, the count, and the
    line of the log.

    A question that would be told to wait is told so here, before anything else is done for it:
    under a storm of those, answering the others goes on at half again the pace.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        release: str,
        rate_limiter: RateLimiter,
        search_queue: SearchQueue,
    ) -> None:
        self._app, self._metrics, self._release = app, metrics, release
        self._rate_limiter, self._search_queue = rate_limiter, search_queue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0
        sent_id = Headers(scope=scope).get("x-request-id", "")
        id = sent_id if _REQUEST_ID.fullmatch(sent_id) else uuid.uuid4().hex[:16]
        scope.setdefault("state", {})["request_id"] = id
        request_id.set(id)

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
            text = (
                f"something broke here; it is logged as request {id}. Ask again, or tell who runs"
                " this."
            )
            await problem(500, "broken", text)(scope, receive, with_ids)
        finally:
            path = scope["path"] if scope["path"] in _SEARCH else "other"
            route = str(getattr(scope.get("route"), "path", path))
            seconds = time.perf_counter() - started
            self._metrics.request(route, status, seconds)
            if scope["path"] not in _FREE:
                log_request(route, status, seconds)

    def _refusal(self, scope: Scope, now: float) -> ASGIApp | None:
        if scope["path"] in _FREE:
            return None
        if seconds := self._rate_limiter.wait(client_of(scope), now):
            wait = f"{seconds} second{'' if seconds == 1 else 's'}"
            return too_many(f"you ask too often; wait {wait}, then ask again.", seconds)
        if scope["path"] in _SEARCH and self._search_queue.full():
            return refused(Cause.BUSY, FULL)
        return None
