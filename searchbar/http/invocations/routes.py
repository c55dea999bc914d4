"""The two routes of SageMaker's container contract, over the same queue and limits as `/search`."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from searchbar.errors import SearchError, bad_question
from searchbar.http import schemas
from searchbar.http.client import client_of
from searchbar.http.invocations.body import (
    JSON,
    JSON_LINES,
    LARGEST,
    Invocation,
    media_type_of,
    questions_of,
)
from searchbar.http.problems import Refusal, too_many
from searchbar.http.rate_limit import RateLimiter
from searchbar.http.search_routes import readyz
from searchbar.http.state import app_state_of, body_of
from searchbar.query.parameters import parameter
from searchbar.query.question import Question

_ONE = {"schema": Invocation.model_json_schema()}
_SEVERAL = {"schema": {"type": "string", "description": "such an object a line"}}
_ANSWERS = {"schema": {"type": "string", "description": "an answer a line, in the same order"}}
health, router = APIRouter(), APIRouter()
health.add_api_route(
    "/ping",
    readyz,
    name="ping",
    response_model=schemas.Readiness,
    responses={503: {"model": schemas.Readiness}},
    description="As `/readyz`, where SageMaker looks for it.",
)


@router.post(
    "/invocations",
    response_model=schemas.SearchResponse,
    responses={
        200: {"content": {JSON_LINES: _ANSWERS}},
        **schemas.problems(415, 422, 429, 503),
    },
    openapi_extra={
        "requestBody": {"required": True, "content": {JSON: _ONE, JSON_LINES: _SEVERAL}}
    },
)
async def invocations(request: Request) -> Response:
    """Answer one question as `/search` does, or several, one a line, in the same order.

    One that cannot be answered is refused with all that came with it, before any is asked.
    """
    media_type = media_type_of(request.headers.get("content-type", ""))
    body = await body_of(request, LARGEST, "a body is")
    questions = _checked(request, body, media_type)
    _count(request, len(questions))
    answers = await _answers(request, questions)
    if media_type == JSON:
        return JSONResponse(answers[0])
    lines = (json.dumps(answer, ensure_ascii=False, separators=(",", ":")) for answer in answers)
    return Response("".join(line + "\n" for line in lines), media_type=media_type)


def _checked(request: Request, body: bytes, media_type: str) -> list[Question]:
    engine, questions = app_state_of(request).engine, []
    for where, question in questions_of(body, media_type):
        try:
            engine.check(question, parameter)
        except SearchError as error:
            raise SearchError(error.cause, f"{where}{error}") from error
        questions.append(question)
    return questions


def _count(request: Request, questions: int) -> None:
    """Count each question as a request of this client; the first one is counted already.

    Raises:
        Refusal: these are more than the client may ask now.
        SearchError: these are more than anybody may ask in a minute.
    """
    limiter: RateLimiter = request.app.state.rate_limiter
    most = app_state_of(request).settings.requests_a_minute
    if most and questions > most:
        raise bad_question(f"these are {questions} questions; send at most {most} a minute.")
    if seconds := limiter.wait(client_of(request.scope), time.perf_counter(), questions - 1):
        wait = f"{seconds} second{'' if seconds == 1 else 's'}"
        raise Refusal(too_many(f"you ask too often; wait {wait}, then ask again.", seconds))


async def _answers(request: Request, questions: Sequence[Question]) -> list[dict[str, Any]]:
    """Ask few enough at once that others find a place in the queue, too."""
    app_state, id = app_state_of(request), request.state.request_id
    ids = [id] if len(questions) == 1 else [f"{id}-{n}" for n in range(1, len(questions) + 1)]
    at_once = max(1, min(app_state.settings.batch, app_state.settings.queue))
    answers: list[dict[str, Any]] = []
    for start in range(0, len(questions), at_once):
        some = zip(questions[start : start + at_once], ids[start:], strict=False)
        asked = await asyncio.gather(*(app_state.ask(question, id) for question, id in some))
        answers += [answer.to_json() for answer in asked]
    return [{**answer, "request_id": id} for answer, id in zip(answers, ids, strict=True)]
