"""Parts of a workbook in XML: the cells of a sheet, its texts, and which styles are dates."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from data_checks.sources.table.xml_part import SheetError, XmlPart, bare, read_whole

# What a spreadsheet program holds; a cell beyond is none of its.
MOST_COLUMNS = 16_384
MOST_TEXTS = 20_000_000
# The formats of numbers that are dates without a format of their own.
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_CELL = re.compile(r"([A-Z]{1,3})\d+")


@dataclass
class Book:
    """The sheets that are shown, name → relation, and whether days count from 1904."""

    shown: dict[str, str] = field(default_factory=dict)
    is_1904: bool = False


class _BookPart(XmlPart):
    def __init__(self) -> None:
        super().__init__()
        self.book = Book()

    def start(self, name: str, values: Mapping[str, str]) -> None:
        own = {bare(key): value for key, value in values.items()}
        if name == "workbookPr":
            self.book.is_1904 = own.get("date1904") in ("1", "true")
        if name == "sheet" and own.get("state", "visible") == "visible":
            self.book.shown[own.get("name", "")] = own.get("id", "")


def sheets(chunks: Iterable[bytes]) -> Book:
    """The sheets of a workbook in their order, but for hidden ones."""
    part = _BookPart()
    read_whole(part, chunks)
    return part.book


class _Relations(XmlPart):
    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}

    def start(self, name: str, values: Mapping[str, str]) -> None:
        if name == "Relationship" and values.get("TargetMode") != "External":
            self.targets[values.get("Id", "")] = values.get("Target", "")


def relations(chunks: Iterable[bytes]) -> dict[str, str]:
    """The parts that a workbook refers to, by the names it has for them."""
    part = _Relations()
    read_whole(part, chunks)
    return part.targets


class _Texts(XmlPart):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._sounds = 0
        self._kept: list[str] = []

    def start(self, name: str, values: Mapping[str, str]) -> None:  # noqa: ARG002
        self._sounds += name == "rPh"
        if name == "si":
            self._kept = []
        self.begin_text()

    def end(self, name: str) -> None:
        if name == "t" and not self._sounds:
            self._kept.append("".join(self.text))
        self._sounds -= name == "rPh"
        if name == "si":
            self.texts.append("".join(self._kept))
            if len(self.texts) > MOST_TEXTS:
                raise SheetError("it holds more than 20 million texts")


def shared_texts(chunks: Iterable[bytes]) -> list[str]:
    """The texts that cells refer to by number."""
    part = _Texts()
    read_whole(part, chunks)
    return part.texts


class _Styles(XmlPart):
    def __init__(self) -> None:
        super().__init__()
        self.formats: dict[int, str] = {}
        self.numbers: list[int] = []
        self._is_inside = False

    def start(self, name: str, values: Mapping[str, str]) -> None:
        if name == "numFmt":
            self.formats[_whole_number(values.get("numFmtId"))] = values.get("formatCode", "")
        self._is_inside = self._is_inside or name == "cellXfs"
        if name == "xf" and self._is_inside:
            self.numbers.append(_whole_number(values.get("numFmtId")))

    def end(self, name: str) -> None:
        self._is_inside = self._is_inside and name != "cellXfs"


def date_styles(chunks: Iterable[bytes]) -> set[int]:
    """The styles, by number, that show a number as a date."""
    part = _Styles()
    read_whole(part, chunks)
    return {
        style
        for style, number in enumerate(part.numbers)
        if number in _DATES or re.search("[dmyh]", _QUOTED.sub("", part.formats.get(number, "")))
    }


def _whole_number(written: str | None) -> int:
    return int(written) if written and written.isdecimal() else 0


class _Sheet(XmlPart):
    def __init__(self, convert: Callable[[str, str, str], Any]) -> None:
        super().__init__()
        self.lines: list[tuple[int, list[Any]]] = []
        self._convert = convert
        self._number, self._cells = 0, dict[int, Any]()
        self._column, self._type, self._style = 0, "", ""
        self._value: list[str] = []
        self._sounds = 0

    def start(self, name: str, values: Mapping[str, str]) -> None:
        self._sounds += name == "rPh"
        if name == "row":
            self._number = _whole_number(values.get("r")) or self._number + 1
            self._cells, self._column = {}, 0
        elif name == "c":
            place = _CELL.fullmatch(values.get("r", ""))
            self._column = _column_number(place[1]) if place else self._column + 1
            self._type, self._style = values.get("t", "n"), values.get("s", "")
            self._value = []
        self.begin_text()

    def end(self, name: str) -> None:
        if name in ("v", "t") and not self._sounds:
            self._value.append("".join(self.text))
        elif name == "c" and self._value and self._column <= MOST_COLUMNS:
            self._cells[self._column] = self._convert("".join(self._value), self._type, self._style)
        elif name == "row":
            width = max(self._cells, default=0)
            cells = [self._cells.get(column) for column in range(1, width + 1)]
            self.lines.append((self._number, cells))
        self._sounds -= name == "rPh"


def sheet_cells(
    chunks: Iterable[bytes], texts: Sequence[str], dates: Collection[int], *, is_1904: bool
) -> Iterator[tuple[int, list[Any]]]:
    """The lines of a sheet, each with its number, and a value for each cell up to the last one."""
    first_day = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)  # noqa: DTZ001

    def convert(written: str, type: str, style: str) -> Any:
        if type == "s":
            place = _whole_number(written.strip())
            if place >= len(texts):
                raise SheetError("a cell refers to a text that is not there")
            return texts[place]
        if type == "b":
            return written.strip() == "1"
        if type == "e":
            return None
        if type in ("str", "inlineStr", "d"):
            return written
        return _date(written, first_day) if _whole_number(style) in dates else number_of(written)

    sheet = _Sheet(convert)
    for _ in sheet.read(chunks):
        yield from sheet.lines
        sheet.lines.clear()


def number_of(written: str) -> Any:
    """A number as a person would write it; what is none stays as it is."""
    try:
        # A spreadsheet shows fifteen digits, and saves the noise behind them.
        value = float(f"{float(written):.15g}")
    except ValueError:
        return written or None
    if not math.isfinite(value):
        return written
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _date(written: str, first_day: datetime) -> Any:
    """The day, or with a time the moment, that a number of days means."""
    days = number_of(written)
    try:
        moment = first_day + timedelta(seconds=round(days * 86_400))
    except (OverflowError, TypeError):
        return written or None
    return moment.date().isoformat() if isinstance(days, int) else moment.isoformat()


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number
