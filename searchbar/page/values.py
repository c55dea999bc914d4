"""Values as people write them: numbers with their unit, dates, ranges, and filters in use.

The page's script writes them in the same way; a test holds the two together.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from release_format.fields import Field, FieldType
from searchbar.page.locale import Locale

RANGE = ".."
_CURRENCIES = frozenset(
    [
        "AUD",
        "CAD",
        "CHF",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "NOK",
        "NZD",
        "PLN",
        "SEK",
        "USD",
        "Fr.",
        "Kč",
        "kr",
        "zł",
    ]
)
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_DATE = re.compile(r"([0-9]{4})(?:-([0-9][0-9])(?:-([0-9][0-9])(?:[T ].*)?)?)?")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_OVERRIDES = re.compile("[\u202d\u202e]")


def plain(text: str) -> str:
    """Text without the two characters that show the rest of a line backwards."""
    return _OVERRIDES.sub("", text)


def decimals(unit: str) -> int:
    """How many decimals an amount in this unit has at least: two of most currencies."""
    signs = [c for c in unit if unicodedata.category(c) == "Sc"]
    return 2 if unit in _CURRENCIES or (signs and not set(signs) & set("¥₩")) else 0


def digits(value: float) -> str:
    """A number of zero or more, whole, in figures: as an object of JavaScript writes it."""
    if value and not 1e-6 <= value < 1e16:
        return re.sub(r"(?<=e[+-])0+", "", repr(float(value)).replace(".0e", "e"))
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").removesuffix(".") if "." in text else text


def number(locale: Locale, value: float, unit: str = "", places: int = 0) -> str:
    """A number with its unit: `89.90 €`, `$89.90`; a year keeps its four figures together."""
    whole, point, part = digits(abs(value)).partition(".")
    if "e" not in whole + part:
        part = part.ljust(places, "0")
        whole = locale.grouped(whole) if unit or len(whole) > 4 else whole
        point = locale.number.decimal if part else ""
    text, sign = f"{whole}{point}{part}", "-" if value < 0 else ""
    if unit_first(locale, unit):
        return f"{sign}{unit}{text}"
    between = "\u00a0" if unit and unit not in locale.number.unit_close else ""
    return f"{sign}{text}{between}{unit}"


def unit_first(locale: Locale, unit: str) -> bool:
    """Whether a unit stands before its number, as `$` does in English."""
    return bool(unit) and unit[-1] in locale.number.unit_first


def date(locale: Locale, text: str) -> str:
    """A day, month or year: `2024-03-05` is 5 Mar 2024. What is none stays as it is."""
    match = _DATE.fullmatch(text)
    if not match or not 1 <= int(match[2] or 1) <= 12:
        return text
    year, month, day = match.groups()
    if not month:
        return year
    form, name = locale.date, locale.date.months[int(month) - 1]
    if not day:
        return form.month.format(month=name, year=year)
    return form.day.format(day=int(day), month=name, year=year)


def written(locale: Locale, field: Field, value: object, places: int = 0) -> str:
    """One value of an ordered field."""
    if field.type is FieldType.DATE:
        return plain(date(locale, str(value)))
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return plain(value)
        value = float(value) if "." in value else int(value)
    return number(locale, value, plain(field.unit), places)  # type: ignore[arg-type]


def ends(text: str) -> tuple[str, str]:
    """Where a range begins and ends; a plain value is a range of one."""
    low, dots, high = text.partition(RANGE)
    return (low.strip(), high.strip()) if dots else (text.strip(), text.strip())


def span(locale: Locale, field: Field, low: object, high: object) -> str:
    """A range: `10–50 €`, `from 10 €`, `up to 50 €`."""
    first, last = written(locale, field, low), written(locale, field, high)
    if low == high or low == "":
        return first if low == high else locale.text("values.up_to", value=last)
    if high == "":
        return locale.text("values.from", value=first)
    if field.type is FieldType.DATE:
        return f"{first} – {last}"
    unit = plain(field.unit)
    if unit and not unit_first(locale, unit):
        first = first.removesuffix(unit).removesuffix("\u00a0")
    return f"{first}–{last}"


def said(value: str) -> tuple[bool, str]:
    """Whether a filter's value is denied, and what it is: `!x` is not x, `!!x` is the text `!x`."""
    text = value.lstrip("!")
    signs = len(value) - len(text)
    return signs % 2 == 1, "!" * (signs // 2) + text


def asked(value: str) -> str:
    """How a filter asks for a value: every `!` that it begins with is written twice."""
    return "!" * (len(value) - len(value.lstrip("!"))) + value


def chip(locale: Locale, field: Field, value: str) -> str:
    """A filter in use, in words: `Price 10–50 €`, `In stock: yes`, `not graphics`."""
    if is_word(field):
        denied, text = said(value)
        return _not(locale, plain(text)) if denied else plain(text)
    denied, text = value.startswith("!"), value.removeprefix("!")
    if field.is_ordered:
        kind, word = "range", span(locale, field, *ends(text))
    else:
        known = _TRUTHS.get(text.lower())
        kind, word = "truth", plain(text) if known is None else truth(locale, known)
    word = _not(locale, word) if denied else word
    return locale.text(f"values.{kind}", field=plain(field.heading), value=word)


def is_word(field: Field) -> bool:
    """Whether a filter's value stands for itself, as `red` does; numbers and truths need a name."""
    return not field.is_ordered and field.type is not FieldType.BOOLEAN


def named(locale: Locale, field: Field, value: str) -> str:
    """A filter in use with its field's name: `Colour: red`, `Price 10–50 €`."""
    text = chip(locale, field, value)
    if not is_word(field):
        return text
    return locale.text("values.truth", field=plain(field.heading), value=text)


def truth(locale: Locale, value: bool) -> str:
    """Yes or no."""
    return locale.text("values.yes" if value else "values.no")


def _not(locale: Locale, text: str) -> str:
    return locale.text("values.not", value=text)
