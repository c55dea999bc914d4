"""Semantic drift: which items say something else than in the live release."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from release_format.items import Item, Items
from searchbar.retrieval.encoder import Encoder

SAMPLE, SEED = 200, 20_264
# Under this cosine a text says something else than before.
ELSE = 0.5


@dataclass(frozen=True)
class SemanticDrift:
    """How many items changed their texts, and which ids now mean something else.

    `asked` counts the changed items that were encoded.
    """

    changed: int
    asked: int
    otherwise: tuple[str, ...]

    @property
    def share(self) -> float:
        return len(self.otherwise) / self.asked if self.asked else 0.0


def moved(live: Items, candidate: Items, encoder: Encoder) -> SemanticDrift:
    """Compare the vectors of old and new text of up to 200 changed items, by one encoder."""
    before = {item.id: item for item in live}
    pairs = [
        (before[item.id], item)
        for item in candidate
        if item.id in before and _text(before[item.id]) != _text(item)
    ]
    sample = random.Random(SEED).sample(pairs, min(SAMPLE, len(pairs)))  # noqa: S311
    if not sample:
        return SemanticDrift(0, 0, ())
    old, new = (encoder.encode_document([_text(pair[side]) for pair in sample]) for side in (0, 1))
    cosines = np.einsum("nd,nd->n", old, new)
    otherwise = sorted(
        pair[1].id for pair, cosine in zip(sample, cosines, strict=True) if cosine < ELSE
    )
    return SemanticDrift(len(pairs), len(sample), tuple(otherwise))


def _text(item: Item) -> str:
    return f"{item.title}. {item.description}"
