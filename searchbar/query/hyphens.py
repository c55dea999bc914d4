"""Words that a sign parts in a catalogue and a question joins, or the other way: `t-shirt`.

A space is such a sign where a digit stands beside it: model numbers and measures are written both
ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise

from release_format.items import Item
from searchbar.query.measures import Measure, inches_in, measure_in, units_like

SHORTEST, LONGEST, LONGEST_CODE = 4, 32, 16
MOST_PARTS = 3
# So many of the items that hold both parts side by side are read for how they write them.
READ = 20
# A hyphen, the two of Unicode that are no minus, and a soft one.
HYPHENS = frozenset("-\u2010\u2011\u00ad")
MARKS = HYPHENS | frozenset("./_&'\u2019\u02bc\u00b7")

Place = tuple[str, int, int]
# Where a text writes in parts what is one word elsewhere, and the parts.
Run = tuple[int, int, tuple[str, ...]]


class Hyphens:
    """How a release writes words that may have a sign inside."""

    def __init__(
        self,
        places: Callable[[str], list[Place]],
        occurs: Callable[[str], bool],
        holding: Callable[[str], Iterable[Item]],
    ) -> None:
        """Take what is known of a release.

        Args:
            places: gives the words of a text, in lower case, and where each starts and ends.
            occurs: whether an item that may be shown holds a word.
            holding: the items that may be shown and hold these words side by side.
        """
        self._places, self._occurs, self._holding = places, occurs, holding

    def parted(self, word: str) -> str:
        """The word with its signs, as a shown item writes it; nothing where none does.

        `tshirt` is `t-shirt`, and no shirt; a measure is a number and a unit.
        """
        if measure := measure_in(word):
            return self._measured(measure)
        if not SHORTEST <= len(word) <= LONGEST:
            return ""
        written = (self._written(parts) for parts in self._in_parts(word, 2))
        if found := next(filter(None, written), ""):
            return found
        if len(word) > LONGEST_CODE or not any(map(str.isdigit, word)):
            return ""
        written = (self._written(parts) for parts in self._in_parts(word, MOST_PARTS))
        return next(filter(None, written), "")

    def joined(self, text: str) -> Iterator[str]:
        """What a text writes in parts, as one word that some item holds: `e-mail` is `email`."""
        for _, _, parts in self._runs(text):
            yield from filter(self._occurs, ways_to_join(parts))
        yield from filter(self._occurs, inches_in(text))

    def joined_for(self, text: str) -> dict[int, tuple[int, str]]:
        """By where it starts, where each such word ends and what it is, if the catalogue does not
        know all of its parts: `RTX 4070` where all write `RTX4070`."""
        found: dict[int, tuple[int, str]] = {}
        for start, end, parts in self._runs(text):
            if start not in found and not all(map(self._occurs, parts)):
                words = filter(self._occurs, ways_to_join(parts))
                found.update((start, (end, word)) for word in islice(words, 1))
        return found

    def _measured(self, measure: Measure) -> str:
        """A measure that no item writes as one word, as an item writes it; else in two words."""
        if not self._occurs(measure.number):
            return ""
        units = filter(self._occurs, units_like(measure.unit))
        ways = (self._written((measure.number, unit)) for unit in units)
        return next(filter(None, ways), f"{measure.number} {measure.unit}")

    def _in_parts(self, word: str, count: int) -> Iterator[tuple[str, ...]]:
        """The ways to cut a word into so many that occur."""
        if count == 1:
            if self._occurs(word):
                yield (word,)
            return
        for cut in range(1, len(word)):
            if self._occurs(word[:cut]):
                yield from ((word[:cut], *rest) for rest in self._in_parts(word[cut:], count - 1))

    def _written(self, parts: tuple[str, ...]) -> str:
        """How a shown item writes these one after the other with signs between; empty: none."""
        read = islice(self._holding(" ".join(parts)), READ)
        for text in (text for item in read for text in texts_of(item)):
            for start, end, own in self._runs(text):
                if own == parts:
                    return _with_hyphens(text[start:end])
        return ""

    def _runs(self, text: str) -> Iterator[Run]:
        """Two or three words of a text with but a sign between each two, long ones first."""
        if text.isalnum():
            return
        places = self._places(text)
        for length in range(MOST_PARTS, 1, -1):
            for at in range(len(places) - length + 1):
                several = places[at : at + length]
                if all(_are_joined(text, *both) for both in pairwise(several)):
                    yield several[0][1], several[-1][2], tuple(word for word, _, _ in several)


def ways_to_join(parts: tuple[str, ...]) -> Iterator[str]:
    """One word of several; a measure also with the other names of its unit."""
    yield "".join(parts)
    if len(parts) == 2 and (measure := measure_in("".join(parts))):
        yield from (measure.number + unit for unit in units_like(measure.unit)[1:])


def _are_joined(text: str, first: Place, last: Place) -> bool:
    between = text[first[2] : last[1]]
    if between in MARKS:
        return True
    return between == " " and any(map(str.isdigit, first[0] + last[0]))


def _with_hyphens(text: str) -> str:
    """A text as a keyboard has its hyphens, in small letters."""
    return "".join("-" if letter in HYPHENS else letter for letter in text).lower()


def texts_of(item: Item) -> Iterator[str]:
    """Every text of an item that is searched."""
    yield from (item.title, item.description, *item.topics)
    yield from (value for value in item.extra.values() if isinstance(value, str))
