"""The lexical leg of one question: the best items by BM25 within its filters, and their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from searchbar.retrieval.query_plan import QueryPlan
from searchbar.retrieval.within import Mask, Within
from searchbar.retrieval.words.lexical import Filters, Lexical, Positions, Scores
from searchbar.retrieval.words.reader import Forms

# What it takes to name one allowed item, as a multiple of what it takes to find one more and to
# pass over it.
NAMED, MOST_NAMED = 5, 4096
# Found are a few more at once than are likely to be needed: to search twice costs more.
MORE, AGAIN = 1.3, 4
NOBODY, NOTHING = np.empty(0, np.int64), np.empty(0, np.float32)


@dataclass(frozen=True)
class WordLeg:
    """What the lexical leg found, best first, and everything that was scored on the way to it.

    `is_all`: nothing else that may be found holds any of the words.
    """

    positions: Positions
    scored: Positions
    scores: Scores
    is_all: bool


class WordSearch:
    """Searches for the words of one question; what was found deepest is not looked for again."""

    def __init__(
        self,
        lexical: Lexical,
        stems: Mapping[str, float],
        *,
        filters: Filters | None = None,
        phrases: Sequence[str] = (),
        without: Sequence[str] = (),
        alike: Sequence[Forms] = (),
    ) -> None:
        """Take what `Lexical.search` takes."""
        self._lexical, self._stems = lexical, stems
        self._words = partial(lexical.search, stems, alike=alike)
        self._search = partial(self._words, filters=filters, phrases=phrases, without=without)
        self._depth, self._found, self._scores = 0, NOBODY, NOTHING
        # What was looked up, sorted, and its scores.
        self._looked_up, self._own = NOBODY, NOTHING

    @classmethod
    def of(cls, lexical: Lexical, plan: QueryPlan, within: Within) -> WordSearch:
        """The search for a question within those of its filters that the index knows."""
        read, filters = plan.parsed, within.filters
        return cls(
            lexical,
            plan.stems,
            filters=filters,
            phrases=read.phrases,
            without=read.without,
            alike=plan.alike,
        )

    def best(self, depth: int, excluded: Positions) -> WordLeg:
        """The best items but for a few, at least `depth` where there are so many."""
        limit = depth + len(excluded)
        found, scores = self._first(limit)
        return WordLeg(found[~np.isin(found, excluded)], found, scores, len(found) < limit)

    def best_left(
        self, within: Within, mask: Mask | None, depth: int, excluded: Positions
    ) -> WordLeg:
        """The best of what filters leave: of a mask, (items,), where the index does not know all
        of these."""
        if mask is not None and within.has_others:
            return self.best_within(mask, depth)
        return self.best(depth, excluded)

    def best_within(self, mask: Mask, depth: int) -> WordLeg:
        """The best `depth` items of a mask, (items,), as if there were no others.

        Few are named in the query. Among many, as many more are found as it takes until enough of
        them are allowed.
        """
        allowed = int(np.count_nonzero(mask))
        if not allowed:
            return WordLeg(NOBODY, NOBODY, NOTHING, is_all=True)
        every = self._lexical.most_found(self._stems)
        limit = min(every, round(depth * len(mask) / allowed * MORE))
        if NAMED * allowed < limit and allowed <= MOST_NAMED:
            found, scores = self._search(depth, only=self._lexical.only(mask))
            return WordLeg(found, found, scores, len(found) < depth)
        while True:
            found, scores = self._first(limit)
            shown, is_all = found[mask[found]], limit >= every or len(found) < limit
            if is_all or len(shown) >= depth:
                return WordLeg(shown[:depth], found, scores, is_all)
            limit = min(every, AGAIN * limit)

    def bm25_of(self, candidates: Positions, leg: WordLeg) -> Scores:
        """The BM25 score of every candidate, 0 where it holds none of the words.

        The leg scores what it finds; where it stopped at its depth, the other candidates may hold
        words too, and these alone are looked up.

        Args:
            candidates: sorted positions of items within the filters, (n,).
            leg: what was found of them.
        """
        bm25 = np.zeros(len(candidates), np.float32)
        is_known = _put(bm25, candidates, leg.scored, leg.scores)
        if self._stems and not leg.is_all:
            self._look_up(np.setdiff1d(candidates[~is_known], self._looked_up))
            others, scores = self._looked_up, self._own
            is_other = np.isin(others, candidates[~is_known])
            _put(bm25, candidates, others[is_other], scores[is_other])
        return bm25

    def _look_up(self, others: Positions) -> None:
        if not len(others):
            return
        mask = np.zeros(len(self._lexical), np.bool_)
        mask[others] = True
        own = np.zeros(len(others), np.float32)
        only = self._lexical.only(mask)
        _put(own, others, *self._words(len(others), only=only))
        every, scores = np.append(self._looked_up, others), np.append(self._own, own)
        order = np.argsort(every)
        self._looked_up, self._own = every[order], scores[order]

    def _first(self, limit: int) -> tuple[Positions, Scores]:
        may_be_more = len(self._found) >= self._depth
        if limit > self._depth and may_be_more:
            self._depth, (self._found, self._scores) = limit, self._search(limit)
        return self._found[:limit], self._scores[:limit]


def _put(
    bm25: Scores, candidates: Positions, scored: Positions, scores: Scores
) -> NDArray[np.bool_]:
    """Write the scores of those that are candidates; returns which these are, (n,)."""
    is_known = np.zeros(len(candidates), np.bool_)
    if len(candidates):
        places = np.minimum(np.searchsorted(candidates, scored), len(candidates) - 1)
        is_there = candidates[places] == scored
        bm25[places[is_there]] = scores[is_there]
        is_known[places[is_there]] = True
    return is_known
