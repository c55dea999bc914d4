"""Answer sets: the result set of a question with its facets, remembered for its other pages."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from cachetools import LRUCache

from searchbar.fields.facet_counts import Facet, FacetCounter, Groups
from searchbar.fields.field_table import FieldTable
from searchbar.fields.groups import Collapsed, collapse
from searchbar.fields.orders import Orders, SortKey
from searchbar.query.filters import Conditions
from searchbar.query.parser import ParsedQuestion
from searchbar.query.question import Question
from searchbar.retrieval.query_plan import QueryPlan
from searchbar.retrieval.result_set import ResultSet
from searchbar.retrieval.retriever import Retriever

REMEMBERED = 512
# A remembered set counts as so many items, or as those of all items that it is made of.
LEAST_SIZE = 2048

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Asked:
    """A question as its release reads it."""

    question: Question
    parsed: ParsedQuestion
    conditions: Conditions
    sort: tuple[SortKey, ...]

    @property
    def is_browsing(self) -> bool:
        """Whether nothing is looked for: then the order belongs to the set."""
        return self.parsed.is_empty


@dataclass(frozen=True)
class AnswerSet:
    """A result set, its facets, the group of each of its items where variants collapse, and its
    hits in the set's own order.
    """

    result_set: ResultSet
    facets: Mapping[str, Facet]
    groups: Groups | None
    hits: Collapsed

    @property
    def total(self) -> int:
        """How many hits all pages have."""
        return len(self.hits.places)

    @property
    def size(self) -> int:
        """How much it is to remember."""
        return max(LEAST_SIZE, len(self.result_set))


class AnswerSets:
    """Finds the sets of questions; what was asked lately is remembered."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever
        self._orders, self._counter = Orders(retriever.items), FacetCounter(retriever.facets)
        self._sets: LRUCache[Key, AnswerSet] = LRUCache(
            REMEMBERED * LEAST_SIZE, getsizeof=lambda answer_set: answer_set.size
        )
        self._lock = threading.Lock()

    def of(self, several: Sequence[Asked], table: FieldTable) -> list[AnswerSet]:
        """The sets of several questions; what is asked for the first time costs less together."""
        keys = [self._key(asked, table) for asked in several]
        with self._lock:
            known = {key: self._sets[key] for key in keys if key in self._sets}
        missing = {key: asked for key, asked in zip(keys, several, strict=True) if key not in known}
        fresh = dict(zip(missing, self._found(list(missing.values()), table), strict=True))
        # What is remembered took no time of whoever is answered from it.
        known |= {
            key: replace(each, result_set=replace(each.result_set, took_ms={}))
            for key, each in fresh.items()
        }
        with self._lock:
            for key in keys:
                if known[key].size <= self._sets.maxsize:
                    self._sets[key] = known[key]
        return [fresh.pop(key, known[key]) for key in keys]

    def hits(self, asked: Asked, answer_set: AnswerSet, table: FieldTable) -> Collapsed:
        """The places of all hits as they were asked to be sorted."""
        if asked.is_browsing or not asked.sort:
            return answer_set.hits
        order = self._orders.of(table.columns, answer_set.result_set.positions, asked.sort)
        return collapse(order, answer_set.groups)

    def values(
        self, field: str, prefix: str, answer_set: AnswerSet
    ) -> tuple[Mapping[str, int], int]:
        """The values of a keyword that begin so, and how many there are."""
        positions, groups = answer_set.result_set.positions, answer_set.groups
        return self._counter.values(field, positions, prefix, groups)

    def _key(self, asked: Asked, table: FieldTable) -> Key:
        self._retriever.withdrawn.refresh()
        numbers = self._retriever.withdrawn.number, table.columns.number
        sort = asked.sort if asked.is_browsing else ()
        return asked.question.text, table.within(asked.conditions).key, sort, numbers

    def _found(self, missing: Sequence[Asked], table: FieldTable) -> Iterable[AnswerSet]:
        looked_for = [asked for asked in missing if not asked.is_browsing]
        found: list[ResultSet] = []
        if looked_for:
            found = self._retriever.find(
                [asked.parsed for asked in looked_for],
                [table.within(asked.conditions) for asked in looked_for],
                [table.preferences(asked.conditions) for asked in looked_for],
            )
        of_words = iter(found)
        for asked in missing:
            result_set = self._browsed(asked, table) if asked.is_browsing else next(of_words)
            yield self._counted(asked, result_set, table)

    def _browsed(self, asked: Asked, table: FieldTable) -> ResultSet:
        retriever = self._retriever
        within = table.within(asked.conditions)
        parsed, plan = asked.parsed, QueryPlan.of_nothing(asked.parsed)
        mask = retriever.mask(within, (), retriever.excluded(), parsed.without)
        whole = self._orders.whole(table.columns, (*asked.sort, *table.browsing_keys))
        return ResultSet.unordered(plan, whole[mask[whole]], {})

    def _counted(self, asked: Asked, result_set: ResultSet, table: FieldTable) -> AnswerSet:
        groups = table.preferences(asked.conditions).groups
        positions = result_set.positions
        groups = None if groups is None else groups[positions]
        facets = self._counter.counts(positions, table.facets, table.columns, groups)
        hits = collapse(np.arange(len(positions)), groups)
        return AnswerSet(result_set, facets, groups, hits)
