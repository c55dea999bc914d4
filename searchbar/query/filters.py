"""Filters: what a question demands of fields, read by the types that the fields have."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from release_format.fields import FieldType
from searchbar.errors import SearchError, bad_question

BETWEEN, NOT = "..", "!"
LONGEST_SHOWN = 64
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>[0-9]{1,2})(-(?P<day>[0-9]{1,2})"
    r"([T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2}))?"
    r"(?P<zone>Z|[+ -][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")
_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Choice:
    """Of a field's values any of `wanted`, where there are some, and none of `unwanted`."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


@dataclass(frozen=True)
class ValueRange:
    """The numbers from `low` to `high`, both included: dates are seconds since 1970 in UTC."""

    low: float
    high: float


@dataclass(frozen=True)
class Ranges:
    """A value within any of `wanted`, where there are some, and within none of `unwanted`.

    An item without a value is in no interval.
    """

    wanted: tuple[ValueRange, ...] = ()
    unwanted: tuple[ValueRange, ...] = ()


@dataclass(frozen=True)
class Conditions:
    """What a question demands: choices of fields of texts, ranges of numbers, dates, booleans."""

    choices: Mapping[str, Choice]
    ranges: Mapping[str, Ranges]

    def by_field(self) -> dict[str, Conditions]:
        """What is demanded of each field alone."""
        choices = {name: Conditions({name: each}, {}) for name, each in self.choices.items()}
        return choices | {name: Conditions({}, {name: each}) for name, each in self.ranges.items()}


EVERYTHING = ValueRange(-math.inf, math.inf)


def read_filters(
    filters: Mapping[str, Sequence[str]], ordered: Mapping[str, FieldType]
) -> Conditions:
    """Read filters; `ordered` says the type of every number, date and boolean.

    Raises:
        SearchError: a value that is none of its field's; the sentence shows one that would be.
    """
    choices, ranges = {}, {}
    for field, every in filters.items():
        # A form sends its empty inputs, too.
        values = [value for value in every if value.strip()]
        if not values:
            continue
        if (kind := ordered.get(field)) is None:
            choices[field] = _choice(values)
        else:
            ranges[field] = _ranges(field, kind, values)
    return Conditions(choices, ranges)


def _choice(values: Sequence[str]) -> Choice:
    wanted: list[str] = []
    unwanted: list[str] = []
    for value in values:
        text = value.lstrip(NOT)
        signs = len(value) - len(text)
        # Every `!` of the value itself is written twice, so that one left over means not.
        (unwanted if signs % 2 else wanted).append(NOT * (signs // 2) + text)
    return Choice(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(unwanted)))


def _ranges(field: str, kind: FieldType, values: Sequence[str]) -> Ranges:
    wanted: list[ValueRange] = []
    unwanted: list[ValueRange] = []
    for value in values:
        text = value.strip()
        target = unwanted if text.startswith(NOT) else wanted
        target.append(_interval(field, kind, text.removeprefix(NOT).strip()))
    return Ranges(tuple(wanted), tuple(unwanted))


def _interval(field: str, kind: FieldType, text: str) -> ValueRange:
    if kind is FieldType.BOOLEAN:
        return _yes_or_no(field, text)
    read = _date if kind is FieldType.DATE else _number
    first, between, last = (part.strip() for part in text.partition(BETWEEN))
    if not between:
        return _read(field, kind, text, text, read)
    low = _read(field, kind, first, text, read).low if first else -math.inf
    high = _read(field, kind, last, text, read).high if last else math.inf
    if low > high:
        raise bad_question(
            f"the filter {_shown(field)} is from {_shown(first)} to {_shown(last)}, which ends"
            f" before it begins; write {_shown(f'{last}{BETWEEN}{first}')}."
        )
    return ValueRange(low, high)


def _read(
    field: str, kind: FieldType, part: str, text: str, read: Callable[[str], ValueRange | None]
) -> ValueRange:
    if (interval := read(part)) is None:
        raise _unreadable(field, kind, text)
    return interval


def _yes_or_no(field: str, text: str) -> ValueRange:
    if text == BETWEEN:
        return EVERYTHING
    folded = text.casefold()
    if folded not in (*_YES, *_NO):
        raise _unreadable(field, FieldType.BOOLEAN, text)
    value = float(folded in _YES)
    return ValueRange(value, value)


def _number(text: str) -> ValueRange | None:
    if not _NUMBER.fullmatch(text) or not math.isfinite(value := float(text)):
        return None
    return ValueRange(value, value)


def _date(text: str) -> ValueRange | None:
    """The whole of a year, month, day, minute or second."""
    match = _DATE.fullmatch(text)
    if not match:
        return None
    parts = match.groupdict()
    year, month = int(parts["year"]), int(parts["month"] or 1)
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    try:
        start = datetime(year, month, int(parts["day"] or 1), hour, minute, second, tzinfo=UTC)
        seconds = (start - _START).total_seconds() - _offset(parts["zone"])
        days = _first_of_next(year, month if parts["month"] else 12) - start.date().toordinal()
    except ValueError:
        return None
    length = 1.0 if parts["second"] else 60.0
    if not parts["hour"]:
        length = 86400.0 * (1 if parts["day"] else days)
    # Both ends are included, so that the next begins where this one has not ended.
    return ValueRange(seconds, math.nextafter(seconds + length, -math.inf))


def _first_of_next(year: int, month: int) -> int:
    """The ordinal of the first day after a month."""
    last = datetime(year, month, 28, tzinfo=UTC)
    if (year, month) == (9999, 12):
        return last.toordinal() + 4
    return (last + timedelta(days=4)).replace(day=1).toordinal()


def _offset(zone: str | None) -> float:
    """Seconds that a zone is ahead of UTC."""
    if zone in (None, "Z"):
        return 0.0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    # An address has a space for the plus that nobody wrote as %2B.
    return (-1 if zone[0] == "-" else 1) * (3600.0 * hours + 60 * minutes)


_EXAMPLES = {
    FieldType.NUMBER: ("a number", "10, 10..50, ..50 or 10.."),
    FieldType.DATE: ("a date", "2026, 2026-01, 2026-01-31 or 2026-01-01..2026-03"),
    FieldType.BOOLEAN: ("true or false", "true, false, yes, no, 1 or 0"),
}


def _unreadable(field: str, kind: FieldType, text: str) -> SearchError:
    what, example = _EXAMPLES[kind]
    return bad_question(
        f"the filter {_shown(field)} takes {what}, and {_shown(text)} is none; write it like"
        f" {example}."
    )


def _shown(text: str) -> str:
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")
