"""Here is a place in a result set: give me the hit that is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from searchbar.finder import Finder, ResultSet
from searchbar.question import Hit
from searchbar.snippets import LONGEST, Snippet, sentences, stretch
from searchbar.tokens import TokenVectors

# A hit is matched by its text when it holds this share of what the question's words weigh.
TEXT_MATCH = 0.4
NEARER = 0.05
FARTHEST = 800

Nearest = Callable[[str], tuple[int, int] | None]


class Showing:
    """Makes hits: snippets with marks, what matched, and why."""

    def __init__(self, finder: Finder, model: TokenVectors | None) -> None:
        self._finder, self._model = finder, model

    def hits(self, found: ResultSet, places: Sequence[int], *, explain: bool = False) -> list[Hit]:
        """The hits at these places of the set."""
        idf = self._finder.lexical.idf
        weights = {stem: idf(stem) * weight for stem, weight in found.reading.stems.items()}
        nearest = self._nearest_to(found.reading.bare)
        return [self._hit(found, int(place), weights, nearest, explain=explain) for place in places]

    def _hit(
        self, found: ResultSet, place: int, weights: Mapping[str, float], nearest: Nearest, *, explain: bool
    ) -> Hit:
        finder = self._finder
        item = finder.items[int(found.positions[place])]
        snippet = Snippet.of(item.description or item.title, weights, finder.lexical.places)
        seen = set(finder.lexical.stems(f"{item.title} {' '.join(item.topics)}")) | snippet.stems
        covered = sum(weight for stem, weight in weights.items() if stem in seen) / max(found.reading.rarity, 1e-9)
        matched = "exact" if place in found.named else "text" if covered >= TEXT_MATCH else "meaning"
        if matched == "meaning" and (span := nearest(item.description)):
            snippet = snippet.at(*stretch(item.description, *span))
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

    def _nearest_to(self, text: str) -> Nearest:
        """A function from a text to its sentence that is nearest in meaning, if there are several."""
        model, tokens = self._model, self._finder.encoder.tokens
        if model is None:
            return lambda _: None
        question = model.vectors(tokens(text)[0])[0]

        def nearest(text: str) -> tuple[int, int] | None:
            text = text[:FARTHEST]
            spans = sentences(text) if len(text) > LONGEST else []
            if len(spans) < 2:
                return None
            ids, places = tokens(text)
            starts = np.searchsorted(places, [start for start, _ in spans])
            nearness = model.vectors(ids, starts.tolist()) @ question
            # The first sentence usually says what the item is: another one must be clearly nearer.
            nearness[0] += NEARER
            return spans[int(np.argmax(nearness))]

        return nearest


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
