"""Cells of a file of values, read by the types of their fields."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from release_format.fields import Field, FieldType
from release_format.typed_values import DMY, MDY, date, number, number_text
from searchbar.retrieval.columns import number_of

LONGEST_TEXT, MOST_TEXTS = 1_000, 64
DAY = 86_400
_START = datetime(1970, 1, 1)  # noqa: DTZ001 - seconds of UTC are added to it
_NUMBER = re.compile(r"[+-]?([0-9]{1,300}(\.[0-9]{0,300})?|\.[0-9]{1,300})([eE][+-]?[0-9]{1,3})?")
# A comma before three digits may as well be one between thousands.
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]{1,300},[0-9]{1,2}")
# As the columns of a catalogue may say it.
_PAIRS = (
    *("true false", "yes no", "1 0", "y n", "t f", "on off", "ja nein", "wahr falsch", "oui non"),
    *("vrai faux", "sí no", "si no", "sì no", "sim não", "sim nao", "vero falso", "ja nee"),
    *("ja nej", "ja nei", "tak nie"),
)
_YES, _NO = (frozenset(pair.split()[place] for pair in _PAIRS) for place in (0, 1))
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

Texts = tuple[str, ...]


def column_read(own: Field, cells: Iterable[Any]) -> Callable[[Any], Any]:
    """How the cells of one column are read, which its texts tell together: whether a comma begins
    the decimals, and whether the day or the month comes first.

    The reading gives what `number_read` gives, for keywords what `texts_read` gives.
    """
    if own.type is FieldType.NUMBER:
        decimal = _decimal(cell for cell in cells if isinstance(cell, str))
        return lambda cell: _written_number(cell, decimal, own.unit)
    if own.type is FieldType.DATE:
        order = _order(cell.strip() for cell in cells if isinstance(cell, str))
        return lambda cell: _written_date(cell, order)
    return (lambda cell: number_read(cell, own.type)) if own.type in _READ else texts_read


def _decimal(texts: Iterable[str]) -> str:
    """The mark that more of the texts fit; empty where as many fit both."""
    fitting = dict.fromkeys(".,", 0)
    for text in texts:
        if (parts := number_text(text.strip())) is not None:
            for mark in fitting:
                fitting[mark] += parts.fits(mark)
    few, many = sorted(fitting, key=fitting.__getitem__)
    return many if fitting[many] > fitting[few] else ""


def _written_number(cell: Any, decimal: str, unit: str) -> float | None:
    """What is a number by either mark is none, unless the column tells which one is meant."""
    text = cell.strip() if isinstance(cell, str) else ""
    read = (number(text, mark, unit) for mark in decimal or ".,")
    values = {float(value) for value in read if value is not None}
    return values.pop() if len(values) == 1 else number_read(cell, FieldType.NUMBER)


def _order(texts: Iterable[str]) -> str:
    """Whether all dates that are not ISO begin with the day, or with the month; empty where that
    cannot be told."""
    others = [
        text for text in texts if date(text) is None and any(date(text, o) for o in (DMY, MDY))
    ]
    fitting = [order for order in (DMY, MDY) if all(date(text, order) for text in others)]
    # Who writes points between them begins with the day.
    is_told = len(fitting) == 1 or (fitting and all("." in text for text in others))
    return fitting[0] if is_told else ""


def _written_date(cell: Any, order: str) -> float | None:
    text = date(cell.strip(), order) if order and isinstance(cell, str) else None
    return number_read(cell if text is None else text, FieldType.DATE)


def number_read(cell: Any, kind: FieldType) -> float | None:
    """A cell of a number, date or boolean as its column holds it: NaN for none, None where it does
    not fit."""
    if cell is None:
        return math.nan
    number = _READ[kind](cell)
    return None if math.isnan(number) else number


def texts_read(cell: Any) -> Texts | None:
    """The values that a cell of a keyword names, or None where it does not fit."""
    several = cell if isinstance(cell, list) else [] if cell is None else [cell]
    if len(several) > MOST_TEXTS:
        return None
    texts = []
    for value in several:
        if not isinstance(value, str | int) or isinstance(value, bool):
            return None
        try:
            text = unicodedata.normalize("NFC", str(value)).strip()
        except ValueError:  # A whole number of more digits than Python writes.
            return None
        if not text or len(text) > LONGEST_TEXT or _CONTROL.search(text):
            return None
        texts.append(text)
    return tuple(dict.fromkeys(texts))


def shown_number(number: float, kind: FieldType) -> Any:
    """A value of a column as an answer has it; None for none."""
    if math.isnan(number):
        return None
    if kind is FieldType.BOOLEAN:
        return bool(number)
    if kind is FieldType.DATE:
        moment = _START + timedelta(seconds=number)
        return f"{moment.isoformat()}Z" if number % DAY else moment.date().isoformat()
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _number(cell: Any) -> float:
    if isinstance(cell, str):
        text = cell.strip()
        if not _NUMBER.fullmatch(text):
            if not _DECIMAL_COMMA.fullmatch(text):
                return math.nan
            text = text.replace(",", ".")
        number = float(text)
        return number if math.isfinite(number) else math.nan
    return number_of(cell, FieldType.NUMBER)


def _boolean(cell: Any) -> float:
    if isinstance(cell, bool) or (isinstance(cell, int) and cell in (0, 1)):
        return float(cell)
    text = cell.strip().casefold() if isinstance(cell, str) else ""
    return 1.0 if text in _YES else 0.0 if text in _NO else math.nan


def _date(cell: Any) -> float:
    """Whole seconds only, as dates are sealed."""
    text = cell.strip() if isinstance(cell, str) else ""
    # What Python reads besides these, such as weeks, is no date of a snapshot.
    if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]|\Z)", text):
        return math.nan
    try:
        seconds = math.floor(number_of(text, FieldType.DATE))
        _ = _START + timedelta(seconds=seconds)  # A zone may lead out of the calendar.
    except (ValueError, OverflowError):
        return math.nan
    return float(seconds)


_READ: dict[FieldType, Callable[[Any], float]] = {
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
}
