"""A table for the terminal: texts of anybody in columns, within so many characters a line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from release_format.progress import one_line

WIDTH, GAP = 80, 2
_WIDE = ("W", "F")


def columns_of(many: int, first: int) -> int:
    """How wide each of so many columns may be beside a first one that is `first` wide."""
    return (WIDTH - first) // many - GAP


def row(first: str, width: int, cells: Sequence[tuple[str, str]], each: int) -> str:
    """A line of the table: a first cell, then cells of a text that is shortened, and a mark that is
    not."""
    line = " " * (width - wide(first)) + first
    for text, mark in cells:
        room = each - (wide(mark) + 1 if mark else 0)
        cell = " ".join(filter(None, (shortened(one_line(text), room), mark)))
        line += " " * GAP + cell + " " * (each - wide(cell))
    return line.rstrip()


def wrapped(text: str, indent: str = "") -> Iterator[str]:
    """A sentence with texts of anybody's in it as indented lines of at most 80, the later ones
    indented more."""
    line, later = indent, indent + "  "
    for word in one_line(text).split(" "):
        if line.strip() and wide(line) + 1 + wide(word) > WIDTH:
            yield line
            line = later
        line = f"{line} {word}" if line.strip() else line + word
        while wide(line) > WIDTH:
            kept = _fitting(line, WIDTH)
            yield line[:kept]
            line = later + line[kept:]
    yield line


def shortened(text: str, room: int) -> str:
    """A text that takes at most so much room; the ends of ids tell them apart, so the middle
    goes."""
    if wide(text) <= room:
        return text
    tail = text[-_fitting(text[::-1], (room - 1) // 2) or len(text) :]
    return text[: _fitting(text, room - 1 - wide(tail))] + "…" + tail


def wide(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(map(_wide, text))


def _wide(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def _fitting(text: str, room: int) -> int:
    """How many characters of a text fit."""
    for count, character in enumerate(text):
        room -= _wide(character)
        if room < 0:
            return count
    return len(text)
