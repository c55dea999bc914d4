"""What filters leave of a release, and the lexical leg within that and for every candidate."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from release_format.items import Item, Items
from searchbar.retrieval.lexical import Filters, Lexical, Positions, Scores

# What it takes to name one allowed item, as a multiple of what it takes to find one more and to
# pass over it.
NAMED, MOST_NAMED = 5, 4096
# Found are a few more at once than are likely to be needed: to search twice costs more.
MORE, AGAIN = 1.3, 4

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Within:
    """What the filters of a question leave of a release.

    `filters` are those that the lexical index knows, `has_others` tells of others. `make_mask`
    tells by all of them which items are left, (items,); it is asked when it is needed. `key` is
    equal only where everything else is.
    """

    filters: Filters = field(default_factory=dict)
    has_others: bool = False
    make_mask: Callable[[], Mask] | None = None
    key: Hashable = ()

    def __bool__(self) -> bool:
        return self.make_mask is not None


ALL = Within()


def search_within(
    lexical: Lexical,
    search: Callable[..., tuple[Positions, Scores]],
    stems: Iterable[str],
    depth: int,
    mask: Mask,
) -> tuple[Positions, Scores]:
    """The best `depth` items of a mask by BM25, best first: as if there were no others.

    Few are named in the query. Among many, as many more are found as it takes until enough of them
    are allowed.

    Args:
        lexical: the index.
        search: searches it for the stems, so deep, and with `only` as it is there.
        stems: what is looked for.
        depth: how many items are wanted.
        mask: which may be found, (items,).
    """
    allowed = int(mask.sum())
    if not allowed:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    every = lexical.most_found(stems)
    limit = min(every, round(depth * len(mask) / allowed * MORE))
    if NAMED * allowed < limit and allowed <= MOST_NAMED:
        return search(depth, only=lexical.only(mask))
    while True:
        found, scores = search(limit)
        shown = mask[found]
        if limit >= every or len(found) < limit or np.count_nonzero(shown) >= depth:
            return found[shown][:depth], scores[shown][:depth]
        limit = min(every, AGAIN * limit)


def bm25_of(
    lexical: Lexical,
    stems: Mapping[str, float],
    candidates: Positions,
    found: Positions,
    scores: Scores,
    depth: int,
) -> Scores:
    """The BM25 score of every candidate, 0 where it holds none of the stems.

    The lexical leg scores what it finds; where it stopped at its depth, the other candidates may
    hold words too, and these alone are looked up.

    Args:
        lexical: the index.
        stems: what is looked for, with weights.
        candidates: sorted positions of items, (n,); those found are among them.
        found: what the lexical leg found, (m,).
        scores: its scores, (m,).
        depth: how many it finds at most.
    """
    bm25 = np.zeros(len(candidates), np.float32)
    bm25[np.searchsorted(candidates, found)] = scores
    others = np.setdiff1d(candidates, found)
    if stems and len(others) and len(found) >= depth:
        mask = np.zeros(len(lexical), np.bool_)
        mask[others] = True
        held, own = lexical.search(stems, len(others), only=lexical.only(mask))
        bm25[np.searchsorted(candidates, held)] = own
    return bm25


def holders(
    lexical: Lexical, items: Items, excluded: Callable[[], Positions], phrase: str
) -> Iterator[Item]:
    """The items that hold a phrase and may be shown, read one by one."""
    held = lexical.within({}, (phrase,))
    return (items[int(position)] for position in held[~np.isin(held, excluded())])
