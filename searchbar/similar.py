"""Here is an item: give me the answer that shows those like it."""

from __future__ import annotations

import html
import time
from collections.abc import Mapping
from typing import Any

from release_format.items import Item
from searchbar.engine import Engine
from searchbar.snippets import stretch


def answer_like(engine: Engine, id: str, k: int) -> dict[str, Any]:
    """An answer in the shape of a search, with nothing that only a question has.

    Raises:
        SearchError: there is no such item.
    """
    started = time.perf_counter()
    like = engine.item(id)
    hits = [_hit(item) for item in engine.similar(id, k)]
    took: Mapping[str, float] = {"total": round((time.perf_counter() - started) * 1000, 3)}
    return {"like": like.title, "release": engine.release.id, "total": len(hits), "hits": hits, "took_ms": took}


def _hit(item: Item) -> dict[str, Any]:
    start, end = stretch(item.description, 0, len(item.description))
    said = html.escape(item.description[start:end]) + (" …" if end < len(item.description) else "")
    return {
        "id": item.id,
        "title": item.title,
        "url": item.url,
        "image_url": item.image_url,
        "topics": list(item.topics),
        "snippet": said,
    }
