"""Authentication by key: which paths need it, and whether a request brought it."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from pathlib import Path

from fastapi import FastAPI
from prometheus_client import Counter
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from release_format.config.server import ServerSettings
from searchbar.errors import Cause, SearchError
from searchbar.http.origins import embedding_origins
from searchbar.http.problems import problem
from searchbar.http.wrong_keys import WrongKeys

# What needs no key: whether it lives, and the page's files, which hold nothing of the catalogue; a
# page of another origin that embeds the box must be able to load them.
FREE = ("/livez", "/readyz", "/searchbar.js", "/searchbar.css", "/icon.svg")
# However it is spelt, as far as a route could take it for one of these: `/judge` with a line feed
# behind it, say.
ADMIN = re.compile(r"/+(judge|asked)(?![\w.-])", re.IGNORECASE)
SHORTEST = 16
MAKE_ONE = "Make one: python -c 'import secrets; print(secrets.token_urlsafe(24))'"
EXPOSED_HEADERS = ("X-Request-Id", "X-Release", "Retry-After")


def key_of(settings: ServerSettings) -> str:
    """The key: from its setting, or from its file.

    Raises:
        SearchError: the file cannot be read, the key is too short or cannot be sent, or one is
        wanted and there is none.
    """
    key, source = settings.key.reveal().strip(), "SEARCHBAR_KEY"
    if settings.key_file:
        source = settings.key_file
        try:
            key = Path(source).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            text = (
                f"the key in {source} cannot be read ({error}). Write it or unset"
                " SEARCHBAR_KEY_FILE."
            )
            raise SearchError(Cause.BAD_SETTING, text) from error
    if len(key) < SHORTEST and (key or settings.key_file):
        text = (
            f"the key in {source} has {len(key)} characters, at least {SHORTEST} are needed."
            f" {MAKE_ONE}"
        )
        raise SearchError(Cause.BAD_SETTING, text)
    # Programs disagree on how a header carries any other letter.
    if not (key.isascii() and key.isprintable()):
        text = (
            f"the key in {source} has characters that a header cannot carry; write it in letters"
            f" without accents, digits and signs. {MAKE_ONE}"
        )
        raise SearchError(Cause.BAD_SETTING, text)
    if settings.key_for not in ("admin", "all"):
        raise SearchError(
            Cause.BAD_SETTING, f"SEARCHBAR_KEY_FOR is {settings.key_for!r}. Give `admin` or `all`."
        )
    if settings.key_for == "all" and not key:
        raise SearchError(
            Cause.BAD_SETTING, "SEARCHBAR_KEY_FOR is `all`, but there is no key. Set SEARCHBAR_KEY."
        )
    return key


def key_in(headers: Headers) -> str:
    """The key of a request, "" for none.

    It comes as X-API-Key, as a bearer token, or as a browser's password.
    """
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    key = headers.get("x-api-key", "")
    if scheme.lower() == "bearer":
        key = credentials
    elif scheme.lower() == "basic":
        try:
            key = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    return key.strip()  # as the key itself is read


class KeyMiddleware:
    """Before every request: pages that need the key are answered only with it."""

    def __init__(self, app: ASGIApp, *, key: str, everywhere: bool, wrong: WrongKeys) -> None:
        self._app, self._key, self._everywhere, self._wrong = app, key, everywhere, wrong

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None
        if scope["type"] == "http" and not self._open(scope["path"]):
            refusal = await self._refusal(scope)
        await (refusal or self._app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        if not self._key:
            return problem(
                404, "no key", "This page needs a key: set SEARCHBAR_KEY and start again."
            )
        key = key_in(Headers(scope=scope))
        if key and not self._wrong.is_known(scope, key):
            if seconds := self._wrong.wait(scope):
                if self._wrong.came_in_before(scope, key):
                    return None
                text = (
                    f"too many wrong keys came from here; wait {seconds} s, then send the right"
                    " one."
                )
                return problem(429, str(Cause.TOO_MANY), text, {"Retry-After": str(seconds)})
            if hmac.compare_digest(key.encode(), self._key.encode()):
                self._wrong.was_right(scope, key)
                return None
            await self._wrong.was_wrong(scope, key)
        asks = {"WWW-Authenticate": 'Basic realm="searchbar", charset="UTF-8"'}
        text = "this needs the key: send it as X-API-Key, or as the password when the browser asks."
        return problem(401, "key needed", text, asks)

    def _open(self, path: str) -> bool:
        return path in FREE or not (self._everywhere or ADMIN.match(path))


def ask_for_keys(app: FastAPI, settings: ServerSettings, counter: Counter) -> None:
    """Ask every request for the key that its path needs; wrong ones are counted."""
    everywhere = settings.key_for == "all"
    app.add_middleware(
        KeyMiddleware, key=key_of(settings), everywhere=everywhere, wrong=WrongKeys(counter)
    )


def allow_origins(app: FastAPI, settings: ServerSettings) -> None:
    """Let pages of the origins in the setting ask from visitors' browsers; never with cookies."""
    if origins := embedding_origins(settings):
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["X-API-Key"],
            expose_headers=EXPOSED_HEADERS,
        )
