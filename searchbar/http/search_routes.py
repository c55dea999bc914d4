"""The routes of the JSON API: search, items, suggestions, feedback, health and metrics."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from prometheus_client.exposition import choose_encoder
from starlette.responses import JSONResponse, PlainTextResponse, Response

from release_format.version import version
from searchbar.errors import Cause, SearchError
from searchbar.feedback.feedback import LARGEST, read_feedback
from searchbar.http import schemas
from searchbar.http.origins import check_origin
from searchbar.http.state import AppState, app_state_of, body_of, one_of_few
from searchbar.query.parameters import PREFIX, columns, parameter
from searchbar.query.question import FURTHEST, LONGEST, MOST_HITS, UNCUT, Question

NAMED = ("q", "k", "offset", "sort", "explain", "release", "cut")
WHY_NOT_NAMED = ("q", "id")
# Prompts and a shortened vector are told where the encoder has them.
ENCODER_TOLD = (
    *("model", "revision", "dimension", "max_tokens"),
    *("query_prompt", "document_prompt", "truncate_dim"),
)
FACETS_NAMED = ("q", "prefix", "cut")
_TOPIC = (
    "only these, `!x` for not, `!!x` for a value that begins with `!`; every other column likewise"
    " under its name, or as `f.NAME`, which a column needs that is called like a parameter of ours"
    " (`f.release`, `f.page`); numbers and dates also as ranges: `10..50`, `..50`, `2026-01..`"
)
_SORT = (
    "title, updated_at, or a column (NAME or `f.NAME`); `-` before it for the reverse, a comma"
    " between several; what has no value comes last"
)
_Q = (
    'what you are looking for; "quoted" words must occur as they are, -word and -"words" must not,'
    " column:value filters; any text is a question; without one, all items within the filters, by"
    " the catalogue's rank or by title"
)
_CUT = "`none`: all that was found, less likely or not; without it, what of it fits"
_CUTS = {"enum": ["", UNCUT]}
_FEEDBACK = {"application/json": {"schema": schemas.Feedback.model_json_schema()}}
router, health = APIRouter(), APIRouter()


def _text(description: str) -> Any:
    """A text to describe; the engine itself refuses what is no text, or spaces only."""
    return Query(
        description=f"{description}; not spaces only",
        json_schema_extra={"minLength": 1, "maxLength": LONGEST},
    )


def _between(least: int, most: int) -> dict[str, Any]:
    """Bounds to describe; the engine itself holds to them, with a sentence."""
    return {"minimum": least, "maximum": most}


@router.get(
    "/search", response_model=schemas.SearchResponse, responses=schemas.problems(409, 422, 429, 503)
)
async def search(
    request: Request,
    q: Annotated[str, Query(description=_Q, json_schema_extra={"maxLength": LONGEST})] = "",
    k: Annotated[
        int, Query(description="how many hits", json_schema_extra=_between(1, MOST_HITS))
    ] = 10,
    offset: Annotated[
        int, Query(description="how many to pass over", json_schema_extra=_between(0, FURTHEST))
    ] = 0,
    topic: Annotated[list[str] | None, Query(description=_TOPIC)] = None,  # noqa: ARG001
    sort: Annotated[str, Query(description=_SORT)] = "",
    explain: Annotated[bool, Query(description="say why each hit is where it is")] = False,
    release: Annotated[
        str, Query(description="refuse to answer from another release than this")
    ] = "",
    cut: Annotated[str, Query(description=_CUT, json_schema_extra=_CUTS)] = "",
) -> Response:
    """Find items by meaning and by words.

    Total, facets, sorts and pages are about what fits; `less_likely` says how many were found
    besides. Where nothing fits (`no_good_match`), the nearest are shown all the same.

    Every column of the catalogue is a filter: `colour=red`. A column that is called like one of
    this description's parameters, or like one of the page's (`page`, `like`, …), is asked for as
    `f.NAME`, which does for every column.
    """
    app_state = app_state_of(request)
    _refuse_other_releases(app_state, release)
    filters = columns(request.query_params.multi_items(), NAMED)
    answer = await app_state.ask(
        Question(q, k, offset, filters, sort, explain, cut), request.state.request_id
    )
    return JSONResponse({**answer.to_json(), "request_id": request.state.request_id})


def _refuse_other_releases(app_state: AppState, release: str) -> None:
    live = app_state.engine.release.id
    if not release or release == live:
        return
    text = f"release {release[:64]!r} is not live any more; {live} is. Start over without it."
    if "release" in app_state.engine.fields:
        text += f" The column of that name is asked for as {parameter('release')}."
    raise SearchError(Cause.OTHER_RELEASE, text)


@router.get(
    "/items/{id:path}",
    response_model=schemas.ItemResponse,
    responses=schemas.problems(404, 429),
)
async def item(request: Request, id: str) -> Response:
    """One item, whole."""
    row = json.loads(app_state_of(request).engine.item(id).to_json())
    if values := row.pop("extra", None) or row.pop("fields", None):
        row |= {"fields": values, "extra": values}
    return JSONResponse(row)


@router.get(
    "/facets/{field:path}",
    response_model=schemas.FacetResponse,
    responses=schemas.problems(404, 422, 429, 503),
    dependencies=[Depends(one_of_few, scope="function")],
)
def facet(
    request: Request,
    field: str,
    q: Annotated[
        str, Query(description="the question", json_schema_extra={"maxLength": LONGEST})
    ] = "",
    prefix: Annotated[
        str,
        Query(
            description="only values that begin so, or have a word that does",
            json_schema_extra={"maxLength": LONGEST},
        ),
    ] = "",
    cut: Annotated[str, Query(description=_CUT, json_schema_extra=_CUTS)] = "",
) -> Response:
    """The values of one field beyond the 50 that answers show, counted as there.

    Filters are given as to `/search`; left out those of the field itself, its other values are
    counted, too. A field that is called `..` or begins with `f.` is asked for as `f.NAME`.
    """
    filters = columns(request.query_params.multi_items(), FACETS_NAMED)
    name, engine = field.removeprefix(PREFIX), app_state_of(request).engine
    values, total = engine.facet_values(name, Question(q, filters=filters, cut=cut), prefix)
    return JSONResponse({"field": name, "values": values, "total_values": total})


@router.get(
    "/similar/{id:path}",
    response_model=schemas.SimilarResponse,
    responses=schemas.problems(404, 422, 429),
)
async def similar(
    request: Request, id: str, k: Annotated[int, Query(ge=1, le=100)] = 10
) -> Response:
    """The items nearest in meaning to an item."""
    answer = await app_state_of(request).similar(id, k)
    return JSONResponse({"id": id, **answer, "request_id": request.state.request_id})


@router.get(
    "/suggest", response_model=schemas.SuggestResponse, responses=schemas.problems(422, 429)
)
async def suggest(
    request: Request,
    q: Annotated[str, _text("the beginning of a question")],
    k: Annotated[int, Query(ge=1, le=20)] = 8,
) -> Response:
    """What this beginning of a question may become."""
    suggestions = await asyncio.to_thread(app_state_of(request).engine.suggest, q, k)
    return JSONResponse({"query": q, "suggestions": suggestions})


@router.get(
    "/why-not",
    response_model=schemas.WhyNotResponse,
    responses=schemas.problems(422, 429, 503),
    dependencies=[Depends(one_of_few, scope="function")],
)
def why_not(request: Request, q: Annotated[str, _text("the question")], id: str) -> Response:
    """Why an item is not among the hits of a question."""
    question = Question(q, filters=columns(request.query_params.multi_items(), WHY_NOT_NAMED))
    return JSONResponse(app_state_of(request).engine.why_not(question, id))


@router.post(
    "/feedback",
    status_code=204,
    responses=schemas.problems(403, 422, 429),
    openapi_extra={"requestBody": {"required": True, "content": _FEEDBACK}},
)
async def feedback(request: Request) -> Response:
    """What a visitor thought of an answer: logged without address or cookie, or not at all.

    Clicks are learned from: they are taken from our own page and from those that may embed it, from
    nobody else.
    """
    app_state = app_state_of(request)
    check_origin(request.headers, app_state.settings)
    logged = read_feedback(await body_of(request, LARGEST, "feedback is"))
    app_state.metrics.reaction(logged.feedback)
    if app_state.settings.questions and app_state.settings.feedback:
        await app_state.log(logged)
    return Response(status_code=204)


@router.get("/release", response_model=schemas.LiveRelease, responses=schemas.problems(429))
async def release(request: Request) -> Response:
    """What is live here."""
    app_state = app_state_of(request)
    values = await app_state.values_now()
    opened, table = app_state.engine.release, app_state.engine.table
    return JSONResponse(
        {
            "release": opened.id,
            "image": app_state.settings.image,
            "version": version(),
            "items": len(opened.items),
            "created_at": opened.manifest.created_at,
            "format": opened.manifest.format,
            "made_from": dict(opened.manifest.made_from),
            "encoder": {
                name: opened.encoder[name] for name in ENCODER_TOLD if name in opened.encoder
            },
            "no_good_match": app_state.engine.level,
            "fields": table.described(),
            "group_by": table.group_by,
            "rank": asdict(table.rank) if table.rank else None,
            "values": values.described(),
        }
    )


@health.get("/livez", response_model=schemas.Liveness)
async def livez() -> Response:
    """Whether the process answers at all."""
    return JSONResponse({"live": True})


@health.get(
    "/readyz", response_model=schemas.Readiness, responses={503: {"model": schemas.Readiness}}
)
async def readyz(request: Request) -> Response:
    """Whether questions can be sent here: the seal holds and the probes are answered."""
    app_state = app_state_of(request)
    await app_state.values_now()
    reasons, warnings = app_state.reasons, app_state.warnings
    body: dict[str, Any] = {"ready": not reasons, "release": app_state.engine.release.id}
    if reasons:
        body["reasons"] = reasons
    if warnings:
        body["warnings"] = warnings
    return JSONResponse(body, 503 if reasons else 200)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Counts and times, for Prometheus: in its own format, or as OpenMetrics where that is asked
    for."""
    app_state = app_state_of(request)
    await asyncio.to_thread(app_state.refresh_gauges)
    encode, media_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(app_state.metrics.registry), media_type=media_type)
