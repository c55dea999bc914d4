"""Here are two releases: how far did the items move whose texts changed?"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from release_format.items import Item, Items
from searchbar.encoder import Encoder

ASKED, SEED = 200, 20_264
# Under this cosine a text says something else than before.
ELSE = 0.5


@dataclass(frozen=True)
class Moved:
    """How many items changed their texts, how many of them were asked, and which ids now mean something else."""

    changed: int
    asked: int
    otherwise: tuple[str, ...]

    @property
    def share(self) -> float:
        return len(self.otherwise) / self.asked if self.asked else 0.0


def moved(live: Items, candidate: Items, encoder: Encoder) -> Moved:
    """Encode old and new text of up to 200 changed items with the candidate's encoder, and compare."""
    before = {item.id: item for item in live}
    pairs = [
        (before[item.id], item) for item in candidate if item.id in before and _text(before[item.id]) != _text(item)
    ]
    asked = random.Random(SEED).sample(pairs, min(ASKED, len(pairs)))  # noqa: S311
    if not asked:
        return Moved(0, 0, ())
    old, new = (encoder.encode([_text(pair[side]) for pair in asked]) for side in (0, 1))
    cosines = np.einsum("nd,nd->n", old, new)
    otherwise = sorted(pair[1].id for pair, cosine in zip(asked, cosines, strict=True) if cosine < ELSE)
    return Moved(len(pairs), len(asked), tuple(otherwise))


def _text(item: Item) -> str:
    return f"{item.title}. {item.description}"
