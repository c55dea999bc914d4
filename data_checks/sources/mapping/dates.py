"""Dates of updated_at: one way of writing them, where a whole column agrees on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from data_checks.canonical_text import moment_text, text
from data_checks.month_names import day_with_a_name, day_with_signs

ENOUGH = 0.95
_DIGITS = re.compile(r"(\d{9,10}|\d{13})(?:\.\d+)?")
_ZONE = re.compile(r"\s+(?:UTC|GMT|Z)$|\s+([+-]\d\d:?\d\d)$")
_TIMES = (
    *("", " %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S", " - %H:%M", " %I:%M %p"),
    *(" %I:%M:%S %p", ", %I:%M %p", ", %I:%M:%S %p"),
)


@dataclass(frozen=True)
class DateReader:
    """Reads dates that are written in one way; `name` says which."""

    name: str
    parse: Callable[[str], datetime | None]
    is_foreign: bool = True

    def __call__(self, value: Any) -> Any:
        """The date in ISO 8601, moments in UTC; a value that is none stays, for the rules."""
        written = text(value)
        moment = iso(written) or self.parse(written)
        if moment is None or not isinstance(value, str | int | float):
            return value
        if moment.tzinfo is None and iso(written):
            return value
        return canonical_moment(moment)


def reader_of(values: Sequence[str]) -> DateReader | None:
    """The reader of a column with these values, or None where they agree on no way of writing.

    A day and a month that could change places are read only where another row shows which is which.
    """
    others = [value for value in values if value and iso(value) is None]
    if not others:
        return _ISO
    fitting = [
        reader
        for reader in _READERS
        if sum(reader.parse(value) is not None for value in others) >= ENOUGH * len(others)
    ]
    is_open = {"DD/MM/YYYY", "MM/DD/YYYY"} <= {reader.name for reader in fitting}
    return fitting[0] if fitting and not is_open else None


def canonical_moment(moment: datetime) -> str:
    """A day without a time as a date, a moment as one of UTC."""
    if moment.tzinfo is None and moment.time() == datetime.min.time():
        return moment.date().isoformat()
    return moment_text(moment)


def iso(written: str) -> datetime | None:
    """An ISO 8601 date or moment; also with a blank before its zone, as git and databases write."""
    if _DIGITS.fullmatch(written):
        return None
    zoned = _ZONE.sub(lambda zone: zone[1] or "+00:00", written)
    try:
        return datetime.fromisoformat(zoned)
    except ValueError:
        return None


def _epoch(written: str) -> datetime | None:
    match = _DIGITS.fullmatch(written)
    if not match:
        return None
    seconds = int(match[1]) / (1000 if len(match[1]) == 13 else 1)
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)


def _rfc_2822(written: str) -> datetime | None:
    if "," not in written[:5] and ":" not in written:
        return None
    try:
        return parsedate_to_datetime(written)
    except (ValueError, TypeError, OverflowError):
        return None


def _in(*days: str) -> Callable[[str], datetime | None]:
    """What reads these days, with or without a time."""
    forms = [f"{day}{time}" for day in days for time in _TIMES]

    def parse(written: str) -> datetime | None:
        for place, form in enumerate(forms):
            try:
                moment = datetime.strptime(written, form)  # noqa: DTZ007 - none of them has a zone
            except ValueError:
                continue
            # A column is written in one form: the next value is tried with it first.
            forms.insert(0, forms.pop(place))
            return moment
        return None

    return parse


_ISO = DateReader("YYYY-MM-DD", lambda _written: None, is_foreign=False)
_READERS = (
    DateReader("seconds or milliseconds since 1970", _epoch),
    DateReader("DD.MM.YYYY", _in("%d.%m.%Y", "%d.%m.%y")),
    DateReader("DD/MM/YYYY", _in("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y")),
    DateReader("MM/DD/YYYY", _in("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")),
    DateReader("YYYY/MM/DD", _in("%Y/%m/%d", "%Y.%m.%d")),
    DateReader(
        "days with a month's name",
        _in("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d. %B %Y"),
    ),
    DateReader("days with a month's name", day_with_a_name),
    DateReader("years, months and days with their signs", day_with_signs),
    DateReader("RFC 2822", _rfc_2822),
)
