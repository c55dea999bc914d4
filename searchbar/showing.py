"""Here is a place in a result set: give me the hit that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from release_format.items import Item
from release_format.release import ENCODER
from searchbar.finder import Finder, ResultSet
from searchbar.question import Hit
from searchbar.snippets import Snippet, sentences, stretch
from searchbar.tokens import TokenVectors

# A hit is matched by its text when it holds this share of what the question's words weigh.
TEXT_MATCH = 0.4
# A later sentence must be nearer than the first by this much: the first one usually says what the item is.
NEARER = 0.05
MOST_SENTENCES = 24


class Showing:
    """Makes hits: snippets with marks, what matched, and why."""

    def __init__(self, finder: Finder, model: TokenVectors | None) -> None:
        self._finder, self._model = finder, model

    def hit(self, found: ResultSet, place: int, *, explain: bool = False) -> Hit:
        """The hit at this place of the set."""
        finder = self._finder
        item = finder.items[int(found.positions[place])]
        weights = self._weights(found)
        snippet = Snippet.of(item.description or item.title, weights, finder.lexical.places)
        seen = set(finder.lexical.stems(f"{item.title} {' '.join(item.topics)}")) | snippet.stems
        covered = sum(weight for stem, weight in weights.items() if stem in seen) / max(found.reading.rarity, 1e-9)
        matched = self._matched(found, place, covered)
        if matched == "meaning":
            snippet = self._nearest(found, item, snippet)
        return Hit(
            id=item.id,
            title=item.title,
            url=item.url,
            image_url=item.image_url,
            topics=list(item.topics),
            language=item.language,
            updated_at=item.updated_at,
            extra=dict(item.extra),
            snippet=snippet.html(),
            score=round(float(found.scores[place]), 6),
            matched=matched,
            explain=_explain(found, place, covered) if explain else None,
        )

    def _weights(self, found: ResultSet) -> Mapping[str, float]:
        idf = self._finder.lexical.idf
        return {stem: idf(stem) * weight for stem, weight in found.reading.stems.items()}

    @staticmethod
    def _matched(found: ResultSet, place: int, covered: float) -> str:
        if place in found.named:
            return "exact"
        return "text" if covered >= TEXT_MATCH else "meaning"

    def _nearest(self, found: ResultSet, item: Item, snippet: Snippet) -> Snippet:
        """The sentence nearest to the question in meaning, in place of the one with most of its words."""
        spans = sentences(item.description)[:MOST_SENTENCES]
        if self._model is None or len(spans) < 2:
            return snippet
        ids = self._finder.encoder.token_ids
        question = self._model.vector(ids(found.reading.bare))
        nearness = np.array([self._model.vector(ids(item.description[a:b])) @ question for a, b in spans])
        nearness[0] += NEARER
        return snippet.at(*stretch(item.description, *spans[int(np.argmax(nearness))]))


def open_token_vectors(finder: Finder, release: Path) -> TokenVectors | None:
    """The encoder's own token vectors, where its file has them in a form that can be read in place."""
    return TokenVectors.of_model(release / ENCODER / "model.onnx", finder.encoder.words)


def _explain(found: ResultSet, place: int, covered: float) -> dict[str, Any]:
    return {
        "cosine": round(float(found.cosines[place]), 6),
        "bm25": round(float(found.bm25[place]), 6),
        "confidence": round(float(found.confidence[place]), 6),
        "covered": round(covered, 4),
        "dense_rank": int(found.dense_ranks[place]) or None,
        "lexical_rank": int(found.lexical_ranks[place]) or None,
        "pinned": place < found.pinned,
    }
