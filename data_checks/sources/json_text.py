"""JSON of a catalogue: its values, and what makes one of them no row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from data_checks.sources.row import Row

# Values may lie so deep inside each other; what writes them again goes as deep.
DEEPEST = 300
# What Python makes a number of; longer ones stay the texts that they are.
MOST_DIGITS = 4_000
MOST_SHOWN = 4_000
TOO_DEEP = "has lists or objects that lie too deep inside each other"


class DoubledObject(dict[str, Any]):
    """An object in which a key stands twice, so that one of its values is lost."""

    def __init__(self, values: dict[str, Any], key: str) -> None:
        super().__init__(values)
        self.fault = f"has the key {key!r} twice"


def parsed(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is no JSON.
        RecursionError: its lists and objects lie too deep inside each other.
    """
    return json.loads(text, object_pairs_hook=_object, parse_int=_whole)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    names = [name for name, _ in pairs]
    return DoubledObject(values, next(name for name in names if names.count(name) > 1))


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= MOST_DIGITS else digits


def json_row(place: str, value: Any, source: str = "") -> Row:
    """The row of a JSON value; one that is no object, or loses something, is broken.

    Args:
        place: where it stands, for people.
        value: what `parsed` made of it.
        source: the text that it was made of, where that is at hand.
    """
    if not isinstance(value, dict):
        shown = "[…]" if isinstance(value, list) else value
        return Row(place, {"line": source or shown}, "is JSON, but not an object")
    if fault := fault_of(value):
        return Row(place, {"line": source or ", ".join(value)[:MOST_SHOWN]}, fault)
    return Row(place, value)


def fault_of(value: Any) -> str:
    """What is wrong with a value, or anywhere inside it; empty where nothing is."""
    level: list[Any] = [value]
    for _ in range(DEEPEST + 1):
        inner: list[Any] = []
        for entry in level:
            if isinstance(entry, DoubledObject):
                return entry.fault
            if isinstance(entry, dict):
                inner += entry.values()
            elif isinstance(entry, list):
                inner += entry
        if not (level := [entry for entry in inner if isinstance(entry, dict | list)]):
            return ""
    return TOO_DEEP
