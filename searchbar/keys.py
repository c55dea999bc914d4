"""Here is a request: give me whether it brought the key that its path asks for."""

from __future__ import annotations

import base64
import binascii
import hmac
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from searchbar.errors import Cause, SearchError
from searchbar.origins import embedding_origins
from searchbar.problems import problem
from searchbar.settings import Settings

# What needs no key: whether it lives, and the page's files, which hold nothing of the catalogue; a page of another
# origin that embeds the box must be able to load them.
FREE = ("/livez", "/readyz", "/searchbar.js", "/searchbar.css", "/icon.svg")
ADMIN = ("/judge", "/asked")
TOLD = ("X-Request-Id", "X-Release", "Retry-After")


def key_of(settings: Settings) -> str:
    """The key: from its setting, or from its file.

    Raises:
        SearchError: the file cannot be read, or a key is wanted and there is none.
    """
    key = settings.key.reveal()
    if settings.key_file:
        try:
            key = Path(settings.key_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            text = f"the key in {settings.key_file} cannot be read ({error}). Write it or unset SEARCHBAR_KEY_FILE."
            raise SearchError(Cause.BAD_SETTING, text) from error
    if settings.key_for not in ("admin", "all"):
        raise SearchError(Cause.BAD_SETTING, f"SEARCHBAR_KEY_FOR is {settings.key_for!r}. Give `admin` or `all`.")
    if settings.key_for == "all" and not key:
        raise SearchError(Cause.BAD_SETTING, "SEARCHBAR_KEY_FOR is `all`, but there is no key. Set SEARCHBAR_KEY.")
    return key


def brings(headers: Headers, key: str) -> bool:
    """Whether a request brought the key: as X-API-Key, as a bearer token, or as a browser's password."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    given = headers.get("x-api-key", "")
    if scheme.lower() == "bearer":
        given = credentials.strip()
    elif scheme.lower() == "basic":
        try:
            given = base64.b64decode(credentials, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    return bool(key) and hmac.compare_digest(given.encode(), key.encode())


class Keys:
    """Before every request: pages that need the key are answered only with it."""

    def __init__(self, app: ASGIApp, *, key: str, everywhere: bool) -> None:
        self._app, self._key, self._everywhere = app, key, everywhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._open(scope["path"]) or brings(Headers(scope=scope), self._key):
            await self._app(scope, receive, send)
            return
        if not self._key:
            await problem(404, "no key", "This page needs a key: set SEARCHBAR_KEY and start again.")(
                scope, receive, send
            )
            return
        asks = {"WWW-Authenticate": 'Basic realm="searchbar", charset="UTF-8"'}
        text = "this needs the key: send it as X-API-Key, or as the password when the browser asks."
        await problem(401, "key needed", text, asks)(scope, receive, send)

    def _open(self, path: str) -> bool:
        admin = any(path == page or path.startswith(f"{page}/") for page in ADMIN)
        return path in FREE or not (admin or self._everywhere)


def ask_for_keys(app: FastAPI, settings: Settings) -> None:
    """Ask every request for the key that its path needs."""
    app.add_middleware(Keys, key=key_of(settings), everywhere=settings.key_for == "all")


def let_others_embed(app: FastAPI, settings: Settings) -> None:
    """Let pages of the origins in the setting ask from their visitors' browsers; no cookies, ever."""
    if origins := embedding_origins(settings):
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["X-API-Key"],
            expose_headers=TOLD,
        )
