"""Measures: a number and its unit, which people write as one word or as two, by several names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_UNITS = (
    "in inch inches zoll pouces pulgadas",
    "ft foot feet",
    "l liter liters litre litres litros",
    "ml milliliter millilitre",
    "m meter meters metre metres metros",
    "cm centimeter centimetre centimeters centimetres",
    "mm millimeter millimetre millimeters millimetres",
    "kg kilo kilos kilogram kilograms",
    "g gram grams gramm",
    "lb lbs pound pounds",
    "oz ounce ounces",
    "w watt watts",
    "v volt volts",
    "gb gigabyte gigabytes",
    "tb terabyte terabytes",
    "mah",
    "hz",
)
_LIKE = {unit: tuple(line.split()) for line in _UNITS for unit in line.split()}
_INCHES = re.compile('([0-9]{1,3})["\u2033\u201d]')
_MEASURE = re.compile(r"([0-9]{1,6})([a-z]{1,12})")


class Measure(NamedTuple):
    """A number, and the unit after it, in lower case."""

    number: str
    unit: str


def measure_in(word: str) -> Measure | None:
    """The measure that a word in lower case is: `10in`; none for any other word."""
    match = _MEASURE.fullmatch(word)
    return Measure(match[1], match[2]) if match and match[2] in _LIKE else None


def units_like(unit: str) -> tuple[str, ...]:
    """The names of a unit, the one that is asked for first."""
    return (unit, *(other for other in _LIKE[unit] if other != unit))


def inches_in(text: str) -> Iterator[str]:
    """The inches of a text that a sign says, as one word: `8"` is `8in`."""
    return (number + unit for number in _INCHES.findall(text) for unit in units_like("in"))
