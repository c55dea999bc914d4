"""The search queue: bounded, before the engine; questions that wait are answered together.

`ask` gives a future of the answer, or refuses when too many wait: who asks is told to come back.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from time import perf_counter

from searchbar.cores import cores
from searchbar.engine import Engine
from searchbar.errors import Cause, SearchError
from searchbar.metrics.metrics import Metrics
from searchbar.query.parameters import parameter
from searchbar.query.question import Answer, Question

# About half of answering needs the interpreter, which serves one thread at a time: more than these
# only wait for it.
MOST_THREADS = 4

FULL = "too many questions are waiting; ask again in a second."

Waiting = tuple[Question, "Future[Answer]", float]


class SearchQueue:
    """A few threads answer; questions that arrive meanwhile are encoded together."""

    def __init__(
        self,
        engine: Engine,
        *,
        places: int,
        batch: int,
        threads: int = 0,
        metrics: Metrics | None = None,
    ) -> None:
        """So many may wait; one of `threads` (0: one a core, up to a few) takes at most a batch
        together."""
        self._metrics = metrics
        self._engine, self._batch, self._places = engine, max(1, batch), places
        self._waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        many = threads if threads > 0 else min(MOST_THREADS, cores())
        self._threads = [
            threading.Thread(target=self._work, name=f"search {n + 1}", daemon=True)
            for n in range(many)
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, question: Question) -> Future[Answer]:
        """The answer as soon as it is there.

        Raises:
            SearchError: the question cannot be answered, or too many are waiting.
        """
        self._engine.check(question, parameter)
        if self.full():
            raise SearchError(Cause.BUSY, FULL)
        future: Future[Answer] = Future()
        self._waiting.put((question, future, perf_counter()))
        return future

    def full(self) -> bool:
        """Whether too many wait for one more to."""
        return self._waiting.qsize() > self._places

    def waiting(self) -> int:
        """How many questions wait."""
        return self._waiting.qsize()

    def close(self) -> None:
        """Answer those who wait, then stop."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(timeout=10)

    def _work(self) -> None:
        while first := self._waiting.get():
            together = [first]
            # Its share of those who wait, so that no other thread stands idle.
            share = -(-(1 + self._waiting.qsize()) // len(self._threads))
            while len(together) < min(share, self._batch) and (another := self._next()):
                together.append(another)
            self._measure(together)
            self._answer([entry for entry in together if entry[1].set_running_or_notify_cancel()])

    def _measure(self, together: list[Waiting]) -> None:
        if self._metrics is None:
            return
        self._metrics.together.observe(len(together))
        now = perf_counter()
        for _, _, since in together:
            self._metrics.queue_seconds.observe(now - since)

    def _next(self) -> Waiting | None:
        try:
            following = self._waiting.get_nowait()
        except queue.Empty:
            return None
        if following is None:
            self._waiting.put(None)
        return following

    def _answer(self, together: list[Waiting]) -> None:
        try:
            answers = self._engine.search_many([question for question, *_ in together])
            for (_, future, _), answer in zip(together, answers, strict=True):
                future.set_result(answer)
        except Exception as error:
            if len(together) == 1:
                together[0][1].set_exception(error)
            else:
                for entry in together:
                    self._answer([entry])
