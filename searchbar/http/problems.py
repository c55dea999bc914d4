"""Problems (RFC 9457): the HTTP status and sentence of every cause."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from searchbar.errors import Cause, SearchError

PROBLEM_JSON = "application/problem+json"
STATUS = {
    Cause.BAD_QUESTION: 422,
    Cause.FOREIGN: 403,
    Cause.UNKNOWN_ITEM: 404,
    Cause.NOT_OFFERED: 404,
    Cause.OTHER_RELEASE: 409,
    Cause.OTHER_TYPE: 415,
    Cause.TOO_MANY: 429,
    Cause.BUSY: 503,
    Cause.NOT_READY: 503,
}
RETRY_AFTER = {Cause.BUSY: "1", Cause.NOT_READY: "2"}


def problem(
    status: int, title: str, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    """One problem (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers, media_type=PROBLEM_JSON)


def refused(cause: Cause, detail: str, **more: Any) -> Response:
    """The problem of a cause, with when to come back where that helps."""
    headers = {"Retry-After": RETRY_AFTER[cause]} if cause in RETRY_AFTER else {}
    return problem(STATUS.get(cause, 500), str(cause), detail, headers, **more)


def too_many(text: str, seconds: int) -> Response:
    """Whoever asked too often has to wait so long."""
    headers = {"Retry-After": str(seconds)}
    return problem(STATUS[Cause.TOO_MANY], str(Cause.TOO_MANY), text, headers)


class Refusal(Exception):  # noqa: N818
    """Raised with the answer, by what a route depends on."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def answer_problems(app: FastAPI, live: str) -> None:
    """Turn every error of this app into a problem."""

    @app.exception_handler(SearchError)
    async def _(_request: Request, error: SearchError) -> Response:
        return refused(
            error.cause,
            str(error),
            **({"release": live} if error.cause is Cause.OTHER_RELEASE else {}),
        )

    @app.exception_handler(Refusal)
    async def _(_request: Request, refusal: Refusal) -> Response:
        return refusal.response

    @app.exception_handler(RequestValidationError)
    async def _(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "the request"
        return problem(
            422, str(Cause.BAD_QUESTION), f"{where}: {first['msg']}. Change it and ask again."
        )

    @app.exception_handler(HTTPException)
    async def _(_request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        return problem(
            error.status_code,
            str(error.detail),
            f"{error.detail}. See /docs for what there is.",
            headers,
        )
