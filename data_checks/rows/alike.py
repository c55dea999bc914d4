"""Likeness of two values of one field whose types differ: 89.9 is what "89.90 €" says."""

from __future__ import annotations

from typing import Any

from data_checks.canonical_text import text
from release_format.typed_values import BOOLEAN_WORDS, DMY, MDY, date, number, number_text

SEPARATORS = "|;,"


def alike(old: Any, new: Any) -> bool:
    """Whether two values of one field say the same, though one was sealed under another type."""
    if old == new:
        return True
    if isinstance(old, str) and isinstance(new, str):
        return bool(_dates(old) & _dates(new))
    if isinstance(old, list) or isinstance(new, list):
        return bool(_lists(old) & _lists(new))
    return bool(_meanings(old) & _meanings(new))


def _meanings(value: Any) -> set[object]:
    """What a number, a boolean or a text may say."""
    if not isinstance(value, str):
        return {value}
    parts = number_text(value)
    unit = parts.unit if parts else ""
    meanings: set[object] = {number(value, decimal, unit) for decimal in ".,"}
    meanings.add(BOOLEAN_WORDS.get(value.casefold()))
    return meanings - {None}


def _dates(value: str) -> set[str]:
    """The days or moments that a text may say; midnight is the day."""
    dates = {date(value, order) for order in (DMY, MDY)} - {None}
    return {day.removesuffix("T00:00:00Z") for day in dates if day}


def _lists(value: Any) -> set[tuple[str, ...]]:
    if isinstance(value, list):
        return {tuple(sorted({text(part) for part in value}))}
    whole = text(value)
    parted = {tuple(sorted({*map(str.strip, whole.split(mark))} - {""})) for mark in SEPARATORS}
    return parted | {tuple(whole.split())}
