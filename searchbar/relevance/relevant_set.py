"""The relevant set: the part of a question's result set that fits, which comes first in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from searchbar.relevance.estimate import Relevance
from searchbar.retrieval.result_set import Positions, ResultSet

# A question that is answered shows so many hits at least.
LEAST = 10

Groups = NDArray[np.int64]


@dataclass(frozen=True)
class RelevantSet:
    """A result set whose first `fits` items fit; the others are less likely.

    `no_good_match`: nothing fits the question, whatever its filters; then those that count as
    fitting are the nearest.
    """

    result_set: ResultSet
    fits: int
    no_good_match: bool

    @property
    def is_cut(self) -> bool:
        """Whether anything is less likely."""
        return self.fits < len(self.result_set)


def relevant_set(
    result_set: ResultSet, relevance: Relevance, groups: Groups | None = None
) -> RelevantSet:
    """Cut the result set of a question without filters.

    It ends where the expected F1 is highest: 2 · (sum of the estimates so far) / (how many so far +
    sum of all estimates), but never before the first ten hits, and where nothing fits after them.

    Args:
        result_set: what was found.
        relevance: how the release tells what fits.
        groups: the group of every item of the release, where variants of one thing are one hit.
    """
    if not _is_cut(result_set, relevance):
        return RelevantSet(result_set, len(result_set), no_good_match=_is_missed(result_set))
    answered = relevance.is_answered(result_set)
    best = _best_cut(relevance, result_set) if answered else 0
    least = _place_of(LEAST, result_set, groups)
    return _whole_groups(result_set, max(best, least), groups, no_good_match=not answered)


def relevant_set_within(
    base: RelevantSet,
    found: ResultSet,
    is_within: NDArray[np.bool_],
    relevance: Relevance,
    groups: Groups | None = None,
) -> RelevantSet:
    """Cut the result set of a question within filters, so that it holds what facets count without.

    What fits without the filters and is within them fits, in the same order, and what follows up to
    the tenth hit. Where that is nothing, or where more may fit than a result set holds, what was
    found within the filters is cut by itself; nothing fits then where its first does not. A
    question that nothing answers shows the nearest.

    Args:
        base: the relevant set of the same question without its filters.
        found: the result set within the filters.
        is_within: which items are within them, (items of the release,).
        relevance: how the release tells what fits.
        groups: the group of every item of the release, where variants of one thing are one hit.
    """
    if base.no_good_match or not _is_cut(found, relevance):
        least = _place_of(LEAST, found, groups) if _is_cut(found, relevance) else len(found)
        return _whole_groups(found, least, groups, no_good_match=base.no_good_match)
    kept = np.flatnonzero(is_within[base.result_set.positions[: base.fits]])
    own = _best_cut(relevance, found) if relevance.is_answered(found) else 0
    fitting = base.result_set.take(kept)
    more = found.positions[:own] if not len(kept) or _may_go_on(base) else found.positions[:0]
    joined = fitting.followed_by(found)
    fits = len(kept) + int(np.count_nonzero(~np.isin(more, fitting.positions)))
    least = _place_of(LEAST, joined, groups) if fits else 0
    return _whole_groups(joined, max(fits, least), groups, no_good_match=False)


def _is_cut(result_set: ResultSet, relevance: Relevance) -> bool:
    nothing_sought = result_set.plan.parsed.is_empty
    return bool(len(result_set)) and relevance.level is not None and not nothing_sought


def _is_missed(result_set: ResultSet) -> bool:
    """Whether something was looked for, and nothing found."""
    return not len(result_set) and not result_set.plan.parsed.is_empty


def _may_go_on(base: RelevantSet) -> bool:
    """Whether everything that a set has room for fits."""
    return base.result_set.full and not base.is_cut


def _best_cut(relevance: Relevance, result_set: ResultSet) -> int:
    """How many of the first make the expected F1 highest."""
    wanted = relevance.wanted(result_set)
    so_far = np.cumsum(wanted)
    if not len(wanted) or not so_far[-1]:
        return 0
    return int(np.argmax(so_far / (np.arange(1, len(wanted) + 1) + so_far[-1]))) + 1


def _place_of(hits: int, result_set: ResultSet, groups: Groups | None) -> int:
    """How many of the first items make so many hits."""
    if groups is None:
        return min(hits, len(result_set))
    _, first = np.unique(groups[result_set.positions], return_index=True)
    return len(result_set) if len(first) < hits else int(np.sort(first)[hits - 1]) + 1


def _whole_groups(
    result_set: ResultSet, fits: int, groups: Groups | None, *, no_good_match: bool
) -> RelevantSet:
    """With all variants of what fits."""
    if groups is not None and fits < len(result_set):
        own = groups[result_set.positions]
        belongs = np.isin(own, own[:fits])
        order: Positions = np.argsort(~belongs, kind="stable")
        result_set, fits = result_set.take(order), int(belongs.sum())
    return RelevantSet(result_set, fits, no_good_match)
