"""Relevant sets: what questions find and where that stops to fit, remembered for their filters."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cachetools import LRUCache

from searchbar.fields.field_table import FieldTable
from searchbar.fields.orders import Orders, SortKey
from searchbar.query.filters import Conditions
from searchbar.query.parser import ParsedQuestion
from searchbar.query.question import Question
from searchbar.relevance.estimate import Relevance
from searchbar.relevance.relevant_set import RelevantSet, relevant_set, relevant_set_within
from searchbar.retrieval.query_plan import QueryPlan
from searchbar.retrieval.result_set import ResultSet
from searchbar.retrieval.retriever import Retriever
from searchbar.retrieval.within import ALL, Within

REMEMBERED = 512
# A remembered set counts as so many items, or as those of all items that it is made of.
LEAST_SIZE = 2048

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Asked:
    """A question as its release reads it; `within` is what its conditions leave."""

    question: Question
    parsed: ParsedQuestion
    conditions: Conditions
    within: Within
    sort: tuple[SortKey, ...]

    @property
    def is_browsing(self) -> bool:
        """Whether nothing is looked for: then the order belongs to the set."""
        return self.parsed.is_empty

    @property
    def is_filtered(self) -> bool:
        """Whether something is looked for within filters."""
        return bool(self.within) and not self.is_browsing

    def unfiltered(self) -> Asked:
        """The same without its filters."""
        return replace(self, conditions=Conditions({}, {}), within=ALL)


class RelevantSets:
    """Finds and cuts what questions look for; what was looked for lately is remembered."""

    def __init__(self, retriever: Retriever, relevance: Relevance, orders: Orders) -> None:
        self._retriever, self._relevance, self._orders = retriever, relevance, orders
        self._sets: LRUCache[Key, RelevantSet] = LRUCache(
            REMEMBERED * LEAST_SIZE, getsizeof=size_of
        )
        self._lock = threading.Lock()

    def key(self, asked: Asked, table: FieldTable) -> Key:
        """Equal only for questions that have the same set."""
        self._retriever.withdrawn.refresh()
        numbers = self._retriever.withdrawn.number, table.columns.number
        sort = asked.sort if asked.is_browsing else ()
        return asked.question.text, asked.within.key, sort, numbers

    def of(self, wanted: Mapping[Key, Asked], table: FieldTable) -> dict[Key, RelevantSet]:
        """The sets of several questions; what is asked for the first time costs less together."""
        # What fits within filters depends on what fits without.
        bases = {key: asked.unfiltered() for key, asked in wanted.items() if asked.is_filtered}
        base_keys = {key: self.key(base, table) for key, base in bases.items()}
        every = {**wanted, **{base_keys[key]: base for key, base in bases.items()}}
        with self._lock:
            known = {key: self._sets[key] for key in every if key in self._sets}
        missing = {key: asked for key, asked in every.items() if key not in known}
        found = dict(zip(missing, self._found(list(missing.values()), table), strict=True))
        for key in sorted(found, key=base_keys.__contains__):  # Those without filters come first.
            base = known[base_keys[key]] if key in base_keys else None
            known[key] = self._cut(missing[key], found[key], base, table)
        with self._lock:
            for key, asked in missing.items():
                if not asked.is_browsing and size_of(known[key]) <= self._sets.maxsize:
                    self._sets[key] = untimed(known[key])
        return {key: known[key] for key in wanted}

    def _cut(
        self, asked: Asked, found: ResultSet, base: RelevantSet | None, table: FieldTable
    ) -> RelevantSet:
        groups = table.preferences(asked.conditions).groups
        if base is None:
            return relevant_set(found, self._relevance, groups)
        mask = self._retriever.left(found.plan.parsed, asked.within)
        return relevant_set_within(base, found, mask, self._relevance, groups)

    def _found(self, missing: Sequence[Asked], table: FieldTable) -> Iterator[ResultSet]:
        looked_for = [asked for asked in missing if not asked.is_browsing]
        found: list[ResultSet] = []
        if looked_for:
            found = self._retriever.find(
                [asked.parsed for asked in looked_for],
                [asked.within for asked in looked_for],
                [table.preferences(asked.conditions) for asked in looked_for],
            )
        of_words = iter(found)
        for asked in missing:
            yield self._browsed(asked, table) if asked.is_browsing else next(of_words)

    def _browsed(self, asked: Asked, table: FieldTable) -> ResultSet:
        retriever, parsed = self._retriever, asked.parsed
        mask = retriever.mask(asked.within, (), retriever.excluded(), parsed.without)
        whole = self._orders.whole(table.columns, (*asked.sort, *table.browsing_keys))
        return ResultSet.unordered(QueryPlan.of_nothing(parsed), whole[mask[whole]], {})


def size_of(relevant: RelevantSet) -> int:
    """How much a set is to remember."""
    return max(LEAST_SIZE, len(relevant.result_set))


def untimed(relevant: RelevantSet) -> RelevantSet:
    """The set for whoever is answered from what is remembered: it took no time."""
    return replace(relevant, result_set=replace(relevant.result_set, took_ms={}))
