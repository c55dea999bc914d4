"""Sheets of an OpenDocument spreadsheet (.ods)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from data_checks.sources.table.sheet_xml import MOST_COLUMNS, number_of
from data_checks.sources.table.xml_part import SheetError, XmlPart, bare

# A line may stand for several that are alike; programs fill a sheet with empty ones.
MOST_REPEATED = 1_000
NUMBERS = ("float", "currency", "percentage")


class _Content(XmlPart):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, int, list[Any]]] = []
        self.names: list[str] = []
        self._number, self._row_repeated, self._cell_repeated = 0, 1, 1
        self._cells: list[Any] = []
        self._own: dict[str, str] = {}
        self._texts: list[str] = []
        self._notes = 0

    def start(self, name: str, values: Mapping[str, str]) -> None:
        own = {bare(key): value for key, value in values.items()}
        self._notes += name == "annotation"
        if name == "table":
            self.names.append(own.get("name", ""))
            self._number = 0
        elif name == "table-row":
            self._cells, self._row_repeated = [], _repeated(own.get("number-rows-repeated"))
        elif name in ("table-cell", "covered-table-cell"):
            self._own, self._texts = own, []
            self._cell_repeated = _repeated(own.get("number-columns-repeated"))
        elif name == "p":
            self.begin_text()
        elif name in ("s", "tab", "line-break"):
            self.text.append(" ")

    def end(self, name: str) -> None:
        if name == "p" and not self._notes:
            self._texts.append("".join(self.text))
        elif name in ("table-cell", "covered-table-cell"):
            more = min(self._cell_repeated, MOST_COLUMNS - len(self._cells))
            self._cells += [self._value()] * more
        elif name == "table-row":
            self._end_row()
        self._notes -= name == "annotation"

    def _value(self) -> Any:
        type, value = self._own.get("value-type", ""), self._own.get("value", "")
        if type in NUMBERS:
            return number_of(value)
        if type == "boolean":
            return self._own.get("boolean-value") == "true"
        if type == "date":
            return self._own.get("date-value", "")
        return "\n".join(self._texts) or None

    def _end_row(self) -> None:
        while self._cells and self._cells[-1] is None:
            self._cells.pop()
        if self._cells and self._row_repeated > MOST_REPEATED:
            raise SheetError("a line of it is repeated more than a thousand times")
        for number in range(self._row_repeated if self._cells else 0):
            self.lines.append((self.names[-1], self._number + number + 1, self._cells))
        self._number += self._row_repeated


def _repeated(written: str | None) -> int:
    return max(1, int(written)) if written and written.isdecimal() else 1


def document_names(chunks: Iterable[bytes]) -> list[str]:
    """The names of the sheets, in their order."""
    content = _Content()
    for _ in content.read(chunks):
        content.lines.clear()
    return content.names


def document_cells(chunks: Iterable[bytes], sheet: str) -> Iterator[tuple[int, list[Any]]]:
    """The lines of one sheet, each with its number, and a value for each cell up to the last."""
    content = _Content()
    for _ in content.read(chunks):
        yield from ((number, cells) for name, number, cells in content.lines if name == sheet)
        content.lines.clear()
