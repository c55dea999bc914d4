"""Codes: ids and model numbers that a question holds, however they are written."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, takewhile

from searchbar.query.normalize import loose

SHORTEST, MOST_PARTS, LONGEST = 4, 4, 64
# A beginning of more names than this tells none of them; within a sentence, one of fewer digits is
# a word.
MOST_BEGUN, LEAST_DIGITS = 20, 3
# Fewer digits without a letter are a year or an amount, not a name.
LEAST_NUMBER = 8


def joined(text: str) -> str:
    """A text as a code is compared: letters and digits alone."""
    return "".join(loose(text).split())


class Codes:
    """The names of a release that hold a digit and no space, in the order of their letters."""

    def __init__(self, names: Iterable[str]) -> None:
        self._entries = sorted((joined(name), name) for name in names if _is_code(name))

    def mentioned(self, text: str, shown: Callable[[str], bool] = lambda _: True) -> list[str]:
        """The names that a question holds, in its order; else those that begin as it says.

        `shown` says whether an item of this name may be shown: one that may not counts for nothing.
        """
        words = [word for word in map(loose, text.split()) if word]
        names: list[str] = []
        begun: list[str] = []
        at = 0
        while at < len(words):
            for length in range(min(MOST_PARTS, len(words) - at), 0, -1):
                code = joined(" ".join(words[at : at + length]))
                whole = list(filter(shown, self._named(code)))
                beginning = self._begun(code, len(words) == length, shown)
                if whole or beginning:
                    names += whole
                    begun += [] if whole else beginning
                    break
            at += length
        return list(dict.fromkeys(names + begun))

    def _named(self, code: str) -> list[str]:
        if not _tells(code):
            return []
        entries = takewhile(lambda entry: entry[0] == code, self._from(code))
        return [name for _, name in entries]

    def _begun(self, code: str, alone: bool, shown: Callable[[str], bool]) -> list[str]:
        digits = sum(map(str.isdigit, code))
        if not _tells(code) and not (alone and digits >= SHORTEST):
            return []
        if digits < (1 if alone else LEAST_DIGITS):
            return []
        entries = takewhile(lambda entry: entry[0].startswith(code), self._from(code))
        names = (name for _, name in entries if shown(name))
        begun = list(islice(names, MOST_BEGUN + 1))
        return begun if len(begun) <= MOST_BEGUN else []

    def _from(self, code: str) -> Iterator[tuple[str, str]]:
        start = bisect_left(self._entries, (code, ""))
        return (self._entries[place] for place in range(start, len(self._entries)))


def _is_code(name: str) -> bool:
    return (
        len(name) <= LONGEST
        and not name.startswith("~")
        and " " not in name
        and any(map(str.isdigit, name))
    )


def _tells(code: str) -> bool:
    """Whether this is enough of a code to be no common word or number."""
    letters = any(map(str.isalpha, code))
    digits = any(map(str.isdigit, code))
    return digits and len(code) >= (SHORTEST if letters else LEAST_NUMBER)
