"""Rows of a table: its cells under the names of their columns, headings and totals told apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NamedTuple

from data_checks.canonical_text import text
from data_checks.errors import CatalogueError
from data_checks.sources.mapping.common_names import candidates, is_known
from data_checks.sources.row import ReadingNotes, Row
from data_checks.sources.table.header import TablePlace, is_value, table_place
from release_format.config.refusal import shown
from release_format.listing import listed

SAMPLE = 200
SECTION = "section"
_TOTAL = re.compile(
    r"(?:grand |sub)?total[ei]?s?|(?:gesamt|zwischen)?summe|gesamt|somme|suma|somma|totaal|итого"
    r"|всего|jumlah|razem|合计|合計",
    re.IGNORECASE,
)


class TableLine(NamedTuple):
    """The cells of one line, and where it stands; `broken`: why they are none."""

    place: str
    cells: Sequence[Any]
    broken: str = ""


@dataclass
class _Columns:
    """The names of the columns; the last ones, from `least` on, may be missing in a row."""

    names: list[str]
    least: int
    is_ragged: bool = False
    has_sections: bool = False
    section: str = ""


def table_rows(
    address: str, lines: Iterable[TableLine], notes: ReadingNotes, *, is_ragged: bool = False
) -> Iterator[Row]:
    """The rows of a table; one with too few or too many cells is broken, never lost.

    `is_ragged`: cells at the end of a line are left out where they are empty.

    What stands before the header, empty lines, a header that stands there again, headings between
    the rows and totals are no rows, and told.

    Raises:
        CatalogueError: a column that would be one of ours is there twice.
    """
    lines = iter(lines)
    head = list(islice(lines, SAMPLE))
    texts = [[text(cell) for cell in line.cells] for line in head]
    place = table_place(texts)
    columns = _columns(address, texts, place, notes)
    columns.is_ragged = is_ragged
    columns.has_sections = _has_sections(texts[place.start + place.has_header :], columns)
    _tell_before(head, texts, place, notes)
    for line in chain(head[place.start + place.has_header :], lines):
        if line.broken:
            yield Row(line.place, {"fields": list(line.cells)}, line.broken)
        elif _is_row(line.cells, columns, notes):
            yield _row(line, columns)


def _columns(
    address: str, texts: Sequence[Sequence[str]], place: TablePlace, notes: ReadingNotes
) -> _Columns:
    if not texts:
        return _Columns([], 0)
    cells = texts[place.start]
    if not place.has_header:
        width = max(len(_trimmed(line)) for line in texts[place.start :])
        notes.add(
            "No line names the columns, so they are called column 1, column 2, …; the first line is"
            " read as a row. Put a line of names before it where that is wrong."
        )
        names = [f"column {number}" for number in range(1, width + 1)]
        return _Columns(names, len(_trimmed(cells)))
    names = [name or f"column {number}" for number, name in enumerate(cells, 1)]
    least = len(_trimmed(cells))
    # The last of several columns with one name are there for those rows that need them.
    while least > 1 and names[least - 1] in names[: least - 1]:
        least -= 1
    return _Columns(_told_apart(address, names, notes), least)


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    """The cells without the empty ones behind the last, which spreadsheets write."""
    last = max((place for place, cell in enumerate(cells, 1) if cell), default=0)
    return cells[:last]


def _told_apart(address: str, names: Sequence[str], notes: ReadingNotes) -> list[str]:
    apart: list[str] = []
    for name in names:
        if name in apart and is_known(name):
            raise CatalogueError(f"{address} has the column {name!r} twice. Rename one of them.")
        again = names[: len(apart)].count(name) + 1
        apart.append(f"{name} {again}" if again > 1 else name)
    if doubles := sorted({name for name in names if names.count(name) > 1}):
        names_shown = listed([shown(name) for name in doubles], 8)
        notes.add(f"Several columns have one name, so their names got numbers: {names_shown}.")
    return apart


def _tell_before(
    head: Sequence[TableLine],
    texts: Sequence[Sequence[str]],
    place: TablePlace,
    notes: ReadingNotes,
) -> None:
    before = [" ".join(filter(None, cells)) for cells in texts[: place.start]]
    if any(before):
        first = shown(next(filter(None, before))[:60])
        kind = "header" if place.has_header else "first row"
        notes.add(f"The {kind} is {head[place.start].place}; before it stands {first}.")


def _has_sections(rows: Sequence[Sequence[str]], columns: _Columns) -> bool:
    """Whether lines with nothing but a first cell are headings of the rows that follow them.

    They are where the rows begin with one, nearly all others fill the second cell, too, and there
    are at least twice as many of those.
    """
    written = [row for row in map(_trimmed, rows) if row]
    if columns.least < 3 or SECTION in columns.names or candidates("id", columns.names[:1]):
        return False
    headings = [place for place, row in enumerate(written) if len(row) == 1]
    others = [row for row in written if len(row) > 1]
    full = sum(bool(row[0] and row[1]) for row in others)
    is_led = headings[:1] == [0] and len(headings) >= 2
    return is_led and len(others) >= 2 * len(headings) and full >= 0.95 * len(others)


def _is_row(cells: Sequence[Any], columns: _Columns, notes: ReadingNotes) -> bool:
    texts = _trimmed([text(cell) for cell in cells])
    if not texts:
        if cells:
            notes.leave_out("line of empty fields")
        return False
    if list(texts) == columns.names[: columns.least]:
        notes.leave_out("the header again")
        return False
    if columns.has_sections and len(texts) == 1:
        columns.section = texts[0]
        notes.leave_out(f"heading, which became the column {SECTION} of the rows below it")
        return False
    first, *others = filter(None, texts)
    if _TOTAL.fullmatch(first.rstrip(" :")) and others and all(map(is_value, others)):
        notes.leave_out("line of totals")
        return False
    return True


def _row(line: TableLine, columns: _Columns) -> Row:
    cells = list(line.cells)
    while len(cells) > columns.least and not text(cells[-1]):
        cells.pop()
    if columns.is_ragged:
        cells += [None] * (columns.least - len(cells))
    if not columns.least <= len(cells) <= len(columns.names):
        count = len(line.cells) if len(line.cells) < columns.least else len(cells)
        reason = f"has {count} fields where the header has {columns.least}"
        return Row(line.place, {"fields": list(line.cells)}, reason)
    values = dict(zip(columns.names, cells, strict=False))
    return Row(line.place, {SECTION: columns.section} | values if columns.section else values)
