"""Unchanged items: where live has the items of a snapshot, letter by letter the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from release_format.fields import Field, Schema
from release_format.items import Items, id_of

CHANGED = -1


def places_in_live(items: Items, live: Items) -> NDArray[np.int64]:
    """The position in live of every item, (items,); CHANGED for new items and for other texts.

    Both are sorted by id, so one line of each is held at a time, and an id is read only where two
    lines differ.
    """
    places = np.full(len(items), CHANGED, np.int64)
    live_lines = enumerate(live.lines())
    place, live_line = next(live_lines, (CHANGED, b""))
    for position, line in enumerate(items.lines()):
        while live_line and live_line != line and id_of(live_line) < id_of(line):
            place, live_line = next(live_lines, (CHANGED, b""))
        if live_line == line:
            places[position] = place
            place, live_line = next(live_lines, (CHANGED, b""))
    return places


def indexes_alike(schema: Schema | None, other: Schema | None) -> bool:
    """Whether the same item is indexed the same by two schemas: only what is shown may differ."""
    one, two = ([_indexed(field) for field in each or ()] for each in (schema, other))
    uses = [(each.group_by, each.rank) if each else ("", None) for each in (schema, other)]
    return (one, uses[0], schema is None) == (two, uses[1], other is None)


def _indexed(field: Field) -> Field:
    return replace(field, show=0, label="", unit="", inferred=True)
