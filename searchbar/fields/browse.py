"""Browsing: all items within filters, where nothing is looked for."""

from __future__ import annotations

import numpy as np

from searchbar.retrieval.query_plan import QueryPlan
from searchbar.retrieval.result_set import Positions, ResultSet


def browsed(text: str, positions: Positions) -> ResultSet:
    """The result set of a question without words: these items in their order, each as good."""
    many = len(positions)
    # One zero for all of them: a catalogue may have millions.
    nothing = np.broadcast_to(np.float32(0), many)
    nowhere = np.broadcast_to(np.int64(0), many)
    return ResultSet(
        plan=QueryPlan(text, "", (), np.empty(0, np.float32), {}, 0.0, "", ()),
        positions=positions,
        scores=nothing,
        cosines=nothing,
        bm25=nothing,
        confidence=nothing,
        dense_ranks=nowhere,
        lexical_ranks=nowhere,
        pinned=0,
        named=frozenset(),
        full=False,
        took_ms={},
    )
