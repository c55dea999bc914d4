"""Answer sets: the relevant set of a question with its facets, remembered for its other pages."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from cachetools import LRUCache

from searchbar.fields.facet_counts import Facet, FacetCounter, Groups
from searchbar.fields.field_table import FieldTable
from searchbar.fields.groups import Collapsed, collapse
from searchbar.fields.orders import Orders
from searchbar.query.question import UNCUT
from searchbar.relevance.estimate import Relevance
from searchbar.relevance.relevant_set import RelevantSet
from searchbar.relevant_sets import (
    LEAST_SIZE,
    REMEMBERED,
    Asked,
    Key,
    RelevantSets,
    size_of,
    untimed,
)
from searchbar.retrieval.result_set import Positions, ResultSet
from searchbar.retrieval.retriever import Retriever


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


class AnswerSets:
    """Finds the sets of questions; what was asked lately is remembered."""

    def __init__(self, retriever: Retriever, relevance: Relevance) -> None:
        self._orders = Orders(retriever.items)
        self._relevant = RelevantSets(retriever, relevance, self._orders)
        self._sets: LRUCache[Key, AnswerSet] = LRUCache(
            REMEMBERED * LEAST_SIZE, getsizeof=lambda answer_set: size_of(answer_set.relevant)
        )
        self._lock = threading.Lock()

    def of(self, several: Sequence[Asked], table: FieldTable) -> list[AnswerSet]:
        """The sets of several questions; what is asked for the first time costs less together."""
        keys = [(self._relevant.key(asked, table), _is_whole(asked)) for asked in several]
        wanted = dict(zip(keys, several, strict=True))
        with self._lock:
            known = {key: self._sets[key] for key in wanted if key in self._sets}
        missing = {key: asked for key, asked in wanted.items() if key not in known}
        relevant = self._relevant.of({key[0]: asked for key, asked in missing.items()}, table)
        fresh = {
            key: _counted(relevant[key[0]], asked, table, is_whole=key[1])
            for key, asked in missing.items()
        }
        # What is remembered took no time of whoever is answered from it.
        known |= {key: replace(e, relevant=untimed(e.relevant)) for key, e in fresh.items()}
        with self._lock:
            for key, answer_set in known.items():
                if size_of(answer_set.relevant) <= self._sets.maxsize:
                    self._sets[key] = answer_set
        return [fresh.pop(key, known[key]) for key in keys]

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


def _is_whole(asked: Asked) -> bool:
    """Whether all that was found was asked for, where it may be cut."""
    return asked.question.cut == UNCUT and not asked.is_browsing


def _counted(
    relevant: RelevantSet, asked: Asked, table: FieldTable, *, is_whole: bool
) -> AnswerSet:
    groups = table.preferences(asked.conditions).groups
    positions = relevant.result_set.positions
    groups = None if groups is None else groups[positions]
    hits, shown = collapse(np.arange(len(positions)), groups), relevant.fits
    is_whole = is_whole and relevant.is_cut
    if is_whole:
        shown = len(positions)
    fitting = int(np.count_nonzero(hits.places < relevant.fits))
    facets = _facets(positions[:shown], _first(groups, shown), table)
    less_likely = len(hits.places) - fitting
    if not is_whole:
        hits = Collapsed(hits.places[:fitting], hits.variants[:fitting])
    return AnswerSet(relevant, facets, groups, hits, less_likely, is_whole)


def _facets(positions: Positions, groups: Groups | None, table: FieldTable) -> dict[str, Facet]:
    counter = FacetCounter(table.values.facets)
    return counter.counts(positions, table.facets, table.columns, groups)


def _first(groups: Groups | None, many: int) -> Groups | None:
    return None if groups is None else groups[:many]
