"""Codes: ids and model numbers that a question holds, however they are written."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from searchbar.query.normalize import loose

SHORTEST, MOST_PARTS, LONGEST = 4, 4, 64
# A beginning of more names than this tells none of them.
MOST_BEGUN = 20
# Beside other words, a name of fewer digits is a word itself (python3), and so is a beginning.
LEAST_DIGITS, LEAST_DIGITS_BEGUN = 2, 3
# Fewer digits without a letter are a year or an amount, not a name; nor a beginning of one.
LEAST_NUMBER, LEAST_NUMBER_BEGUN = 6, 8


def joined(text: str) -> str:
    """A text as a code is compared: letters and digits alone."""
    return "".join(loose(text).split())


class Codes:
    """The names of a release that hold a digit and no space, in the order of their letters."""

    def __init__(self, names: Iterable[str]) -> None:
        self._entries = sorted((joined(name), name) for name in names if _is_code(name))

    def mentioned(self, text: str) -> list[str]:
        """The names that a question holds, in its order; else those that begin as it says."""
        words = [word for word in map(loose, text.split()) if word]
        names: list[str] = []
        begun: list[str] = []
        at = 0
        while at < len(words):
            for length in range(min(MOST_PARTS, len(words) - at), 0, -1):
                code = joined(" ".join(words[at : at + length]))
                alone = len(words) == length
                whole, beginning = self._named(code, alone), self._begun(code, alone)
                if whole or beginning:
                    names += whole
                    begun += [] if whole else beginning
                    break
            at += length
        return list(dict.fromkeys(names + begun))

    def _named(self, code: str, alone: bool) -> list[str]:
        if not _tells(code, LEAST_NUMBER) or _digits(code) < (1 if alone else LEAST_DIGITS):
            return []
        return [name for entry, name in self._beginning(code) if entry == code]

    def _begun(self, code: str, alone: bool) -> list[str]:
        digits = _digits(code)
        if alone:
            tells = digits >= SHORTEST or _tells(code, LEAST_NUMBER_BEGUN)
        else:
            tells = digits >= LEAST_DIGITS_BEGUN and _tells(code, LEAST_NUMBER_BEGUN)
        entries = self._beginning(code) if tells else []
        if not alone and digits < SHORTEST:
            # Few digits break off among others: where letters follow, they are a word of their own.
            entries = [entry for entry in entries if entry[0][len(code) :][:1].isdigit()]
        return [name for _, name in entries] if len(entries) <= MOST_BEGUN else []

    def _beginning(self, code: str) -> list[tuple[str, str]]:
        start = bisect_left(self._entries, (code, ""))
        entries = self._entries[start : start + MOST_BEGUN + 1]
        return [entry for entry in entries if entry[0].startswith(code)]


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
