"""Here is an engine: give me the app that answers over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from release_format.probes import Probe
from release_format.questions import LoggedQuestion, append
from searchbar import admin_routes, page_routes, routes
from searchbar.desk import Desk
from searchbar.docs import serve_docs
from searchbar.engine import Engine
from searchbar.keys import ask_for_keys, let_others_embed
from searchbar.problems import answer_problems
from searchbar.question import Answer, Question
from searchbar.settings import Settings
from searchbar.watching import Metrics, Shares, Watching


@dataclass
class House:
    """What the routes share, as `request.app.state.house`: the engine, the queue before it, and how they are."""

    engine: Engine
    settings: Settings
    metrics: Metrics
    desk: Desk
    failing: list[Probe] | None = None

    async def ask(self, question: Question, request_id: str = "") -> Answer:
        """The answer to a question, in its turn; its first page is logged when it came with a request id."""
        answer = await asyncio.wrap_future(self.desk.ask(question))
        for step, took in answer.took_ms.items():
            self.metrics.steps.labels(step).inc(took / 1000)
        if question.offset:
            return answer
        if answer.no_good_match:
            self.metrics.without.inc()
        if request_id and self.settings.questions:
            ids = [hit.id for hit in answer.hits]
            asked = (question.text, answer.release, request_id)
            logged = LoggedQuestion(*asked, filters=question.filters, hits=ids, no_good_match=answer.no_good_match)
            await asyncio.to_thread(append, Path(self.settings.questions), logged)
        return answer

    def probe(self) -> None:
        """Ready when the release's own probes are answered."""
        failing = self.engine.failing_probes
        _give_back_memory()
        self.failing = failing

    @property
    def reasons(self) -> list[str]:
        """Why no question should be sent here."""
        if self.failing is None:
            return ["the probes are being answered"]
        hides = self.engine.finder.hides
        return [f"{probe.question!r} does not find {probe.id!r}" for probe in self.failing if not hides(probe.id)]

    @property
    def warnings(self) -> list[str]:
        """What whoever runs this should mend, though questions are answered."""
        self.engine.finder.excluded()
        told = "the list of withdrawn ids cannot be read; what it said before still holds. The log says why."
        return [told] if self.engine.finder.withdrawn.problem else []


def _give_back_memory() -> None:
    """Return to the system what opening needed and freed; glibc would keep it, 14 MB of 300."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def create_app(engine: Engine, settings: Settings) -> FastAPI:
    """The app: routes, problems, what is watched."""
    metrics = Metrics(engine.release.id, settings.image)
    desk = Desk(engine, places=settings.queue, batch=settings.batch, threads=settings.threads)
    house = House(engine, settings, metrics, desk)

    def start() -> None:
        house.probe()
        page_routes.templates()  # Whoever wants the page first need not wait for them.

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        starting = asyncio.create_task(asyncio.to_thread(start))
        yield
        await starting
        house.desk.close()

    app = FastAPI(
        title="searchbar",
        version=engine.release.id[:12],
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # A redirect to the address without its last slash would name whatever Host the request did.
        redirect_slashes=False,
    )
    app.state.house = house
    app.include_router(routes.router)
    serve_docs(app)
    app.include_router(page_routes.router)
    app.include_router(admin_routes.router)
    answer_problems(app, engine.release.id)
    ask_for_keys(app, settings, metrics.wrong_keys)
    shares = Shares(settings.requests_a_minute)
    app.add_middleware(Watching, metrics=metrics, release=engine.release.id, shares=shares, desk=desk)
    let_others_embed(app, settings)
    return app
