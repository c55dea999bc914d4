"""Typeahead: items, topics and popular questions for what is being typed, remembered by prefix."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from cachetools import LRUCache

from release_format.config.server import ServerSettings
from release_format.fields import FieldType
from release_format.items import Item
from searchbar.engine import Engine
from searchbar.errors import Cause, SearchError
from searchbar.metrics.metrics import FROM_MEMORY, FROM_NAMES, FROM_SEARCH, Metrics
from searchbar.query.question import Answer, Hit, Question
from searchbar.typeahead.popular import PopularQuestions

MOST_NAMES, MOST_ITEMS, MOST_TOPICS, MOST_POPULAR = 3, 5, 3, 3
# Prefixes that are remembered; each is a few kB.
REMEMBERED = 2048
# Where more than this share of the queue waits, who only types is not searched for.
BUSY = 0.25
_NOTHING = ("names", "items", "topics", "popular")
_SHOWN = ("id", "title", "url", "image_url", "language")


class Typeahead:
    """What the page shows while somebody types; none of it is a question, in no log or metric."""

    def __init__(
        self,
        engine: Engine,
        settings: ServerSettings,
        ask: Callable[[Question], Future[Answer]],
        waiting: Callable[[], int],
        metrics: Metrics,
        popular: PopularQuestions,
    ) -> None:
        """`ask` answers in its turn where not too many wait; `waiting` tells how many do."""
        self._engine, self._metrics = engine, metrics
        self._ask, self._waiting = ask, waiting
        self._typing, self.popular = settings.typing, popular
        self._most_waiting = int(BUSY * settings.queue)
        self._answers: LRUCache[object, Mapping[str, Any]] = LRUCache(REMEMBERED)
        self._lock = threading.Lock()

    async def of(self, typed: str, filters: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        """What there is for a prefix within filters: `reads` is it with its last word finished,
        `items` are the first results of that, and `names` other items that are called so.

        Raises:
            SearchError: it is no text, or too long, or a filter is none.
        """
        text = " ".join(typed.split())
        if self._typing == "no":
            return {"query": typed, "reads": text, **{name: [] for name in _NOTHING}}
        question = Question(text, MOST_ITEMS, filters=filters)
        key = await asyncio.to_thread(self._key, question)
        with self._lock:
            answer = self._answers.get(key)
        source = FROM_MEMORY
        if answer is None:
            reads = await asyncio.to_thread(self._engine.completed, text)
            items, source = await self._found(replace(question, text=reads), is_begun=reads != text)
            answer = {"reads": reads, **await asyncio.to_thread(self._shown, question, items)}
            if source == FROM_SEARCH or self._typing != "results":
                with self._lock:
                    self._answers[key] = answer
        self._metrics.typed.labels(source).inc()
        popular = await asyncio.to_thread(self.popular.beginning, text, MOST_POPULAR)
        return {"query": typed, **answer, "popular": popular}

    def _key(self, question: Question) -> object:
        withdrawn = self._engine.retriever.withdrawn
        withdrawn.refresh()
        filters = tuple((name, tuple(values)) for name, values in question.filters.items())
        return question.text, filters, withdrawn.number, self._engine.values.refresh().number

    async def _found(self, question: Question, *, is_begun: bool) -> tuple[Sequence[Hit], str]:
        """The first hits of a question; none where others wait, who have asked.

        Where nothing fits a question that is whole, the nearest would only distract; one of which
        the last word was only begun (`is_begun`) cannot be told yet.
        """
        if self._typing != "results" or self._waiting() > self._most_waiting:
            return [], FROM_NAMES
        try:
            answer = await asyncio.wrap_future(self._ask(question))
        except SearchError as error:
            if error.cause is not Cause.BUSY:
                raise
            return [], FROM_NAMES
        return [] if answer.no_good_match and not is_begun else answer.hits, FROM_SEARCH

    def _shown(self, question: Question, hits: Sequence[Hit]) -> dict[str, Any]:
        engine, found = self._engine, {hit.id for hit in hits}
        # A name leads to its item, wherever that is; within filters nobody looks for others.
        begun = [] if question.filters else engine.begun(question.text, MOST_NAMES + len(found))
        names = [item for item in begun if item.id not in found][:MOST_NAMES]
        return {
            "names": [self._row(item, item.extra) for item in names],
            "items": [self._row(hit, hit.fields) for hit in hits],
            "topics": engine.retriever.topics_beginning(question.text, MOST_TOPICS),
        }

    def _row(self, item: Item | Hit, fields: Mapping[str, Any]) -> dict[str, Any]:
        """What a line under the box shows: a name, a picture, and the first of its fields."""
        schema = self._engine.release.schema or ()
        first = min((f for f in schema if f.show), key=lambda field: field.show, default=None)
        wanted = {f.name for f in schema if f.type is FieldType.IMAGE} | {first and first.name}
        shown = {name: value for name, value in fields.items() if name in wanted}
        return {name: getattr(item, name) for name in _SHOWN} | {"fields": shown}
