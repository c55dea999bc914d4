"""Here are items: give me questions whose answers are known without a judge."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from index_builder.judgments import Judged
from release_format.items import Item, Items

WANTED, WORDS, SEED = 200, 4, 20_263
_WORD = re.compile(r"[^\W\d_]{4,}")


def known_items(items: Items, wanted: int = WANTED) -> list[Judged]:
    """Questions of four words that stand in one item's description and not in its title, spread over the catalogue.

    Nobody asks like this: they are harder than what visitors ask, and only say where an answer's confidence lies.
    """
    step = max(1, len(items) // wanted)
    return list(_questions(items[position] for position in range(0, len(items), step)))[:wanted]


def _questions(items: Iterator[Item]) -> Iterator[Judged]:
    for item in items:
        title = set(_words(item.title))
        words = [word for word in dict.fromkeys(_words(item.description)) if word not in title]
        if len(words) >= 2 * WORDS:
            chosen = sorted(random.Random(f"{SEED} {item.id}").sample(range(len(words)), WORDS))  # noqa: S311
            question = " ".join(words[place] for place in chosen)
            yield Judged(f"known {item.id}", question, {item.id: 1}, "known item")


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
