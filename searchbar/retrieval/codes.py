"""Codes: ids and model numbers that a question holds, however they are written."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice, takewhile

from searchbar.query.normalize import loose

# An ISBN has five parts.
SHORTEST, MOST_PARTS, LONGEST = 4, 5, 64
# A beginning of more names than this tells none of them.
MOST_BEGUN = 20
# Beside other words, a name of fewer digits is a word itself (python3), and so is a beginning.
LEAST_DIGITS, LEAST_DIGITS_BEGUN = 2, 3
# Fewer digits without a letter are a year or an amount, not a name; nor a beginning of one.
LEAST_NUMBER, LEAST_NUMBER_BEGUN = 6, 8
# What stands between names that no space parts, and what a number is called (EAN4006381333931).
_BETWEEN, _CALLED = re.compile(r"[^\w+-]+"), re.compile(r"[^\W\d]{2,6}(?=[0-9]{8,}$)")


def joined(text: str) -> str:
    """A text as a code is compared: letters and digits alone."""
    return "".join(loose(text).split())


class Codes:
    """The names of a release that hold a digit and no space, in the order of their letters.

    They are listed once the first question that holds a digit asks for them.
    """

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self._names = names

    @cached_property
    def _entries(self) -> list[tuple[str, str]]:
        return sorted((joined(name), name) for name in self._names() if _is_code(name))

    def called(self, text: str) -> list[str]:
        """The names that this text is, but for how their letters are joined."""
        return self._named(joined(text), alone=True)

    def mentioned(self, text: str, shown: Callable[[str], bool] = lambda _: True) -> list[str]:
        """The names that a question holds, in its order; else those that begin as it says.

        `shown` says whether an item of this name may be shown: one that may not counts for nothing.
        """
        if not any(map(str.isdigit, text)):
            return []
        written = [word for word in text.split() if loose(word)]
        words = [loose(word) for word in written]
        names: list[str] = []
        begun: list[str] = []
        at = 0
        while at < len(words):
            for length in range(min(MOST_PARTS, len(words) - at), 0, -1):
                code = joined(" ".join(words[at : at + length]))
                alone = len(words) == length
                whole = list(filter(shown, self._named(code, alone)))
                beginning = self._begun(code, alone, shown)
                if whole or beginning:
                    names += whole
                    begun += [] if whole else beginning
                    break
            else:
                names += filter(shown, self._in_parts(written[at]))
            at += length
        return list(dict.fromkeys(names + begun))

    def _in_parts(self, word: str) -> Iterator[str]:
        """The names that a word holds which is none: `F-00012,F-00013`, `#F-00012`, `EAN…`."""
        for part in {_CALLED.sub("", part): None for part in _BETWEEN.split(word)}:
            yield from self._named(joined(part), alone=False) if part != word else ()

    def _named(self, code: str, alone: bool) -> list[str]:
        if not _tells(code, LEAST_NUMBER) or _digits(code) < (1 if alone else LEAST_DIGITS):
            return []
        entries = takewhile(lambda entry: entry[0] == code, self._from(code))
        return [name for _, name in entries]

    def _begun(self, code: str, alone: bool, shown: Callable[[str], bool]) -> list[str]:
        digits = _digits(code)
        tells = _tells(code, LEAST_NUMBER_BEGUN)
        if not (digits >= SHORTEST or tells if alone else digits >= LEAST_DIGITS_BEGUN and tells):
            return []
        entries = takewhile(lambda entry: entry[0].startswith(code), self._from(code))
        if not alone and digits < SHORTEST:
            # Few digits break off among others: where letters follow, they are a word of their own.
            entries = takewhile(lambda entry: entry[0][len(code) :][:1].isdigit(), entries)
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


def _digits(code: str) -> int:
    return sum(map(str.isdigit, code))


def _tells(code: str, least_number: int) -> bool:
    """Whether this is enough of a code to be no common word or number."""
    letters = any(map(str.isalpha, code))
    return _digits(code) > 0 and len(code) >= (SHORTEST if letters else least_number)
