"""The FastAPI application over an engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from release_format.config.server import ServerSettings
from searchbar.engine import Engine
from searchbar.http import admin_routes, page_routes, search_routes
from searchbar.http.auth import allow_origins, ask_for_keys
from searchbar.http.docs import serve_docs
from searchbar.http.metrics import Metrics
from searchbar.http.middleware import RequestMiddleware
from searchbar.http.problems import answer_problems
from searchbar.http.rate_limit import RateLimiter
from searchbar.http.search_queue import SearchQueue
from searchbar.http.state import AppState


def create_app(engine: Engine, settings: ServerSettings) -> FastAPI:
    """The app: its routes, problems, middleware and metrics."""
    metrics = Metrics(engine.release.id, settings.image)
    search_queue = SearchQueue(
        engine, places=settings.queue, batch=settings.batch, threads=settings.threads
    )
    app_state = AppState(engine, settings, metrics, search_queue)

    def start() -> None:
        app_state.probe()
        page_routes.templates()  # Whoever wants the page first need not wait for them.

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        starting = asyncio.create_task(asyncio.to_thread(start))
        yield
        await starting
        search_queue.close()

    app = FastAPI(
        title="searchbar",
        version=engine.release.id[:12],
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # A redirect to the address without its last slash would name whatever Host the request did.
        redirect_slashes=False,
    )
    app.state.app_state = app_state
    app.include_router(search_routes.router)
    serve_docs(app)
    app.include_router(page_routes.router)
    app.include_router(admin_routes.router)
    answer_problems(app, engine.release.id)
    ask_for_keys(app, settings, metrics.wrong_keys)
    app.add_middleware(
        RequestMiddleware,
        metrics=metrics,
        release=engine.release.id,
        rate_limiter=RateLimiter(settings.requests_a_minute),
        search_queue=search_queue,
    )
    allow_origins(app, settings)
    return app
