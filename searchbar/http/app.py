"""The FastAPI application over an engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from operator import attrgetter
from pathlib import Path

from fastapi import Depends, FastAPI

from release_format.config.server import ServerSettings
from searchbar.engine import Engine
from searchbar.http import admin_routes, docs, page_routes, pictures, rendering, search_routes
from searchbar.http.auth import KeyGuard, allow_origins, key_of, require_key
from searchbar.http.docs import DescribedApp
from searchbar.http.invocations import routes as invocation_routes
from searchbar.http.middleware import PageCompression, RequestMiddleware
from searchbar.http.problems import answer_problems
from searchbar.http.rate_limit import RateLimiter
from searchbar.http.schemas import problems
from searchbar.http.search_queue import SearchQueue
from searchbar.http.state import AppState
from searchbar.http.wrong_keys import WrongKeys
from searchbar.metrics.embedded_metrics import EmbeddedMetrics
from searchbar.metrics.metrics import Metrics
from searchbar.page.locale import MESSAGES, Locales
from searchbar.typeahead.popular import PopularQuestions
from searchbar.typeahead.typeahead import Typeahead


def create_app(engine: Engine, settings: ServerSettings, messages: Path = MESSAGES) -> FastAPI:
    """The app: its routes, problems, middleware and metrics; `messages` are the page's."""
    locales = Locales.read(settings.locale, messages)
    metrics = Metrics(engine.release, engine.level, settings.image)
    search_queue = SearchQueue(
        engine,
        places=settings.queue,
        batch=settings.batch,
        threads=settings.threads,
        metrics=metrics,
    )
    popular = PopularQuestions(_popular_log(settings), engine.knows)
    typeahead = Typeahead(
        engine, settings, search_queue.ask, search_queue.waiting, metrics, popular
    )
    app_state = AppState(engine, settings, metrics, search_queue, locales, typeahead)
    app = DescribedApp(
        title="searchbar",
        version=engine.release.id[:12],
        generate_unique_id_function=attrgetter("name"),
        openapi_url=None,  # It is among our own routes, which may need a key.
        lifespan=_lifespan,
        # A redirect to the address without its last slash would name whatever Host the request did.
        redirect_slashes=False,
    )
    app.state.app_state = app_state
    app.state.key_guard = KeyGuard(key_of(settings), WrongKeys(metrics.wrong_keys))
    app.state.rate_limiter = RateLimiter(settings.requests_a_minute)
    _include_routers(app, settings)
    answer_problems(app, engine.release.id)
    app.add_middleware(
        RequestMiddleware,
        metrics=metrics,
        release=engine.release.id,
        rate_limiter=app.state.rate_limiter,
        search_queue=search_queue,
    )
    allow_origins(app, settings)
    app.add_middleware(PageCompression, paths=page_routes.COMPRESSED)
    return app


def _popular_log(settings: ServerSettings) -> Path | None:
    return Path(settings.questions) if settings.questions and settings.popular else None


def _start(app_state: AppState) -> None:
    app_state.probe()
    rendering.templates()  # Whoever wants the page first need not wait for them.


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app_state: AppState = app.state.app_state
    starting = asyncio.create_task(asyncio.to_thread(_start, app_state))
    writing = asyncio.create_task(_write_metrics(app_state))
    yield
    writing.cancel()
    await starting
    app_state.search_queue.close()


async def _write_metrics(app_state: AppState) -> None:
    """A line a minute on standard output, where a setting wants it."""
    if namespace := app_state.settings.cloudwatch:
        release, refresh = app_state.engine.release.id, app_state.refresh_gauges
        embedded = EmbeddedMetrics(namespace, release, app_state.metrics, refresh)
        await embedded.write(lambda line: print(line, flush=True))


def _include_routers(app: FastAPI, settings: ServerSettings) -> None:
    """All routes; with a key wherever one is asked for everywhere, but for those that are open."""
    hosted = settings.invocations
    for router in (
        search_routes.health,
        page_routes.files,
        *([invocation_routes.health] if hosted else []),
    ):
        app.include_router(router)
    with_key = settings.key_for == "all"
    dependencies = [Depends(require_key)] if with_key else []
    responses = problems(401, 429) if with_key else {}
    for router in (
        search_routes.router,
        docs.router,
        page_routes.router,
        pictures.router,
        admin_routes.about,
        admin_routes.router,
        *([invocation_routes.router] if hosted else []),
    ):
        app.include_router(router, dependencies=dependencies, responses=responses)
