"""What a question's vector counts, by the languages of the items that hold its words."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from release_format.items import Items
from searchbar.query.analysis.languages import Languages, language_of_item

# So many of the best by words tell which language a question is in.
BEST, REMEMBERED = 10, 65_536


class LanguageWeights:
    """Weighs vectors by what they count in each language of a catalogue, as its build measured it.

    A few words of a question hardly tell its language; the items that hold them do.
    """

    def __init__(self, languages: Languages | None, items: Items) -> None:
        """Without languages, or where none counts less, every vector counts in full."""
        self._languages, self._items = languages or Languages({}), items
        self._meaning = lru_cache(maxsize=REMEMBERED)(self._of)

    def __call__(self, pool: NDArray[np.int64], bm25: NDArray[np.floating]) -> float:
        """What the vector of a question counts, 1 at most.

        Args:
            pool: positions of its candidates, (n,).
            bm25: their scores, 0 where no word occurs, (n,).
        """
        if not self._languages.meaning or not len(pool) or not bm25.any():
            return 1.0
        best = np.argsort(-bm25, kind="stable")[:BEST]
        counts = [self._meaning(position) for position in pool[best].tolist()]
        return float(np.average(counts, weights=bm25[best]))

    def _of(self, position: int) -> float:
        language = language_of_item(self._items[position], self._languages.usual)
        return self._languages.meaning.get(language, 1.0)
