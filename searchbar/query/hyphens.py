"""Words that are parted by a hyphen in a catalogue and joined in a question, or the other way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise

from release_format.items import Item

SHORTEST, LONGEST = 4, 32
# So many of the items that hold both parts side by side are read for how they write them.
READ = 20
# A hyphen, the two of Unicode that are no minus, and a soft one.
MARKS = frozenset("-\u2010\u2011\u00ad")

Place = tuple[str, int, int]


class Hyphens:
    """How a release writes words that may have a hyphen inside."""

    def __init__(
        self,
        places: Callable[[str], list[Place]],
        occurs: Callable[[str], int],
        holding: Callable[[str], Iterable[Item]],
    ) -> None:
        """Take what is known of a release.

        Args:
            places: gives the words of a text, in lower case, and where each starts and ends.
            occurs: how many items hold a word.
            holding: the items that may be shown and hold these words side by side.
        """
        self._places, self._occurs, self._holding = places, occurs, holding

    def parted(self, word: str) -> str:
        """The word with a hyphen, as a shown item writes it; nothing where none does.

        `tshirt` is `t-shirt`, and no shirt.
        """
        if not SHORTEST <= len(word) <= LONGEST:
            return ""
        parts = ((word[:cut], word[cut:]) for cut in range(1, len(word)))
        return next((f"{one}-{other}" for one, other in parts if self._is_written(one, other)), "")

    def joined(self, text: str) -> Iterator[str]:
        """The words of a text that it parts by a hyphen, joined: `e-mail` is `email`."""
        return (one + other for one, other in self._parts(text))

    def _is_written(self, first: str, last: str) -> bool:
        if not (self._occurs(first) and self._occurs(last)):
            return False
        read = islice(self._holding(f"{first} {last}"), READ)
        return any((first, last) in self._parts(text) for item in read for text in texts_of(item))

    def _parts(self, text: str) -> Iterator[tuple[str, str]]:
        """Every two words of a text with nothing but a hyphen between them."""
        if MARKS.isdisjoint(text):
            return iter(())
        return (
            (first, last)
            for (first, _, end), (last, start, _) in pairwise(self._places(text))
            if text[end:start] in MARKS
        )


def texts_of(item: Item) -> Iterator[str]:
    """Every text of an item that is searched."""
    yield from (item.title, item.description, *item.topics)
    yield from (value for value in item.extra.values() if isinstance(value, str))
