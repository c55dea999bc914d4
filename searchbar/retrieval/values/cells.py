"""Cells of a file of values, read by the types of their fields."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from release_format.fields import FieldType
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
