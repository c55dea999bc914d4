"""Authentication by key: which it is, how a request brings it, and what asks for it."""

from __future__ import annotations

import base64
import binascii
import hmac
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.http import HTTPBase
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Scope

from release_format.config.server import ServerSettings
from searchbar.errors import Cause, SearchError
from searchbar.http.origins import embedding_origins
from searchbar.http.problems import Refusal, problem, too_many
from searchbar.http.wrong_keys import WrongKeys

SHORTEST = 16
MAKE_ONE = "Make one: python -c 'import secrets; print(secrets.token_urlsafe(24))'"
EXPOSED_HEADERS = ("X-Request-Id", "X-Release", "Retry-After")
# The ways to send it. FastAPI's own reader of passwords refuses a name beside it with an accent.
_API_KEY = APIKeyHeader(
    name="X-API-Key",
    scheme_name="key",
    description="The key, as programs send it.",
    auto_error=False,
)
_BEARER = HTTPBearer(
    scheme_name="bearer", description="The key as a bearer token.", auto_error=False
)
_PASSWORD = HTTPBase(
    scheme="basic",
    scheme_name="password",
    description="The key as the password, under any name, as browsers ask for it.",
    auto_error=False,
)


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
    if settings.key_for == "all" and not key:
        raise SearchError(
            Cause.BAD_SETTING, "SEARCHBAR_KEY_FOR is `all`, but there is no key. Set SEARCHBAR_KEY."
        )
    return key


async def key_in(
    api_key: Annotated[str | None, Security(_API_KEY)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    password: Annotated[HTTPAuthorizationCredentials | None, Security(_PASSWORD)],
) -> str:
    """The key that a request brought, "" for none."""
    key = api_key or ""
    if bearer:
        key = bearer.credentials
    elif password and password.scheme.lower() == "basic":
        try:
            text = base64.b64decode(password.credentials.strip(), validate=True).decode()
            key = text.partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    return key.strip()  # as the key itself is read


class KeyGuard:
    """Lets in who brings the key; wrong ones are counted."""

    def __init__(self, key: str, wrong: WrongKeys) -> None:
        self._key, self._wrong = key, wrong

    async def check(self, scope: Scope, key: str) -> None:
        """Let a request with this key in.

        Raises:
            Refusal: the key is wrong, there is none, or too many wrong ones came from there.
        """
        if not self._key:
            text = "This page needs a key: set SEARCHBAR_KEY and start again."
            raise Refusal(problem(404, "no key", text))
        if key and not self._wrong.is_known(scope, key):
            if seconds := self._wrong.wait(scope):
                if self._wrong.came_in_before(scope, key):
                    return
                text = (
                    f"too many wrong keys came from here; wait {seconds} s, then send the right"
                    " one."
                )
                raise Refusal(too_many(text, seconds))
            if hmac.compare_digest(key.encode(), self._key.encode()):
                self._wrong.was_right(scope, key)
                return
            await self._wrong.was_wrong(scope, key)
        asks = {"WWW-Authenticate": 'Basic realm="searchbar", charset="UTF-8"'}
        text = "this needs the key: send it as X-API-Key, or as the password when the browser asks."
        raise Refusal(problem(401, "key needed", text, asks))


async def require_key(request: Request, key: Annotated[str, Depends(key_in)]) -> None:
    """What a router depends on whose routes are answered only with the key."""
    guard: KeyGuard = request.app.state.key_guard
    await guard.check(request.scope, key)


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
