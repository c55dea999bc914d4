"""The query language: the phrases that a question quotes, what it leaves out, and its filters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from searchbar.query.question import as_text
from searchbar.query.quotation import (
    ANY,
    MARKS,
    OPENING,
    marked_alike,
    pattern,
    phrase_pattern,
    quoted,
)

# A question of more words than this around what the language reads is prose that mentions, not a
# search that demands: nothing is read of it.
MOST_WORDS_UNQUOTED = 10
MOST_READ_FILTERS = 64
_SIGNS = ANY | set(":-")
_SPACE = re.compile(r"\s+")
# Where something may begin: at a word's first letter, or at a quotation mark anywhere.
_BEGIN = re.compile(rf"(?<!\S)(?=\S)|(?=[{OPENING}])")
_PHRASE = re.compile(phrase_pattern())
# A number has its sign before it, and a program its options: these are text.
_WITHOUT = re.compile(rf"(?<!\S)-(?:{pattern()}|(?P<word>[^\W\d_][^\s{MARKS}]+)(?<!-)(?!\S))")
# `std::vector`, `http://…` and `note: x` are text, whatever the columns are called.
_FILTER = re.compile(
    rf"(?<!\S)(?P<minus>-?)(?P<name>[^\s:{MARKS}]+):"
    rf"(?:{pattern()}|(?!//)(?P<value>[^\s:{MARKS}]\S*))"
)

# The columns that every release can be filtered by.
OWN_COLUMNS = ("topic", "language")
# The column that a name and a value, which begins with `!` where it is left out, are a filter of;
# empty where they are none.
ColumnOf = Callable[[str, str], str]


class ColumnNames:
    """The columns of a release as questions name them: as written, else in any case, and with `_`
    for a space."""

    def __init__(self, names: Iterable[str], shown: Callable[[str], bool]) -> None:
        """`shown` says whether an item that may be shown has a column."""
        columns = (*sorted(names), *OWN_COLUMNS)
        self._columns = {_SPACE.sub("_", name.casefold()): name for name in columns}
        self._columns |= {name.casefold(): name for name in columns} | {c: c for c in columns}
        self._shown = shown

    def __call__(self, name: str, value: str) -> str:  # noqa: ARG002
        """The column that `name:value` is a filter of; empty where it is none."""
        column = self._columns.get(name) or self._columns.get(name.casefold(), "")
        return column if column in OWN_COLUMNS or (column and self._shown(column)) else ""


@dataclass(frozen=True)
class ParsedQuestion:
    """A question as the language reads it.

    `blank` is its text, in composed characters, with a space for every character of what was read,
    but for the words of phrases: places in both are the same. A value that is left out begins with
    `!`, as in a parameter. `dropped` are phrases that nothing holds. Filters narrow the answer to
    `languages`, if there are any.
    """

    text: str
    blank: str
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def bare(self) -> str:
        """What is looked for: the text alone."""
        return self.text if self.blank == self.text else _SPACE.sub(" ", self.blank).strip()

    @property
    def is_plain(self) -> bool:
        """Whether nothing was read of it: all of it is looked for."""
        return self.blank == self.text

    @property
    def is_empty(self) -> bool:
        """Whether it looks for nothing, but only says what to leave out or filter by."""
        return not self.bare.strip()

    def to_json(self) -> dict[str, Any]:
        """What was read, as an answer tells it."""
        return {
            "phrases": list(self.phrases),
            "without": list(self.without),
            "filters": {name: list(values) for name, values in self.filters.items()},
            "phrases_dropped": list(self.dropped),
        }


@dataclass(frozen=True)
class _Part:
    """What was read in one place; `kept` is the stretch that is looked for all the same."""

    start: int
    end: int
    kept: tuple[int, int] = (0, 0)
    phrase: str = ""
    without: str = ""
    filter: tuple[str, str] = ("", "")


def no_column(_name: str, _value: str) -> str:
    """No name before a colon is a column."""
    return ""


def parse(text: str, column_of: ColumnOf) -> ParsedQuestion:
    """Read a question; what is not written as the language has it is text, never an error.

    Args:
        text: what was asked.
        column_of: which name before a colon is a column, and may have this value.
    """
    text = unicodedata.normalize("NFC", as_text(text))
    plain = ParsedQuestion(text, text)
    if _SIGNS.isdisjoint(text):
        return plain
    read = _parts(text, column_of)
    blank, unquoted = _blanked(text, read)
    if not read or len(unquoted.split()) > MOST_WORDS_UNQUOTED:
        return plain
    filters: dict[str, list[str]] = {}
    for name, value in (part.filter for part in read if part.filter[0]):
        filters.setdefault(name, []).append(value)
    return ParsedQuestion(
        text,
        blank,
        tuple(dict.fromkeys(part.phrase for part in read if part.phrase)),
        tuple(dict.fromkeys(part.without for part in read if part.without)),
        {name: tuple(dict.fromkeys(values)) for name, values in filters.items()},
    )


def _parts(text: str, column_of: ColumnOf) -> list[_Part]:
    signs = marked_alike(text)
    read: list[_Part] = []
    at = filters = 0
    while begin := _BEGIN.search(signs, at):
        at = begin.start()
        part = _filter(text, signs, at, column_of) if filters < MOST_READ_FILTERS else None
        filters += part is not None
        part = part or _without(text, signs, at) or _phrase(text, signs, at)
        if part:
            read.append(part)
        at = part.end if part else at + 1
    return read


def _filter(text: str, signs: str, at: int, column_of: ColumnOf) -> _Part | None:
    match = _FILTER.match(signs, at)
    if not match:
        return None
    value = text[slice(*quoted(match))] or text[slice(*match.span("value"))].rstrip(",;")
    value = value.strip()
    if not value:
        return None
    if match["minus"]:
        value = _reversed(value)
    column = column_of(text[slice(*match.span("name"))], value)
    return _Part(at, match.end(), filter=(column, value)) if column else None


def _reversed(value: str) -> str:
    """What leaves out what a value asks for, or asks for what it leaves out: every `!` of the value
    itself is written twice."""
    signs = len(value) - len(value.lstrip("!"))
    return value[1:] if signs % 2 else f"!{value}"


def _without(text: str, signs: str, at: int) -> _Part | None:
    match = _WITHOUT.match(signs, at)
    if not match:
        return None
    word = match["word"]
    left_out = (word.rstrip(",;.!?)") if word else text[slice(*quoted(match))]).strip()
    # One letter is an option of a program: as a word to leave out it would leave out all texts.
    if sum(map(str.isalnum, left_out)) < (2 if word else 1):
        return None
    return _Part(at, match.end(), without=left_out)


def _phrase(text: str, signs: str, at: int) -> _Part | None:
    match = _PHRASE.match(signs, at)
    start, end = quoted(match) if match else (at, at)
    if not match or not any(map(str.isalnum, text[start:end])):
        return None
    return _Part(at, match.end(), (start, end), phrase=text[start:end].strip())


def _blanked(text: str, read: list[_Part]) -> tuple[str, str]:
    """The text without what was read but for words of phrases, and without these, too."""
    kept, unquoted = list(text), list(text)
    for part in read:
        length, (start, end) = part.end - part.start, part.kept
        kept[part.start : part.end] = unquoted[part.start : part.end] = " " * length
        kept[start:end] = text[start:end]
    return "".join(kept), "".join(unquoted)


def joined(
    filters: Mapping[str, Sequence[str]], others: Mapping[str, Sequence[str]]
) -> Mapping[str, Sequence[str]]:
    """Both filters at once: the values of a field that both have are values of one filter."""
    if not others:
        return filters
    names = dict.fromkeys([*filters, *others])
    return {name: (*filters.get(name, ()), *others.get(name, ())) for name in names}
