"""Answer sets: the result set of a question with its facets, remembered for its other pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
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
from searchbar.query.question import UNCUT, Question
from searchbar.relevance.estimate import Relevance
from searchbar.relevance.relevant_set import RelevantSet, relevant_set, relevant_set_within
from searchbar.retrieval.query_plan import QueryPlan
from searchbar.retrieval.result_set import Positions, ResultSet
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

    @property
    def is_filtered(self) -> bool:
        """Whether something is looked for within filters."""
        conditions = self.conditions
        return bool(conditions.choices or conditions.ranges) and not self.is_browsing

    def unfiltered(self) -> Asked:
        """The same without its filters."""
        return replace(self, conditions=Conditions({}, {}))


@dataclass(frozen=True)
class AnswerSet:
    """A relevant set, the facets of what fits, the group of each of its items where variants
    collapse, and the hits in the set's own order: those that fit, then those less likely.
    """

    relevant: RelevantSet
    facets: Mapping[str, Facet]
    groups: Groups | None
    hits: Collapsed
    less_likely: int
    is_whole: bool = False

    @property
    def result_set(self) -> ResultSet:
        """All that was found."""
        return self.relevant.result_set

    @property
    def shown(self) -> int:
        """How many items its hits and facets are about: what fits, or all of them."""
        return len(self.result_set) if self.is_whole else self.relevant.fits

    @property
    def total(self) -> int:
        """How many hits all pages have."""
        return len(self.hits.places)

    @property
    def total_text(self) -> str:
        """The same, with a plus where there would be more if a set had room for them."""
        may_go_on = self.result_set.full and self.shown == len(self.result_set)
        return f"{self.total}{'+' if may_go_on else ''}"

    @property
    def size(self) -> int:
        """How much it is to remember."""
        return max(LEAST_SIZE, len(self.result_set))


class AnswerSets:
    """Finds the sets of questions; what was asked lately is remembered."""

    def __init__(self, retriever: Retriever, relevance: Relevance) -> None:
        self._retriever, self._relevance = retriever, relevance
        self._orders = Orders(retriever.items)
        self._sets: LRUCache[Key, AnswerSet] = LRUCache(
            REMEMBERED * LEAST_SIZE, getsizeof=lambda answer_set: answer_set.size
        )
        self._lock = threading.Lock()

    def of(self, several: Sequence[Asked], table: FieldTable) -> list[AnswerSet]:
        """The sets of several questions; what is asked for the first time costs less together."""
        keys = [self._key(asked, table) for asked in several]
        wanted = dict(zip(keys, several, strict=True))
        # What fits within filters depends on what fits without.
        bases = {key: asked.unfiltered() for key, asked in wanted.items() if asked.is_filtered}
        base_keys = {key: self._key(base, table) for key, base in bases.items()}
        wanted |= {base_keys[key]: base for key, base in bases.items()}
        with self._lock:
            known = {key: self._sets[key] for key in wanted if key in self._sets}
        missing = {key: asked for key, asked in wanted.items() if key not in known}
        fresh = self._found(missing, base_keys, known, table)
        # What is remembered took no time of whoever is answered from it.
        known |= {key: _untimed(each) for key, each in fresh.items()}
        with self._lock:
            for key in known:
                if known[key].size <= self._sets.maxsize:
                    self._sets[key] = known[key]
        pairs = zip(keys, several, strict=True)
        return [self._shown(asked, fresh.pop(key, known[key]), table) for key, asked in pairs]

    def hits(self, asked: Asked, answer_set: AnswerSet, table: FieldTable) -> Collapsed:
        """The places of all hits as they were asked to be sorted."""
        if asked.is_browsing or not asked.sort:
            return answer_set.hits
        positions = answer_set.result_set.positions[: answer_set.shown]
        order = self._orders.of(table.columns, positions, asked.sort)
        return collapse(order, _first(answer_set.groups, answer_set.shown))

    def values(
        self, field: str, prefix: str, answer_set: AnswerSet, table: FieldTable
    ) -> tuple[Mapping[str, int], int]:
        """The values of a keyword that begin so, and how many there are."""
        positions = answer_set.result_set.positions[: answer_set.shown]
        groups = _first(answer_set.groups, answer_set.shown)
        return FacetCounter(table.values.facets).values(field, positions, prefix, groups)

    def _key(self, asked: Asked, table: FieldTable) -> Key:
        self._retriever.withdrawn.refresh()
        numbers = self._retriever.withdrawn.number, table.columns.number
        sort = asked.sort if asked.is_browsing else ()
        return asked.question.text, table.within(asked.conditions).key, sort, numbers

    def _found(
        self,
        missing: Mapping[Key, Asked],
        base_keys: Mapping[Key, Key],
        known: Mapping[Key, AnswerSet],
        table: FieldTable,
    ) -> dict[Key, AnswerSet]:
        found = dict(zip(missing, self._result_sets(list(missing.values()), table), strict=True))
        fresh: dict[Key, AnswerSet] = {}
        for key in sorted(found, key=base_keys.__contains__):  # Those without filters come first.
            asked, result_set = missing[key], found[key]
            groups = table.preferences(asked.conditions).groups
            if key not in base_keys:
                relevant = relevant_set(result_set, self._relevance, groups)
            else:
                base = (fresh.get(base_keys[key]) or known[base_keys[key]]).relevant
                make_mask = table.within(asked.conditions).make_mask
                mask = make_mask() if make_mask else np.ones(len(self._retriever.items), np.bool_)
                relevant = relevant_set_within(base, result_set, mask, self._relevance, groups)
            fresh[key] = self._counted(asked, relevant, table)
        return fresh

    def _result_sets(self, missing: Sequence[Asked], table: FieldTable) -> Iterator[ResultSet]:
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
            yield self._browsed(asked, table) if asked.is_browsing else next(of_words)

    def _browsed(self, asked: Asked, table: FieldTable) -> ResultSet:
        retriever = self._retriever
        within = table.within(asked.conditions)
        parsed, plan = asked.parsed, QueryPlan.of_nothing(asked.parsed)
        mask = retriever.mask(within, (), retriever.excluded(), parsed.without)
        whole = self._orders.whole(table.columns, (*asked.sort, *table.browsing_keys))
        return ResultSet.unordered(plan, whole[mask[whole]], {})

    def _counted(self, asked: Asked, relevant: RelevantSet, table: FieldTable) -> AnswerSet:
        groups = table.preferences(asked.conditions).groups
        positions = relevant.result_set.positions
        groups = None if groups is None else groups[positions]
        hits = collapse(np.arange(len(positions)), groups)
        fitting = int(np.count_nonzero(hits.places < relevant.fits))
        facets = _facets(positions[: relevant.fits], _first(groups, relevant.fits), table)
        shown = Collapsed(hits.places[:fitting], hits.variants[:fitting])
        return AnswerSet(relevant, facets, groups, shown, len(hits.places) - fitting)

    def _shown(self, asked: Asked, answer_set: AnswerSet, table: FieldTable) -> AnswerSet:
        """The set, or all that was found where that was asked for."""
        if asked.question.cut != UNCUT or not answer_set.relevant.is_cut:
            return answer_set
        positions, groups = answer_set.result_set.positions, answer_set.groups
        facets = _facets(positions, groups, table)
        hits = collapse(np.arange(len(positions)), groups)
        return replace(answer_set, facets=facets, hits=hits, is_whole=True)


def _facets(positions: Positions, groups: Groups | None, table: FieldTable) -> dict[str, Facet]:
    counter = FacetCounter(table.values.facets)
    return counter.counts(positions, table.facets, table.columns, groups)


def _first(groups: Groups | None, many: int) -> Groups | None:
    return None if groups is None else groups[:many]


def _untimed(answer_set: AnswerSet) -> AnswerSet:
    result_set = replace(answer_set.result_set, took_ms={})
    return replace(answer_set, relevant=replace(answer_set.relevant, result_set=result_set))
