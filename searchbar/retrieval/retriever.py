"""The retriever: both legs of a release, fused into one result set a question."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Final

import numpy as np
from cachetools import LRUCache, cachedmethod

from release_format.release import ENCODER, LEXICAL, Release
from searchbar.errors import Cause, SearchError
from searchbar.query.rules import Rules
from searchbar.retrieval.adapter import open_adapter
from searchbar.retrieval.codes import Codes
from searchbar.retrieval.dense import DEPTH, Allowed, Dense
from searchbar.retrieval.encoder import Encoder
from searchbar.retrieval.facets import Facets
from searchbar.retrieval.fusion import Fusion, fuse
from searchbar.retrieval.lexical import BETWEEN, FILTERS, Lexical, Scores
from searchbar.retrieval.query_plan import QueryPlan, QueryPlanner
from searchbar.retrieval.result_set import Positions, Preferences, ResultSet, ranks_in
from searchbar.retrieval.withdrawn import Withdrawn, ids_of, is_comment
from searchbar.retrieval.within import ALL, Mask, Within, search_within

_log = logging.getLogger("uvicorn.error")
PREPARED = 32
LEXICAL_DEPTH = 400


@dataclass
class Clock:
    """Milliseconds by step."""

    took: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def step(self, name: str) -> None:
        """The time since the last step belongs to this one."""
        moment = time.perf_counter()
        self.took[name] = self.took.get(name, 0.0) + (moment - self.started) * 1000
        self.started = moment


def _key_of(_: object, within: Within, phrases: Sequence[str], excluded: Positions) -> object:
    return within.key, phrases, excluded.tobytes()


NO_PREFERENCES = Preferences()


class Retriever:
    """Both legs of a release, its rules, and what may not be shown."""

    def __init__(
        self,
        release: Release,
        *,
        withdrawn: Withdrawn | None = None,
        fusion: Fusion | None = None,
        rules: Rules | None = None,
    ) -> None:
        """Open a release, by its own fusion and rules unless others are given."""
        self.items: Final = release.items
        self.lexical: Final = Lexical.open(release.path / LEXICAL)
        self.facets: Final = Facets.open(release.path / LEXICAL)
        self.dense: Final = Dense.open(release.path)
        self.encoder: Final = Encoder.open(release.path / ENCODER)
        self._fusion = fusion or Fusion.from_recipe(release.recipe.get("fusion", {}))
        self._rules = rules or Rules.from_table(release.rules)
        adapter = open_adapter(release.path, self.encoder.dimension)
        self.planner: Final = QueryPlanner(
            self.lexical, self.dense, self.encoder, self._rules, adapter, self.shows
        )
        self.withdrawn: Final = withdrawn or Withdrawn()
        hidden = [self.items.position(id) for id in self._rules.hides]
        self.hidden: Final = _positions(position for position in hidden if position is not None)
        self.unknown = 0
        self._excluded: tuple[int, Positions, Positions] = (-1, self.hidden, self.hidden)
        self._prepared: LRUCache[object, Allowed | None] = LRUCache(PREPARED)
        self._lock = threading.Lock()
        if not len(self.items) == len(self.lexical) == len(self.facets) == self.dense.items:
            raise _broken(release, "items, words and passages are of different numbers")
        if self.encoder.dimension != self.dense.vectors.shape[1]:
            raise _broken(release, "encoder and vectors do not belong together")

    def find(
        self,
        texts: Sequence[str],
        within: Sequence[Within] = (),
        preferences: Sequence[Preferences] = (),
    ) -> list[ResultSet]:
        """The result sets of several questions; encoding them together costs less.

        Each within its filters and by its preferences, where they are given.
        """
        clock = Clock()
        plans = self.planner.plan(texts)
        clock.step("encode")
        share = {"encode": clock.took["encode"] / len(texts)}
        none = [ALL] * len(texts), [NO_PREFERENCES] * len(texts)
        each = zip(plans, within or none[0], preferences or none[1], strict=True)
        return [self._find(plan, filters, preferred, share) for plan, filters, preferred in each]

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
        """Topics that begin with this, the frequent ones first, of items that may be shown."""
        most = k
        while True:
            topics = self.lexical.topics_beginning(prefix, most)
            shown = [topic for topic in topics if self.shows(FILTERS, f"topic{BETWEEN}{topic}")]
            if len(shown) >= k or len(topics) < most:
                return shown
            most *= 4

    def _left_out(self) -> tuple[Positions, Positions]:
        self.withdrawn.refresh()
        if self._excluded[0] != self.withdrawn.number:
            with self._lock:
                if self._excluded[0] != (number := self.withdrawn.number):
                    taken_back = self._withdrawn_positions(self.withdrawn.lines)
                    self._excluded = (number, np.union1d(self.hidden, taken_back), taken_back)
        return self._excluded[1:]

    def _withdrawn_positions(self, lines: Sequence[str]) -> Positions:
        """Where the items of these lines stand; lines that name none are told once."""
        positions = {line: self._meant(line) for line in lines}
        nameless = (line for line, position in positions.items() if position is None)
        unknown = [line for line in nameless if not is_comment(line)]
        self.unknown = len(unknown)
        if unknown:
            examples = ", ".join(f"{line[:64]!a}" for line in unknown[:5])
            text = (
                "%d of %d lines of the list of withdrawn ids name no item of this release: %s. Look"
                " at them."
            )
            _log.warning(text, len(unknown), len(positions), examples)
        return _positions(position for position in positions.values() if position is not None)

    def _meant(self, line: str) -> int | None:
        positions = map(self.items.position, ids_of(line))
        return next((position for position in positions if position is not None), None)

    def _find(
        self,
        plan: QueryPlan,
        within: Within,
        preferences: Preferences,
        share: Mapping[str, float],
    ) -> ResultSet:
        clock = Clock(dict(share))
        excluded = self.excluded()
        allowed = self._allowed(within, plan.phrases, excluded)
        near = self.dense.nearest(plan.vector, DEPTH, allowed)
        clock.step("dense")
        lexical, scores = self._by_words(plan, within, allowed, excluded)
        first = [self._pinned(plan, allowed), self._named(plan, within, excluded)]
        clock.step("lexical")
        pool = np.unique(np.concatenate([near, lexical, *first]))
        bm25 = np.zeros(len(pool), np.float32)
        bm25[np.searchsorted(pool, lexical)] = scores
        vectors = self.dense.best_passages(pool, plan.vector)
        fused = fuse(plan.vector, vectors, bm25, plan.rarity, self._fusion, len(self.items))
        ahead = np.searchsorted(pool, list(dict.fromkeys(np.concatenate(first).tolist())))
        fused_scores = preferences.boosted(np.asarray(fused.scores), pool)
        order = preferences.best_first(fused_scores, pool, ahead)
        clock.step("fuse")
        positions, most = pool[order], len(self.items)
        if allowed is not None:
            most = int(allowed.mask.sum())
        return ResultSet(
            plan=plan,
            positions=positions,
            scores=np.asarray(fused_scores, np.float32)[order],
            cosines=np.asarray(fused.cosines, np.float32)[order],
            bm25=bm25[order],
            confidence=np.asarray(fused.confidence, np.float32)[order],
            dense_ranks=ranks_in(near, positions),
            lexical_ranks=ranks_in(lexical, positions),
            pinned=len(first[0]),
            named=frozenset(np.flatnonzero(np.isin(positions, first[1])).tolist()),
            full=len(order) < most,
            took_ms=clock.took,
        )

    def _by_words(
        self, plan: QueryPlan, within: Within, allowed: Allowed | None, excluded: Positions
    ) -> tuple[Positions, Scores]:
        """The best items by words, within the filters and phrases and without excluded ones."""
        filters, phrases = within.filters, plan.phrases
        if allowed is not None and within.has_ranges:
            mask = allowed.mask
            return search_within(self.lexical, plan.stems, LEXICAL_DEPTH, mask, filters, phrases)
        depth = LEXICAL_DEPTH + len(excluded)
        found, scores = self.lexical.search(plan.stems, depth, filters=filters, phrases=phrases)
        shown = ~np.isin(found, excluded)
        return found[shown], scores[shown]

    @cachedmethod(attrgetter("_prepared"), key=_key_of, lock=attrgetter("_lock"))
    def _allowed(
        self, within: Within, phrases: Sequence[str], excluded: Positions
    ) -> Allowed | None:
        if not within and not phrases and not len(excluded):
            return None
        return self.dense.allow(self.mask(within, phrases, excluded))

    def mask(self, within: Within, phrases: Sequence[str], excluded: Positions) -> Mask:
        """The items within filters that hold these phrases and are not excluded, (items,)."""
        mask = np.ones(len(self.items), np.bool_)
        if phrases:
            mask[:] = False
            mask[self.lexical.within({}, phrases)] = True
        if within.make_mask is not None:
            mask &= within.make_mask()
        mask[excluded] = False
        return mask

    def _named(self, plan: QueryPlan, within: Within, excluded: Positions) -> Positions:
        """The items that a question names. A quoted name is one, not words that they must hold."""
        named = self._named_by(plan.text)
        if not len(named) and plan.corrected:
            named = np.concatenate(self.lexical.named(plan.corrected))
        if not len(named):
            return named
        demands = tuple(text for text in plan.phrases if not len(self._named_by(text)))
        allowed = self._allowed(within, demands, excluded)
        return named if allowed is None else named[allowed.mask[named]]

    def _named_by(self, text: str) -> Positions:
        named = np.concatenate(self.lexical.named(text.strip().strip('"')))
        # Every code holds a digit: who asks without one needs no list of them.
        if not len(named) and any(map(str.isdigit, text)):
            codes = self._codes.mentioned(text)
            several = [positions for code in codes for positions in self.lexical.named(code)]
            named = np.concatenate([named, *several])
        return named

    @cached_property
    def _codes(self) -> Codes:
        return Codes(self.lexical.names())

    def _pinned(self, plan: QueryPlan, allowed: Allowed | None) -> Positions:
        positions = (self.items.position(id) for id in self._rules.pinned(plan.text))
        pinned = np.array(list(dict.fromkeys(p for p in positions if p is not None)), np.int64)
        return pinned if allowed is None else pinned[allowed.mask[pinned]]


def _positions(positions: Iterable[int]) -> Positions:
    return np.array(sorted(set(positions)), np.int64)


def _broken(release: Release, why: str) -> SearchError:
    return SearchError(
        Cause.BROKEN_RELEASE, f"{release.path} is no whole release: {why}. Build it again."
    )
