"""Reading of one value by its type: numbers, dates, booleans and addresses as people write them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from release_format.fields import FieldType

Value = str | int | float | bool | list[str]
Raw = str | Sequence[str]

TEXTS = (FieldType.TEXT, FieldType.KEYWORD)
# Longer ones are no number, date or word for yes or no.
LONGEST = 64
# What every program that reads JSON holds exactly; longer ones are codes.
MOST_DIGITS = 15
# What a program or a person writes where there is nothing; texts keep it.
NOTHING = frozenset(
    (
        *("-", "--", "–", "—", "?", "n/a", "n.a.", "na", "nan", "nil", "none", "null", "unknown"),
        *("not available", "not found", "keine angabe", "k.a.", "nicht verfügbar", "unbekannt"),
        *("non disponible", "no disponible", "tidak tersedia", "нет данных", "inconnu", "#n/a"),
        *("inf", "-inf", "infinity", "-infinity"),
    )
)

_CURRENCIES = (
    "AED|ARS|AUD|BDT|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KES"
    "|KRW|LKR|MAD|MXN|MYR|NGN|NOK|NZD|PEN|PHP|PKR|PLN|RON|RSD|RUB|SAR|SEK|SGD|THB|TND|TRY|TWD|UAH"
    "|USD|UYU|VND|XAF|XOF|ZAR"
)
_CURRENCY = (
    rf"(?:[A-Z]{{0,3}}[$€£¥₹₽₺₩₪₫₴₦฿₱₲₵₡₸৳]|{_CURRENCIES}|Fr\.|kr\.?|Rs\.?|zł|Rp\.?|RM|S/\.?"
    r"|F[Cc][Ff][Aa]|Kč|Ft|lei|TL|руб\.?|р\.)"
)
_MONEY = re.compile(_CURRENCY)
_NUMBER = re.compile(
    rf"(?P<sign>[+\-\u2212]?)(?P<before>{_CURRENCY}?)\s?(?P<late_sign>[+\-\u2212]?)"
    r"(?P<digits>[0-9]+(?:[.,'\u2019\s][0-9]+)*|[.,][0-9]+)(?P<exponent>e[+-][0-9]{1,3})?"
    r"\s?(?P<after>[^\W\d_][^\d\n;:|]{0,11}|[^\w\s.,;:|\\\-+'\u2019][^\d\n;:|]{0,7})?"
)
# As India parts them: 12,34,567.
_LAKHS = "|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"
_THOUSANDS = {".": r"[,'\u2019\s]", ",": r"[.'\u2019\s]"}
_BODIES = {
    decimal: re.compile(
        rf"(?:[0-9]+|(?!0)[0-9]{{1,3}}(?P<mark>{marks})[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*"
        rf"{_LAKHS if decimal == '.' else ''})?"
        rf"(?:{re.escape(decimal)}[0-9]+)?"
    )
    for decimal, marks in _THOUSANDS.items()
}
# What stands for no cents: 5,–
_EVEN = re.compile(r"(?<=[0-9])[.,][-\u2013\u2014]{1,2}(?=\D*$)")
_ZONE = r"Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d"
_TIME = (
    r"(?:[T ]\s?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    rf"\s?(?P<half>[AaPp][Mm])?\s?(?P<zone>{_ZONE})?)?"
)
_ISO = re.compile(rf"(?P<year>\d{{4}})([-/])(?P<month>\d\d)\2(?P<day>\d\d){_TIME}", re.ASCII)
_LOCAL = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<mark>[./-])(?P<second_number>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}),?{_TIME}",
    re.ASCII,
)
_URL = re.compile(r"(?:https?|ftps?)://[^\s/?#@\"'<>\\]+(?:[/?#][^\s\"<>\\]*)?", re.IGNORECASE)
_IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?)(?:[?#]|$)", re.IGNORECASE)
_BETWEEN_URLS = re.compile(r"[|;,\s]+(?=(?:https?|ftps?)://)", re.IGNORECASE)

_YES = "true yes y t on 1 ja wahr oui vrai sí si sì sim vero tak"
_NO = "false no n f off 0 nein falsch non faux não nao falso nee nej nei nie"
BOOLEAN_WORDS: Mapping[str, bool] = MappingProxyType(
    {word: words is _YES for words in (_YES, _NO) for word in words.split()}
)
DMY, MDY = "dmy", "mdy"


@dataclass(frozen=True)
class Reading:
    """How the values of one column are read: by its type, and by what the whole column told.

    `decimal` and `unit` are a number's, `order` (of day and month, where dates are not ISO) and
    `date_only` (no value has a time) a date's; `separator` parts a text that holds several.
    """

    type: FieldType
    decimal: str = "."
    unit: str = ""
    order: str = ""
    date_only: bool = False
    separator: str = ""

    def value(self, raw: Raw) -> Value | None:
        """The typed value; None where it does not fit."""
        parts = self._parts(raw)
        if not parts:
            return None
        if self.type in TEXTS:
            return parts[0] if len(parts) == 1 else parts
        if self.type in (FieldType.URL, FieldType.IMAGE):
            if not all(is_url(part) for part in parts):
                return None
            return parts[0] if len(parts) == 1 else parts
        return self._single(parts[0]) if len(parts) == 1 else None

    def _parts(self, raw: Raw) -> list[str]:
        """The different texts of a value, in their order."""
        several = [raw] if isinstance(raw, str) else list(raw)
        if self.type in (FieldType.URL, FieldType.IMAGE):
            several = [part for text in several for part in urls_of(text)]
        elif self.separator and self.type in TEXTS:
            several = [part for text in several for part in parted(text, self.separator)]
        return list(dict.fromkeys(several))

    def _single(self, text: str) -> Value | None:
        if self.type is FieldType.NUMBER:
            return number(text, self.decimal, self.unit)
        if self.type is FieldType.DATE:
            return date(text, self.order, date_only=self.date_only)
        return BOOLEAN_WORDS.get(text.casefold())


def says_nothing(raw: Raw) -> bool:
    """Whether a value stands for none, in a column that holds no texts."""
    return not raw or (isinstance(raw, str) and len(raw) <= LONGEST and raw.casefold() in NOTHING)


@dataclass(frozen=True)
class NumberText:
    """A number as it is written: its sign, its digits with their marks, and its unit."""

    sign: str
    digits: str
    exponent: str
    unit: str

    def fits(self, decimal: str) -> bool:
        """Whether the marks between the digits are right where this is the decimal one."""
        return _BODIES[decimal].fullmatch(self.digits) is not None


def number_text(text: str) -> NumberText | None:
    """The parts of what may be a number, or None."""
    match = _NUMBER.fullmatch(_EVEN.sub("", text)) if len(text) <= LONGEST else None
    if match is None or (match["sign"] and match["late_sign"]):
        return None
    before, after = match["before"] or "", (match["after"] or "").strip()
    digits = match["digits"]
    is_code = digits.isdigit() and digits.startswith("0") and len(digits) > 1
    if (before and after) or (is_code and (before or after)):
        return None
    sign = "-" if (match["sign"] or match["late_sign"]) in ("-", "\u2212") else ""
    return NumberText(sign, digits, match["exponent"] or "", before or after)


def number(text: str, decimal: str, unit: str = "") -> int | float | None:
    """A number with this decimal mark; its unit may be missing, but no other one.

    A whole one is an int, so that 30.0 and 30 are the same.
    """
    parts = number_text(text)
    if parts is None or parts.unit not in ("", unit) or not parts.fits(decimal):
        return None
    digits = re.sub(_THOUSANDS[decimal], "", parts.digits).replace(decimal, ".")
    if digits.isdigit() and not parts.exponent:
        return int(parts.sign + digits) if len(digits) <= MOST_DIGITS else None
    value = float(f"{parts.sign}{digits}{parts.exponent}")
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def is_currency(unit: str) -> bool:
    """Whether a unit is money."""
    return _MONEY.fullmatch(unit) is not None


def date(text: str, order: str = "", *, date_only: bool = False) -> str | None:
    """A date as it is sealed: its day, or with a time the moment in UTC.

    `order`: DMY or MDY, for dates that are not ISO. Without a zone it is UTC.
    """
    if len(text) > LONGEST or not text[:1].isdigit():
        return None
    if match := _ISO.fullmatch(text):
        day = (match["year"], match["month"], match["day"])
    elif order and (match := _LOCAL.fullmatch(text)):
        is_day_first = order == DMY
        first, second = match["first"], match["second_number"]
        day = (match["year"], second, first) if is_day_first else (match["year"], first, second)
    else:
        return None
    try:
        moment = _moment(match, *map(int, day))
    except (ValueError, OverflowError):
        return None
    if match["hour"] is None or date_only:
        return moment.date().isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def _moment(match: re.Match[str], year: int, month: int, day: int) -> datetime:
    hour, zone = int(match["hour"] or 0), match["zone"] or "Z"
    if half := match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + 12 * (half.lower() == "pm")
    text = (
        f"{year:04}-{month:02}-{day:02}T{hour:02}:{match['minute'] or '00'}"
        f":{match['second'] or '00'}{'Z' if zone in ('UTC', 'GMT') else zone}"
    )
    return datetime.fromisoformat(text).astimezone(UTC)


def urls_of(text: str) -> list[str]:
    """The addresses in a text that holds nothing else."""
    return _BETWEEN_URLS.split(text)


def is_url(text: str) -> bool:
    """Whether it is a web address that can be shown as a link."""
    return _URL.fullmatch(text) is not None


def is_image(text: str) -> bool:
    """Whether it is the address of a picture, by its ending."""
    return is_url(text) and _IMAGE.search(text) is not None


def parted(text: str, separator: str) -> list[str]:
    """The parts of a text that holds several; itself where there are none."""
    return [word for part in text.split(separator) if (word := part.strip())] or [text]
