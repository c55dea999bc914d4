"""Known-item questions: made of an item's own words, so that no judge is needed."""

from __future__ import annotations

import random
from collections.abc import Callable

from index_builder.quality.judgments import JudgedQuestion
from release_format.items import Item, Items
from searchbar.query.scripts import is_word
from searchbar.retrieval.words.lexical import Lexical

WANTED, WORDS, SEED = 200, 4, 20_263
# A word that more items hold than this share of them tells none of them apart.
MOST_HOLD = 0.02
LETTERS = 4


def known_items(items: Items, lexical: Lexical, wanted: int = WANTED) -> list[JudgedQuestion]:
    """Questions of four words that tell one item apart, spread over the catalogue.

    The words stand in its description and not in its title, and few other items hold them: what
    every item says (terms of delivery, a template) finds any of them. An item without four such
    words is not asked for. Nobody asks like this: they are harder than what visitors ask, and only
    say where an answer's confidence lies.
    """
    most = max(1, int(MOST_HOLD * len(items)))
    step = max(1, len(items) // wanted)
    spread = (items[position] for position in range(0, len(items), step))
    questions = (
        _question(item, lexical.reader.plain_words, lambda word: lexical.occurs(word) <= most)
        for item in spread
    )
    return [question for question in questions if question is not None][:wanted]


def _is_telling(word: str) -> bool:
    return len(word) >= LETTERS and is_word(word)


def _question(
    item: Item, words_of: Callable[[str], list[str]], tells_apart: Callable[[str], bool]
) -> JudgedQuestion | None:
    title = set(words_of(item.title))
    words = (word for word in dict.fromkeys(words_of(item.description)) if word not in title)
    telling = [word for word in words if _is_telling(word) and tells_apart(word)]
    if len(telling) < WORDS:
        return None
    chosen = sorted(random.Random(f"{SEED} {item.id}").sample(range(len(telling)), WORDS))  # noqa: S311
    question = " ".join(telling[place] for place in chosen)
    return JudgedQuestion(f"known {item.id}", question, {item.id: 1}, "known item")
