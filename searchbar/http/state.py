"""The state of the application, shared by every route."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter
from fastapi import Request

from release_format.config.server import ServerSettings
from release_format.probes import Probe
from release_format.questions import LoggedQuestion, append
from searchbar.engine import Engine
from searchbar.errors import Cause, SearchError, bad_question
from searchbar.http.search_queue import FULL, MOST_THREADS, SearchQueue
from searchbar.metrics.metrics import Metrics
from searchbar.page.locale import Locales
from searchbar.query.question import Answer, Question
from searchbar.replay.log_row import logged_answer
from searchbar.results.similar import similar_answer
from searchbar.retrieval.values.state import ValuesState
from searchbar.typeahead.typeahead import Typeahead

# Items of an older release that are looked at to tell what all of them have.
LOOKED_AT = 256
_log = logging.getLogger("uvicorn.error")


@dataclass
class AppState:
    """The engine, the queue before it, and how they are: `app.state.app_state`."""

    engine: Engine
    settings: ServerSettings
    metrics: Metrics
    search_queue: SearchQueue
    locales: Locales
    typeahead: Typeahead
    failing: list[Probe] | None = None
    # Said once, not for every question, until it is written again.
    _is_unlogged: bool = False
    # Those at work on a long answer that is no search.
    long_answers: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(MOST_THREADS))

    async def ask(self, question: Question, request_id: str = "") -> Answer:
        """The answer to a question, in its turn; one with a request id is counted, and logged once.

        Browsing is not: nothing was asked, and nothing can be learned from it.
        """
        answer = await asyncio.wrap_future(self.search_queue.ask(question))
        if not request_id:  # The page's own: why a hit is there, what another filter would leave.
            return answer
        self.metrics.answer(answer)
        if self.settings.questions and question.text.strip() and not question.offset:
            await self.log(logged_answer(question, answer, self.engine.level, request_id))
        return answer

    async def log(self, logged: LoggedQuestion) -> None:
        """Write a question or a reaction down; who asked is answered, too, where that fails."""
        try:
            path, days = Path(self.settings.questions), self.settings.questions_days
            await asyncio.to_thread(append, path, logged, days)
        except OSError as error:
            if not self._is_unlogged:
                _log.error("questions cannot be logged (%s); they are answered.", error)
            self.metrics.unlogged.inc()
            self._is_unlogged = True
        else:
            self._is_unlogged = False

    async def similar(self, id: str, k: int) -> dict[str, Any]:
        """The answer that shows the items like this one.

        Raises:
            SearchError: there is no such item.
        """
        return await asyncio.to_thread(self._similar, id, k)

    def _similar(self, id: str, k: int) -> dict[str, Any]:
        started, engine = time.perf_counter(), self.engine
        return similar_answer(engine.release.id, engine.item(id), engine.similar(id, k), started)

    async def values_now(self) -> ValuesState:
        """The values that change by the minute, read again where they did."""
        return await asyncio.to_thread(self.engine.values.refresh)

    @cached_property
    def has_dates(self) -> bool:
        """Whether any of the first items says when it was changed."""
        first = islice(self.engine.release.items, LOOKED_AT)
        return any(item.updated_at for item in first)

    def refresh_gauges(self) -> None:
        """Set the metrics that tell how things are, and not what happened."""
        gauges, retriever = self.metrics, self.engine.retriever
        gauges.waiting.set(self.search_queue.waiting())
        gauges.ready.set(not self.reasons)
        gauges.withdrawn.set(len(retriever.taken_back()))
        gauges.unknown.set(retriever.unknown)
        gauges.unreadable.set(bool(retriever.withdrawn.problem))
        gauges.show_values(self.engine.values.refresh(), self.engine.values.problem)

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
        hides = self.engine.retriever.hides
        return [
            f"{probe.question!r} does not find {probe.id!r}"
            for probe in self.failing
            if not hides(probe.id)
        ]

    @property
    def warnings(self) -> list[str]:
        """What whoever runs this should mend, though questions are answered."""
        self.engine.retriever.excluded()
        unreadable = {
            "the list of withdrawn ids": self.engine.retriever.withdrawn.problem,
            "the file of values": self.engine.values.problem,
        }
        return [
            f"{what} cannot be read; what it said before still holds. The log says why."
            for what, problem in unreadable.items()
            if problem
        ]


def app_state_of(request: Request) -> AppState:
    """The state of the application that a request came to."""
    app_state: AppState = request.app.state.app_state
    return app_state


async def body_of(request: Request, largest: int, what: str) -> bytes:
    """The body of a request, read no further than it may be large.

    Raises:
        SearchError: it is larger.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > largest:
            raise bad_question(f"{what} at most {largest} bytes; send less.")
    return body


async def one_of_few(request: Request) -> AsyncIterator[None]:
    """What a route depends on that answers long, in a thread: few do at once, as many as questions
    may wait for them.

    Raises:
        SearchError: too many are waiting.
    """
    app_state = app_state_of(request)
    if app_state.long_answers.statistics().tasks_waiting >= app_state.settings.queue:
        raise SearchError(Cause.BUSY, FULL)
    async with app_state.long_answers:
        yield


def _give_back_memory() -> None:
    """Return to the system what opening needed and freed; glibc would keep it, 14 MB of 300."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
