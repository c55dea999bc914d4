"""A row as its source gives it, how a source is read, and what is said of the reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """One row as the source gives it.

    `place` is for people ("line 7"); `broken` says why it is no row at all.
    """

    place: str
    values: Mapping[str, Any]
    broken: str = ""


@dataclass
class ReadingNotes:
    """What was understood of a catalogue beyond its plain rows, in sentences for people.

    `mapping` is which of its columns is what, as the next reading of it prefers. With
    `copies_count_once` rows that are wholly alike are one: lists of somebody else's, whose ids were
    told by nobody, repeat what they gathered.
    """

    copies_count_once: bool = False
    mapping: dict[str, Any] = field(default_factory=dict)
    _sentences: list[str] = field(default_factory=list)
    _left_out: Counter[str] = field(default_factory=Counter)

    def add(self, sentence: str) -> None:
        """A sentence; the same one again is said once."""
        if sentence not in self._sentences:
            self._sentences.append(sentence)

    def leave_out(self, line: str, count: int = 1) -> None:
        """Count lines of the source that are no rows, such as a header in the middle."""
        self._left_out[line] += count

    def sentences(self) -> list[str]:
        """Everything that is to be said, once the rows were read."""
        counts = [f"{number:,} × {line}" for line, number in sorted(self._left_out.items())]
        left_out = [f"Left out, since they are no rows: {', '.join(counts)}."] if counts else []
        return [*self._sentences, *left_out]


@dataclass(frozen=True)
class ReadOptions:
    """How a source is read; what a source shows by itself is left empty.

    `columns` maps the words of a snapshot to the names that this source uses; with `as_is` no other
    column is mapped by its name. `list` is the path of the list that is meant in a JSON document.
    `live` is the mapping of what is live, preferred to a guess.
    `notes` takes what there is to say of the reading.
    """

    columns: Mapping[str, str]
    query: str = ""
    encoding: str = ""
    separator: str = ""
    as_is: bool = False
    list: str = ""
    live: Mapping[str, Any] = field(default_factory=dict)
    notes: ReadingNotes = field(default_factory=ReadingNotes)
