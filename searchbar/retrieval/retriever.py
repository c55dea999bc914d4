"""The retriever: both legs of a release, fused into one result set a question."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import islice
from operator import attrgetter
from typing import Final

import numpy as np
from cachetools import LRUCache, cachedmethod
from numpy.typing import NDArray

from release_format.release import ENCODER, LEXICAL, Release
from searchbar.errors import broken_release
from searchbar.query.normalize import Forms, begins, forms
from searchbar.query.parser import ColumnOf, ParsedQuestion, no_column
from searchbar.query.phrases import without_unheld
from searchbar.query.quotation import unquoted
from searchbar.query.rule_matcher import RuleMatcher
from searchbar.query.rules import Rules
from searchbar.retrieval.adapter import open_adapter
from searchbar.retrieval.codes import Codes
from searchbar.retrieval.dense import DEPTH, Allowed, Dense
from searchbar.retrieval.encoder import Encoder
from searchbar.retrieval.facets import Facets
from searchbar.retrieval.fusion import Fused, Fusion, by_words, fuse
from searchbar.retrieval.query_plan import QueryPlan, QueryPlanner
from searchbar.retrieval.result_set import Clock, Positions, Preferences, ResultSet, ranks_in
from searchbar.retrieval.withdrawn import Withdrawn, positions_of
from searchbar.retrieval.within import ALL, Mask, Within, holders
from searchbar.retrieval.word_search import WordSearch
from searchbar.retrieval.words.language_weights import LanguageWeights
from searchbar.retrieval.words.lexical import BETWEEN, FILTERS, NAMES, Lexical, Scores

PREPARED, LEXICAL_DEPTH = 32, 400
NO_PREFERENCES = Preferences()


def _key_of(
    _: object,
    within: Within,
    phrases: Sequence[str],
    excluded: Positions,
    without: Sequence[str] = (),
) -> object:
    return within.key, phrases, excluded.tobytes(), without


class Retriever:
    """Both legs of a release, its rules, and what may not be shown."""

    def __init__(
        self,
        release: Release,
        *,
        withdrawn: Withdrawn | None = None,
        fusion: Fusion | None = None,
        rules: Rules | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        """Open a release, by its own fusion, rules and encoder unless others are given."""
        self.items: Final = release.items
        self.lexical: Final = Lexical.open(release.path / LEXICAL)
        self.facets: Final = Facets.open(release.path / LEXICAL)
        self.dense: Final = Dense.open(release.path)
        self.encoder: Final = encoder or Encoder.open(release.path / ENCODER)
        self._fusion = fusion or Fusion.from_recipe(release.recipe.get("fusion", {}))
        rules, words = rules or Rules.from_table(release.rules), self.lexical
        self.rules: Final = RuleMatcher(rules, words.reader.stems)
        adapter = open_adapter(release.path, self.encoder.dimension)
        holding = partial(holders, self.lexical, self.items, self.excluded)
        told = release.recipe.get("encoder", {})
        self.planner: Final = QueryPlanner(
            words, self.encoder, self.rules, adapter, holding, self.shows, self._nearness, told
        )
        self._language_weights = LanguageWeights(words.languages, self.items)
        self.withdrawn: Final = withdrawn or Withdrawn()
        hidden = map(self.items.position, rules.hides)
        self.hidden: Final = _positions(p for p in hidden if p is not None)
        self.unknown = 0
        self._excluded: tuple[int, Positions, Positions] = (-1, self.hidden, self.hidden)
        self._prepared: LRUCache[object, Allowed | None] = LRUCache(PREPARED)
        self._lock = threading.Lock()
        if not len(self.items) == len(self.lexical) == len(self.facets) == self.dense.items:
            raise broken_release(release.path, "items, words and passages are of different numbers")
        if self.encoder.dimension != self.dense.vectors.shape[1]:
            raise broken_release(release.path, "encoder and vectors do not belong together")

    def find(
        self,
        questions: Sequence[ParsedQuestion],
        within: Sequence[Within] = (),
        preferences: Sequence[Preferences] = (),
    ) -> list[ResultSet]:
        """The result sets of several questions; encoding them together costs less.

        Each within all its filters, and by its preferences, where they are given.
        """
        within = within or [ALL] * len(questions)
        clock = Clock()
        plans = self.planner.plan_once(list(map(self.within_reach, questions, within)))
        clock.step("encode")
        share = {"encode": clock.took["encode"] / len(questions)}
        preferences = preferences or [NO_PREFERENCES] * len(questions)
        searches: dict[object, WordSearch] = {}
        found = []
        for plan, left, preferred in zip(plans, within, preferences, strict=True):
            # What fields leave that the index does not know is the same search, only deeper.
            key = (id(plan), *left.filters.items())
            search = searches.setdefault(key, WordSearch.of(self.lexical, plan, left))
            found.append(self._find(plan, left, preferred, search, share))
        return found

    def parse(self, text: str, column_of: ColumnOf = no_column) -> ParsedQuestion:
        """Read a question by the query language, with the columns that it may filter by."""
        return self.planner.parse(text, column_of)

    def within_reach(self, question: ParsedQuestion, within: Within) -> ParsedQuestion:
        """A question in its filters' languages, without the phrases that nothing within holds."""
        if "language" in within.filters and self.lexical.reader.is_narrowed:
            question = replace(question, languages=tuple(within.filters["language"].wanted))
        if not question.phrases:
            return question
        left = self.left(replace(question, phrases=()), within)
        return without_unheld(question, np.flatnonzero(left), self.holding)

    def holding(self, phrase: str) -> Positions:
        """The items that hold a phrase as it stands, or are called so: ids are no words."""
        called = [phrase, *self._codes.called(phrase)]
        return np.union1d(self.lexical.within({}, (phrase,)), self._called(called))

    def excluded(self) -> Positions:
        """Items that are hidden by a rule or withdrawn."""
        return self._left_out()[0]

    def taken_back(self) -> Positions:
        """Items that are withdrawn."""
        return self._left_out()[1]

    def hides(self, id: str) -> bool:
        """Whether this is an item of the release that may not be shown."""
        excluded = self.excluded()
        position = self.items.position(id) if len(excluded) else None
        return position is not None and bool(np.isin(position, excluded))

    def shows(self, field: str, term: str) -> bool:
        """Whether an item that may be shown holds this term."""
        excluded = self.excluded()
        return not len(excluded) or not self.lexical.held_only_by(excluded, field, term)

    def topics_beginning(self, prefix: str, k: int) -> list[str]:
        """Topics that begin so, the frequent ones first, of items that may be shown."""
        typed = forms(prefix)
        begun = (topic for own, topic in self._topics if begins(own, typed))
        return list(islice((t for t in begun if self.shows(FILTERS, f"topic{BETWEEN}{t}")), k))

    @cached_property
    def _topics(self) -> list[tuple[Forms, str]]:
        return [(forms(topic), topic) for topic in self.lexical.topics]

    def _left_out(self) -> tuple[Positions, Positions]:
        self.withdrawn.refresh()
        if self._excluded[0] != self.withdrawn.number:
            with self._lock:
                if self._excluded[0] != (number := self.withdrawn.number):
                    found, self.unknown = positions_of(self.withdrawn.lines, self.items.position)
                    taken_back = _positions(found)
                    self._excluded = (number, np.union1d(self.hidden, taken_back), taken_back)
        return self._excluded[1:]

    def _find(
        self,
        plan: QueryPlan,
        within: Within,
        preferences: Preferences,
        search: WordSearch,
        share: Mapping[str, float],
    ) -> ResultSet:
        clock = Clock(dict(share))
        excluded = self.excluded()
        parsed = plan.parsed
        allowed = self._allowed(within, parsed.phrases, excluded, parsed.without)
        if parsed.is_empty:
            every = np.flatnonzero(allowed.mask) if allowed else np.arange(len(self.items))
            return ResultSet.unordered(plan, every, clock.took)
        near = self.dense.nearest(plan.vector, DEPTH, allowed)
        clock.step("dense")
        mask = allowed.mask if allowed else None
        leg = search.best_left(within, mask, LEXICAL_DEPTH, excluded)
        first = [self._pinned(plan, allowed), self._named(plan, allowed)]
        clock.step("lexical")
        pool = np.unique(np.concatenate([near, leg.positions, *first]))
        bm25 = search.bm25_of(pool, leg)
        fused = self._fused(plan, pool, bm25)
        ahead = np.searchsorted(pool, list(dict.fromkeys(np.concatenate(first).tolist())))
        confidence = by_words(bm25, plan.rarity) if plan.by_words else fused.confidence
        fused_scores = preferences.boosted(np.asarray(fused.scores), pool)
        order = preferences.best_first(fused_scores, pool, ahead)
        clock.step("fuse")
        positions = pool[order]
        most = int(allowed.mask.sum()) if allowed else len(self.items)
        return ResultSet(
            plan=plan,
            positions=positions,
            scores=np.asarray(fused_scores, np.float32)[order],
            cosines=np.asarray(fused.cosines, np.float32)[order],
            bm25=bm25[order],
            confidence=np.asarray(confidence, np.float32)[order],
            dense_ranks=ranks_in(near, positions),
            lexical_ranks=ranks_in(leg.positions, positions),
            pinned=len(first[0]),
            named=frozenset(np.flatnonzero(np.isin(positions, first[1])).tolist()),
            full=len(order) < most,
            took_ms=clock.took,
        )

    def _fused(self, plan: QueryPlan, pool: Positions, bm25: Scores) -> Fused:
        vectors, items = self.dense.best_passages(pool, plan.vector), len(self.items)
        meaning = self.meaning(plan, pool, bm25)
        return fuse(plan.vector, vectors, bm25, plan.rarity, self._fusion, items, meaning)

    def meaning(self, plan: QueryPlan, pool: Positions, bm25: Scores) -> float:
        """What a question's vector counts, by its words and the languages they are found in."""
        return min(plan.meaning, self._language_weights(pool, bm25))

    @cachedmethod(attrgetter("_prepared"), key=_key_of, lock=attrgetter("_lock"))
    def _allowed(
        self,
        within: Within,
        phrases: Sequence[str],
        excluded: Positions,
        without: Sequence[str] = (),
    ) -> Allowed | None:
        if not (within or phrases or without or len(excluded)):
            return None
        return self.dense.allow(self.mask(within, phrases, excluded, without))

    def left(self, question: ParsedQuestion, within: Within) -> Mask:
        """The items that a question may find within all its filters, (items,)."""
        allowed = self._allowed(within, question.phrases, self.excluded(), question.without)
        return np.ones(len(self.items), np.bool_) if allowed is None else allowed.mask

    def mask(
        self,
        within: Within,
        phrases: Sequence[str],
        excluded: Positions,
        without: Sequence[str] = (),
    ) -> Mask:
        """The items, (items,), within filters that hold these phrases, none of those without, and
        are not excluded."""
        mask = np.full(len(self.items), not without)
        if without:
            mask[self.lexical.within({}, (), without)] = True
        for phrase in phrases:
            held = np.zeros_like(mask)
            held[self.holding(phrase)] = True
            mask &= held
        if within.mask is not None:
            mask &= within.mask
        mask[excluded] = False
        return mask

    def _named(self, plan: QueryPlan, allowed: Allowed | None) -> Positions:
        parsed = plan.parsed
        named = self._called([unquoted(parsed.text), parsed.bare, plan.bare])
        if not len(named):
            codes = self._codes.mentioned(parsed.bare, partial(self.shows, NAMES))
            named = np.concatenate([named, *(self._called([code]) for code in codes)])
        return named if allowed is None else named[allowed.mask[named]]

    def _called(self, names: Iterable[str]) -> Positions:
        """The items that the first of these names names, if any does."""
        for name in names:
            if len(named := np.concatenate(self.lexical.named(name))):
                return named
        return np.empty(0, np.int64)

    def _nearness(self, vector: NDArray[np.float32]) -> float:
        allowed = self._allowed(ALL, (), self.excluded())
        nearest = self.dense.nearest(vector, 1, allowed)
        return float((self.dense.best_passages(nearest, vector) @ vector).max(initial=-1.0))

    @cached_property
    def _codes(self) -> Codes:
        return Codes(self.lexical.names)

    def _pinned(self, plan: QueryPlan, allowed: Allowed | None) -> Positions:
        pinned_ids = self.rules.pinned(plan.parsed.text, plan.parsed.bare, plan.bare)
        positions = (self.items.position(id) for id in pinned_ids)
        pinned = np.array(list(dict.fromkeys(p for p in positions if p is not None)), np.int64)
        return pinned if allowed is None else pinned[allowed.mask[pinned]]


def _positions(positions: Iterable[int]) -> Positions:
    return np.array(sorted(set(positions)), np.int64)
