"""Hits: what is shown of an item, how it matched, and why it is where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from release_format.items import Item
from searchbar.query.question import Hit
from searchbar.results.snippets import LONGEST, Snippet, sentences, stretch
from searchbar.results.token_vectors import TokenVectors
from searchbar.retrieval.result_set import Positions, ResultSet
from searchbar.retrieval.retriever import Retriever
from searchbar.retrieval.values.state import ValuesState
from searchbar.retrieval.words.asked_words import weight_held

# A hit is matched by its text when it holds this share of what the question's words weigh.
TEXT_MATCH = 0.4
NEARER = 0.05
FARTHEST = 800

Span = tuple[int, int]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ShownItem:
    """An item at its place in the set, how it matched, and its snippet."""

    place: int
    item: Item
    title: Snippet
    snippet: Snippet
    covered: float
    matched: str


class HitBuilder:
    """Makes hits: snippets with marks, what matched, and why."""

    def __init__(self, retriever: Retriever, model: TokenVectors | None) -> None:
        self._retriever, self._model = retriever, model

    def hits(
        self,
        result_set: ResultSet,
        places: Positions,
        variants: Positions,
        values: ValuesState,
        estimates: Floats | None = None,
    ) -> list[Hit]:
        """The hits at these places of the set, each for so many variants, with values of now.

        `estimates` of all items of the set, where hits are to be explained.
        """
        idf = self._retriever.lexical.idf
        weights = {stem: idf(stem) * weight for stem, weight in result_set.plan.stems.items()}
        shown = [self._shown(result_set, place, weights, values) for place in places.tolist()]
        texts = [item.item.description if item.matched == "meaning" else "" for item in shown]
        spans = self._nearest(result_set.plan.bare, texts)
        return [
            _hit(result_set, item, span, many, estimates)
            for item, span, many in zip(shown, spans, variants.tolist(), strict=True)
        ]

    def _shown(
        self,
        result_set: ResultSet,
        place: int,
        weights: Mapping[str, float],
        values: ValuesState,
    ) -> ShownItem:
        retriever, position = self._retriever, int(result_set.positions[place])
        item = values.now(retriever.items[position], position)
        snippet = Snippet.of(item.description, weights, retriever.lexical.reader.places)
        named = retriever.lexical.reader.places(f"{item.title} {' '.join(item.topics)}", weights)
        in_title = tuple(match for match in named if match[2] <= len(item.title))
        title = Snippet(item.title, in_title, 0, len(item.title))
        seen = {stem for stem, _, _ in named} | snippet.stems
        weight = weight_held(weights, result_set.plan.alike, seen)
        covered = weight / max(result_set.plan.rarity, 1e-9)
        matched = "text" if covered >= TEXT_MATCH else "meaning"
        if place in result_set.named:
            matched = "exact"
        if result_set.plan.parsed.is_empty:
            matched = ""
        return ShownItem(place, item, title, snippet, covered, matched)

    def _nearest(self, question: str, texts: Sequence[str]) -> list[Span | None]:
        """For each text of several sentences the one that is nearest in meaning; all in one go."""
        split = [_sentences(text) if self._model else [] for text in texts]
        every = [
            text[start:end]
            for text, spans in zip(texts, split, strict=True)
            for start, end in spans
        ]
        if not every or self._model is None:
            return [None] * len(texts)
        vectors = self._model.vectors(self._retriever.encoder.tokens([question, *every]))
        nearness = iter((vectors[1:] @ vectors[0]).tolist())
        return [_nearest(list(islice(nearness, len(spans))), spans) for spans in split]


def _sentences(text: str) -> list[Span]:
    """The sentences to choose from; none where all of the text is shown anyway."""
    spans = list(sentences(text[:FARTHEST])) if len(text) > LONGEST else []
    return spans if len(spans) > 1 else []


def _nearest(nearness: Sequence[float], spans: Sequence[Span]) -> Span | None:
    if not spans:
        return None
    # The first sentence usually says what the item is: another one must be clearly nearer.
    return spans[max(range(len(spans)), key=lambda place: nearness[place] + NEARER * (not place))]


def _hit(
    result_set: ResultSet,
    shown: ShownItem,
    span: Span | None,
    variants: int,
    estimates: Floats | None,
) -> Hit:
    item, snippet = shown.item, shown.snippet
    if span:
        snippet = snippet.at(*stretch(item.description, *span))
    return Hit(
        id=item.id,
        title=item.title,
        title_marked=shown.title.html(),
        url=item.url,
        image_url=item.image_url,
        topics=list(item.topics),
        language=item.language,
        updated_at=item.updated_at,
        fields=dict(item.extra),
        extra=dict(item.extra),
        snippet=snippet.html(),
        score=round(float(result_set.scores[shown.place]), 6),
        matched=shown.matched,
        variants=variants,
        explain=None if estimates is None else _explain(result_set, shown, estimates),
    )


def _explain(result_set: ResultSet, shown: ShownItem, estimates: Floats) -> dict[str, Any]:
    place = shown.place
    return {
        "cosine": round(float(result_set.cosines[place]), 6),
        "bm25": round(float(result_set.bm25[place]), 6),
        "confidence": round(float(result_set.confidence[place]), 6),
        "estimate": round(float(estimates[place]), 4),
        "covered": round(shown.covered, 4),
        "dense_rank": int(result_set.dense_ranks[place]) or None,
        "lexical_rank": int(result_set.lexical_ranks[place]) or None,
        "pinned": place < result_set.pinned,
    }
