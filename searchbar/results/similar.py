"""The items like one of them, and the answer that shows them."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from release_format.items import Item
from searchbar.fields.groups import Groups, collapse
from searchbar.results.snippets import stretch
from searchbar.retrieval.result_set import FULL, Positions
from searchbar.retrieval.retriever import Retriever


def most_similar(retriever: Retriever, position: int, k: int, groups: Groups | None) -> Positions:
    """Where the items nearest in meaning to one stand, nearest first, without itself.

    Where variants collapse, `groups` has the group of every item, (items,): its own variants are
    left out, and of others the nearest counts.
    """
    dense = retriever.dense
    own = dense.vectors[dense.rows(np.array([position]))].astype(np.float32)
    if not len(own):
        return np.empty(0, np.int64)
    allowed = np.arange(len(retriever.items)) != position
    allowed[retriever.excluded()] = False
    if groups is None:
        return dense.nearest(own.mean(axis=0), k, allowed)
    allowed &= groups != groups[position]
    nearest = dense.nearest(own.mean(axis=0), max(k, FULL), allowed)
    return nearest[collapse(np.arange(len(nearest)), groups[nearest]).places][:k]


def similar_answer(
    release: str, item: Item, similar: Sequence[Item], started: float
) -> dict[str, Any]:
    """An answer in the shape of a search, with nothing that only a question has.

    `started` is the moment (of `time.perf_counter`) from which its time is counted.
    """
    hits = [_hit(item) for item in similar]
    return {
        "like": item.title,
        "release": release,
        "total": len(hits),
        "hits": hits,
        "took_ms": {"total": round((time.perf_counter() - started) * 1000, 3)},
    }


def _hit(item: Item) -> dict[str, Any]:
    start, end = stretch(item.description, 0, len(item.description))
    ellipsis = " …" if end < len(item.description) else ""
    return {
        "id": item.id,
        "title": item.title,
        "url": item.url,
        "image_url": item.image_url,
        "topics": list(item.topics),
        "fields": dict(item.extra),
        "snippet": html.escape(item.description[start:end]) + ellipsis,
    }
