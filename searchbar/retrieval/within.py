"""What filters leave of a release, and the lexical leg within that."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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
