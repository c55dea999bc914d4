"""Header of a table: the line that names the columns, among the first lines of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from data_checks.sources.mapping.column_words import names_a_column
from data_checks.sources.mapping.common_names import is_known

Cells = Sequence[str]
# So many lines may stand before the header.
DEEPEST = 30
LONGEST_NAME, LONGEST_VALUE = 100, 300
# A line that fills less of the columns than this share of what is usual is no header.
ENOUGH = 0.6
_VALUE = re.compile(
    r"[^\w\s]{0,3}\s?[-+]?\d[\d.,'\u2019\s]*[^\w\s]{0,3}|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b.*"
    r"|(?:https?|ftp)://\S+|\S+@\S+\.\w+|\S*\.(?:png|jpe?g|gif|webp|pdf|html?)|true|false",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class TablePlace:
    """Where a table begins among its first lines: at its header, or at its first row."""

    start: int
    has_header: bool = True


def is_value(cell: str) -> bool:
    """Whether a cell holds a number, a date, an address or the like, and no name."""
    return len(cell) <= LONGEST_VALUE and _VALUE.fullmatch(cell) is not None


def table_place(lines: Sequence[Cells]) -> TablePlace:
    """Where the table begins, told from its first lines.

    What stands before it (a heading, a date) fills fewer cells than the rows do. A line is no
    header where its cells are of the same kind as those below it.
    """
    filled = [sum(bool(cell.strip()) for cell in line) for line in lines]
    written = [place for place, count in enumerate(filled) if count]
    if len(written) < 2:
        return TablePlace(written[0] if written else 0)
    first, usual = written[0], median(filled[place] for place in written[1:])
    is_before = filled[first] < ENOUGH * usual and 2 * filled[first] <= usual
    if not is_before and not _is_row(first, written, lines):
        return TablePlace(first)
    for place in written[1:DEEPEST]:
        known = _known(lines[place])
        is_full = filled[place] >= max(2, ENOUGH * usual)
        if is_full and known >= (1 if is_before else 2) and _is_named(lines[place]):
            return TablePlace(place)
    rows = [place for place in written if filled[place] >= ENOUGH * usual]
    start = rows[0] if is_before and rows else first
    return TablePlace(start, has_header=not _is_row(start, written, lines))


def _is_named(cells: Cells) -> bool:
    """Whether a line may be names of columns: short texts."""
    texts = [cell.strip() for cell in cells if cell.strip()]
    return all(len(text) <= LONGEST_NAME and not is_value(text) for text in texts)


def _known(cells: Cells) -> int:
    """How many cells are names that columns have elsewhere."""
    texts = [cell.strip() for cell in cells if cell.strip()]
    return sum(is_known(text) or names_a_column(text) for text in texts)


def _is_row(place: int, written: Sequence[int], lines: Sequence[Cells]) -> bool:
    """Whether a line is one like those below: values stand over values, or come again there."""
    cells, below = lines[place], [lines[other] for other in written if other > place]
    if not below or any(is_known(cell.strip()) for cell in cells):
        return False
    alike = 0
    for column, cell in enumerate(map(str.strip, cells)):
        others = [line[column].strip() for line in below if column < len(line)]
        others = [other for other in others if other]
        if not cell or not others:
            continue
        values = sum(is_value(other) for other in others)
        if is_value(cell):
            alike += 2 * values >= len(others)
        else:
            alike += others.count(cell) >= 2 and not names_a_column(cell)
    return alike >= 1 and alike >= _known(cells)
