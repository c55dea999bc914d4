"""Histograms: values in a few buckets whose bounds are round numbers, days, months or years."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_BUCKETS = 12
# A step is no smaller part of the numbers than this, or their bounds could not be told apart.
LEAST_STEP = 1e-12
# How many days, months and years a bucket may hold; longer ones are 1-2-5 times a power of ten.
_DAYS, _MONTHS = (1, 2, 5, 10), (1, 2, 3, 6)
_START = datetime(1970, 1, 1, tzinfo=UTC)
# Of the years that a date is written with, as days since 1970.
_FIRST_DAY, _LAST_DAY = (day.toordinal() - _START.toordinal() for day in (date.min, date.max))

Numbers = NDArray[np.float64]
Steps = NDArray[np.int64]


@dataclass(frozen=True)
class Buckets:
    """The bucket of every value, (values,), and each bucket's bounds as they are shown."""

    places: Steps
    bounds: list[tuple[Any, Any]]


def number_buckets(values: Numbers) -> Buckets:
    """Buckets of numbers; one holds those from its first bound up to, but not, its second.

    Args:
        values: at least one, all finite.
    """
    low, high = float(values.min()), float(values.max())
    is_whole = bool((values == np.floor(values)).all())
    for step, digits in _number_steps(low, high):
        if is_whole and step < 1:
            continue
        first, last = _steps_to(np.array([low, high]), step).tolist()
        if last - first < MOST_BUCKETS:
            places = np.clip(_steps_to(values, step) - first, 0, last - first)
            edges = [_edge(number * step, digits) for number in range(first, last + 2)]
            return Buckets(places, list(pairwise(edges)))
    raise AssertionError("a step as great as the numbers leaves two buckets")


def _steps_to(values: Numbers, step: float) -> Steps:
    """How many whole steps lie below each number; 0.35 / 0.05 is meant to be seven of them."""
    steps = values / step
    nearest = np.round(steps)
    is_on_step = np.abs(steps - nearest) <= 1e-9 + 1e-15 * np.abs(steps)
    return np.where(is_on_step, nearest, np.floor(steps)).astype(np.int64)


def _number_steps(low: float, high: float) -> Iterator[tuple[float, int]]:
    """Steps of 1, 2 and 5 times a power of ten, from small ones up, with the digits they need."""
    greatest = max(abs(low), abs(high), 1e-300)
    least = max(high / MOST_BUCKETS - low / MOST_BUCKETS, greatest * LEAST_STEP, 1e-300)
    exponent = math.floor(math.log10(least))
    while exponent <= 308:
        for factor in (1, 2, 5):
            # As it is written, to be as exact as the number that people read.
            step = float(f"{factor}e{exponent}")
            if math.isfinite(step):
                yield step, max(0, -exponent)
        exponent += 1
    yield sys.float_info.max, 0


def _edge(value: float, digits: int) -> int | float:
    most = sys.float_info.max
    return shown_number(round(max(-most, min(value, most)), digits))


def date_buckets(values: Numbers) -> Buckets:
    """Buckets of dates; one holds every moment from its first day to its last.

    Args:
        values: at least one, in seconds since 1970 in UTC.
    """
    moments = np.floor(values).astype(np.int64).astype("datetime64[s]")
    for unit, sizes in (("D", _DAYS), ("M", _MONTHS), ("Y", _year_sizes())):
        numbers = moments.astype(f"datetime64[{unit}]").astype(np.int64)
        for size in sizes:
            # Years are counted from 1970, and divided as the calendar writes them.
            counted = numbers + 1970 if unit == "Y" else numbers
            first, last = int(counted.min()) // size, int(counted.max()) // size
            if last - first < MOST_BUCKETS:
                edges = [_first_day(unit, number * size) for number in range(first, last + 2)]
                bounds = [
                    (_shown_day(start), _shown_day(end - 1)) for start, end in pairwise(edges)
                ]
                return Buckets(counted // size - first, bounds)
    raise AssertionError("a step of 10,000 years holds every date")


def _year_sizes() -> Iterator[int]:
    return (factor * power for power in (1, 10, 100, 1000, 10000) for factor in (1, 2, 5))


def _first_day(unit: str, number: int) -> int:
    """The day on which a bucket begins, as days since 1970."""
    if unit == "D":
        return number
    months = number if unit == "M" else (number - 1970) * 12
    return int(np.datetime64(months, "M").astype("datetime64[D]").astype(np.int64))


def _shown_day(day: int) -> str:
    return str(np.datetime64(max(_FIRST_DAY, min(day, _LAST_DAY)), "D"))


def shown_number(value: float) -> int | float:
    """A number as JSON has it: without a fraction where it has none."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def shown_date(seconds: float) -> str:
    """A date as a release seals it: with its time where it has one."""
    moment = _START + timedelta(seconds=math.floor(seconds))
    is_day = moment.time().isoformat() == "00:00:00"
    text = moment.replace(tzinfo=None).isoformat()
    return text[:10] if is_day else f"{text}Z"
