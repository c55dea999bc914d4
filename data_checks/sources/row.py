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
    """What was understood of a catalogue beyond its plain rows, in sentences for people."""

    _sentences: list[str] = field(default_factory=list)
    _left_out: Counter[str] = field(default_factory=Counter)

    def add(self, sentence: str) -> None:
        """A sentence; the same one again is said once."""
        if sentence not in self._sentences:
            self._sentences.append(sentence)

    def leave_out(self, line: str) -> None:
        """Count a line of the source that is no row, such as a header in the middle."""
        self._left_out[line] += 1

    def sentences(self) -> list[str]:
        """Everything that is to be said, once the rows were read."""
        counts = [f"{number:,} × {line}" for line, number in sorted(self._left_out.items())]
        left_out = [f"Left out, since they are no rows: {', '.join(counts)}."] if counts else []
        return [*self._sentences, *left_out]


@dataclass(frozen=True)
class ReadOptions:
    """How a source is read; what a source shows by itself is left empty.

    `columns` maps the words of a snapshot to the names that this source uses; with `as_is` no other
    column is mapped by its name. `notes` takes what there is to say of the reading.
    """

    columns: Mapping[str, str]
    query: str = ""
    encoding: str = ""
    separator: str = ""
    as_is: bool = False
    notes: ReadingNotes = field(default_factory=ReadingNotes)
