"""Table of a file of values: what it says of which id, as CSV or JSON lines."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from searchbar.retrieval.withdrawn import text_of

ID, SEPARATORS = "id", ",;\t|"
LONGEST_ID, LONGEST_CELL = 200, 131_072
_SEPARATOR_LINE = re.compile(r"sep=(.)[ \t]*(\r\n|\r|\n|\Z)", re.IGNORECASE)
_LINE = re.compile(r"\r\n|\r|\n")
# Nothing is said of this field: what the release holds stays.
SILENT: Final = object()


@dataclass(frozen=True)
class ValuesTable:
    """What a file says: by id a cell for each of `names`, SILENT where it says nothing of it.

    Of several lines for one id the last one counts. `others` are columns that were not asked for,
    `broken` counts lines that are no row.
    """

    names: Sequence[str]
    rows: Mapping[str, Sequence[Any]]
    others: Collection[str] = ()
    broken: int = 0


def read_table(content: bytes, known: Collection[str]) -> ValuesTable:
    """Read the columns of these names, whatever their case, from CSV or JSON lines.

    Raises:
        ValueError: this is no such file.
    """
    text = text_of(content)
    if not text.strip():
        return ValuesTable((), {})
    names = {name.casefold(): name for name in known} | {name: name for name in known}
    if text.lstrip().startswith("{"):
        return _json_lines(text, names)
    try:
        return _csv(text, names)
    except csv.Error as error:
        raise ValueError(f"it is neither CSV nor JSON lines: {error}") from error


def _csv(text: str, known: Mapping[str, str]) -> ValuesTable:
    separator = None
    if match := _SEPARATOR_LINE.match(text):
        separator, text = match[1], text[match.end() :]
    first = _LINE.split(text.lstrip("\r\n"), maxsplit=1)[0]
    separator = separator or max(SEPARATORS, key=first.count)
    csv.field_size_limit(LONGEST_CELL)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header = [name.strip() for name in next(filter(None, lines), [])]
    if (place := next((n for n, name in enumerate(header) if name.casefold() == ID), None)) is None:
        raise ValueError("its first line names no column `id`")
    meant = [None if n == place else _meant(name, known) for n, name in enumerate(header)]
    names = list(dict.fromkeys(name for name in meant if name))
    # Of two columns for one field the last one counts.
    places = [len(meant) - 1 - meant[::-1].index(name) for name in names]
    others = {name for n, name in enumerate(header) if meant[n] is None and n != place}
    rows: dict[str, Sequence[Any]] = {}
    broken = 0
    for cells in filter(None, lines):
        id = _id(cells[place]) if len(cells) > place else ""
        if not id or len(cells) > len(header):
            broken += 1
            continue
        row = [cells[n].strip() if n < len(cells) else "" for n in places]
        rows[id] = [cell or SILENT for cell in row]
    return ValuesTable(names, rows, others, broken)


def _json_lines(text: str, known: Mapping[str, str]) -> ValuesTable:
    names: dict[str, int] = {}
    others: set[str] = set()
    rows: dict[str, Sequence[Any]] = {}
    broken = 0
    for row in _objects(text):
        if not isinstance(row, dict) or not (id := _id(row.pop(ID, None))):
            broken += 1
            continue
        cells: list[Any] = [SILENT] * len(names)
        for name, value in row.items():
            if (meant := _meant(name, known)) is None:
                others.add(name)
                continue
            if (place := names.setdefault(meant, len(names))) == len(cells):
                cells.append(SILENT)
            cells[place] = value
        rows[id] = cells
    return ValuesTable(list(names), rows, others, broken)


def _objects(text: str) -> Iterator[Any]:
    """What each line holds; None for one that is no JSON."""
    for line in _LINE.split(text):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield None


def _meant(name: str, known: Mapping[str, str]) -> str | None:
    return known.get(name) or known.get(name.strip().casefold())


def _id(value: Any) -> str:
    """The id that a cell names, as ids are sealed; empty for none."""
    try:
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    except ValueError:  # A whole number of more digits than Python writes.
        return ""
    text = unicodedata.normalize("NFC", text.strip()).strip()
    return text if len(text) <= LONGEST_ID else ""
