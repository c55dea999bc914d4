"""Here is an engine: give me the app that answers over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from release_format.probes import unanswered
from release_format.questions import LoggedQuestion, append
from release_format.release import PROBES
from searchbar import admin_routes, page_routes
from searchbar.desk import Desk
from searchbar.docs import serve_docs
from searchbar.engine import Engine
from searchbar.errors import Cause, SearchError
from searchbar.keys import ask_for_keys, let_others_embed
from searchbar.problems import answer_problems
from searchbar.question import Answer, Question
from searchbar.settings import Settings
from searchbar.similar import answer_like
from searchbar.watching import Metrics, Shares, Watching

NAMED = ("q", "k", "offset", "sort", "explain", "release")
router = APIRouter()


@dataclass
class House:
    """What the routes share, as `request.app.state.house`: the engine, the queue before it, and how they are."""

    engine: Engine
    settings: Settings
    metrics: Metrics
    desk: Desk
    reasons: list[str] = field(default_factory=lambda: ["the probes are being answered"])

    async def ask(self, question: Question, request_id: str = "") -> Answer:
        """The answer to a question, in its turn; logged when it came with a request id and questions are."""
        answer = await asyncio.wrap_future(self.desk.ask(question))
        for step, took in answer.took_ms.items():
            self.metrics.steps.labels(step).inc(took / 1000)
        if answer.no_good_match:
            self.metrics.without.inc()
        if request_id and self.settings.questions:
            ids = [hit.id for hit in answer.hits]
            logged = LoggedQuestion(question.text, answer.release, request_id, filters=question.filters, hits=ids)
            await asyncio.to_thread(append, Path(self.settings.questions), logged)
        return answer

    def probe(self) -> None:
        """Ask the release's own probes; those whose item was withdrawn are passed over."""
        release, excluded = self.engine.release, self.engine.finder.withdrawn.ids
        probes = [p for p in release.probes if p.id not in excluded] if (release.path / PROBES).exists() else []
        wrong = unanswered(probes, lambda text: [hit.id for hit in self.engine.search(Question(text, k=3)).hits])
        self.reasons = [f"{probe.question!r} does not find {probe.id!r}" for probe in wrong]


def create_app(engine: Engine, settings: Settings) -> FastAPI:
    """The app: routes, problems, what is watched."""
    metrics = Metrics(engine.release.id, settings.image)
    house = House(engine, settings, metrics, Desk(engine, places=settings.queue, batch=settings.batch))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        probing = asyncio.create_task(asyncio.to_thread(house.probe))
        yield
        await probing
        house.desk.close()

    app = FastAPI(title="searchbar", version=engine.release.id[:12], docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.house = house
    app.include_router(router)
    serve_docs(app)
    app.include_router(page_routes.router)
    app.include_router(admin_routes.router)
    answer_problems(app, engine.release.id)
    ask_for_keys(app, settings)
    app.add_middleware(Watching, metrics=metrics, release=engine.release.id, shares=Shares(settings.rate_limit))
    let_others_embed(app, settings)
    return app


def house_of(request: Request) -> House:
    """The house that a request came to."""
    house: House = request.app.state.house
    return house


@router.get("/search")
async def search(
    request: Request,
    q: Annotated[str, Query(description='what you are looking for; "quoted" words must occur as they are')],
    k: Annotated[int, Query(description="how many hits")] = 10,
    offset: Annotated[int, Query(description="how many hits to pass over")] = 0,
    topic: Annotated[list[str], Query(description="only these topics; `!x` for not; other fields likewise")] = [],  # noqa: B006
    sort: Annotated[str, Query(description="title, updated_at or another field; `-` before it for the reverse")] = "",
    explain: Annotated[bool, Query(description="say why each hit is where it is")] = False,
    release: Annotated[str, Query(description="refuse to answer from another release than this")] = "",
) -> Response:
    """Find items by meaning and by words."""
    house = house_of(request)
    if release and release != house.engine.release.id:
        text = f"release {release[:64]!r} is not live any more; {house.engine.release.id} is. Start over without it."
        raise SearchError(Cause.OTHER_RELEASE, text)
    filters = filters_of(request) | ({"topic": topic} if topic else {})
    answer = await house.ask(Question(q, k, offset, filters, sort, explain), request.state.request_id)
    return Response(
        json.dumps({**answer.to_json(), "request_id": request.state.request_id}, ensure_ascii=False),
        media_type="application/json",
    )


def filters_of(request: Request) -> dict[str, list[str]]:
    """Every field of the query string that is not one of the named ones."""
    filters: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if name not in NAMED:
            filters.setdefault(name, []).append(value)
    return filters


@router.get("/items/{id:path}")
async def item(request: Request, id: str) -> Response:
    """One item, whole."""
    return Response(house_of(request).engine.item(id).to_json(), media_type="application/json")


@router.get("/similar/{id:path}")
async def similar(request: Request, id: str, k: Annotated[int, Query(ge=1, le=100)] = 10) -> Response:
    """The items nearest in meaning to an item."""
    answer = await asyncio.to_thread(answer_like, house_of(request).engine, id, k)
    return JSONResponse({"id": id, **answer, "request_id": request.state.request_id})


@router.get("/suggest")
async def suggest(request: Request, q: str, k: Annotated[int, Query(ge=1, le=20)] = 8) -> Response:
    """What this beginning of a question may become."""
    return JSONResponse({"query": q, "suggestions": house_of(request).engine.suggest(q, k)})


@router.get("/why-not")
async def why_not(request: Request, q: str, id: str) -> Response:
    """Why an item is not among the hits of a question."""
    question = Question(q, filters={name: v for name, v in filters_of(request).items() if name != "id"})
    return JSONResponse(await asyncio.to_thread(house_of(request).engine.why_not, question, id))


@router.get("/release")
async def release(request: Request) -> Response:
    """What is live here."""
    house = house_of(request)
    opened = house.engine.release
    return JSONResponse(
        {
            "release": opened.id,
            "image": house.settings.image,
            "items": len(opened.items),
            "created_at": opened.manifest.created_at,
            "format": opened.manifest.format,
            "made_from": dict(opened.manifest.made_from),
            "encoder": {name: opened.encoder.get(name) for name in ("model", "revision", "dimension", "max_tokens")},
            "no_good_match": house.engine.level,
        }
    )


@router.get("/livez")
async def livez() -> Response:
    """Whether the process answers at all."""
    return JSONResponse({"live": True})


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """Whether questions can be sent here: the seal holds and the probes are answered."""
    house = house_of(request)
    ready, id = not house.reasons, house.engine.release.id
    body: dict[str, Any] = {"ready": ready, "release": id}
    return JSONResponse(body if ready else {**body, "reasons": house.reasons}, 200 if ready else 503)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Counts and times, for Prometheus."""
    house = house_of(request)
    house.metrics.waiting.set(house.desk.waiting())
    house.metrics.ready.set(not house.reasons)
    return Response(generate_latest(house.metrics.registry), media_type=CONTENT_TYPE_LATEST)
