"""Separators and quotes of a CSV file, told from its first lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data_checks.sources.mapping.common_names import is_known

SEPARATORS = (",", ";", "\t", "|", "~", "^", "¦")
_DECLARED = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
ENOUGH = 0.8


@dataclass(frozen=True)
class CsvDialect:
    """How the fields of a line are told apart; `skipped` lines stand before the header."""

    separator: str = ","
    quoted: bool = True
    skipped: int = 0

    def options(self) -> dict[str, Any]:
        """What `csv.reader` is told."""
        quoting = csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
        return {"delimiter": self.separator, "quoting": quoting, "strict": self.quoted}


def dialect_of(lines: Sequence[str], separator: str = "") -> CsvDialect:
    """The dialect of a file that begins with these lines.

    A separator that is given counts; else one that the first line declares (`sep=;`); else the one
    that parts the header into names, best into names that are known, and the rows into as many
    fields.
    """
    declared = _DECLARED.fullmatch(lines[0].lstrip("\ufeff")) if lines else None
    skipped = int(declared is not None)
    body = [line for line in lines[skipped:] if line.strip()]
    if not separator:
        separator = declared[1] if declared else max(SEPARATORS, key=lambda sep: _rank(body, sep))
    return CsvDialect(separator, _is_quoted(body, separator), skipped)


def _rank(lines: Sequence[str], separator: str) -> tuple[bool, int, float, int]:
    """How well a separator fits: equal ranks leave the first of SEPARATORS."""
    rows = _parsed(lines, separator)
    if not rows or len(rows[0]) < 2:
        return (False, 0, 0.0, 0)
    header, others = rows[0], rows[1:]
    known = sum(is_known(name) for name in header)
    same = sum(len(row) == len(header) for row in others) / max(len(others), 1)
    return (not others or same >= ENOUGH, known, same, len(header))


def _parsed(lines: Sequence[str], separator: str) -> list[list[str]]:
    rows = []
    reader = csv.reader(lines, delimiter=separator)
    try:
        for row in reader:
            rows.append(row)  # noqa: PERF402 - what was read before an error counts
    except csv.Error:
        pass
    # The last one may go on behind these lines.
    return rows[:-1] if len(rows) > 2 else rows


def _is_quoted(lines: Sequence[str], separator: str) -> bool:
    """Whether quotes enclose fields. Files with tabs often write them as letters like any other."""
    if separator != "\t":
        return True
    reader = csv.reader(lines, delimiter=separator, strict=True)
    sizes, read_lines = [], 0
    try:
        for row in reader:
            sizes.append(len(row))
            read_lines = reader.line_num
    except csv.Error as error:
        # The last row may go on behind these lines; one that swallows most of them is none.
        if "unexpected end" not in str(error) or 2 * read_lines < len(lines):
            return False
    return sum(size == sizes[0] for size in sizes) >= ENOUGH * len(sizes)
