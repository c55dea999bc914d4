"""The answer that shows the items like one of them."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from typing import Any

from release_format.items import Item
from searchbar.results.snippets import stretch


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
