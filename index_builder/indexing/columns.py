"""The typed columns of items, of which only what changed since live is read."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_builder.indexing.lexical import MOST_CHANGED
from index_builder.unchanged import CHANGED
from release_format.fields import Field, FieldType, Schema
from release_format.items import FIELDS, Items, own_fields
from searchbar.query.normalize import fold
from searchbar.retrieval.columns import NO_RANK, NUMBERS, TABLE, Columns, Numbers, Ranks

# Columns of every release, whatever its catalogue declares.
OURS = {
    "id": FieldType.KEYWORD,
    "title": FieldType.TEXT,
    "language": FieldType.KEYWORD,
    "updated_at": FieldType.DATE,
}

Positions = NDArray[np.int64]
Row = Mapping[str, Any]
Values = dict[str, Any]


@dataclass(frozen=True)
class LiveColumns:
    """The columns of live, its items, and where live has every item (or CHANGED)."""

    columns: Columns
    items: Items
    places: Positions


@dataclass(frozen=True)
class _Column:
    """One column to write."""

    name: str
    type: FieldType

    @property
    def is_number(self) -> bool:
        return self.type in NUMBERS

    def text(self, row: Row) -> str:
        """What an item is ordered by."""
        return _text((row if self.name in OURS else own_fields(row)).get(self.name))


def write(
    directory: Path, items: Items, schema: Schema | None = None, live: LiveColumns | None = None
) -> None:
    """Write `columns/` for items in their order: those that a field filters, sorts or ranks by.

    Where little changed, what live holds of the other items is taken over, which must have written
    its columns by the same fields.
    """
    directory.mkdir(parents=True, exist_ok=True)
    wanted = list(_wanted(schema or Schema()))
    held = _held(live, wanted) if live else {}
    make = _beside(items, live, held, wanted) if live and held else _whole(items, wanted)
    table = []
    for number, column in enumerate(wanted):
        file = f"{number}.npy" if column.is_number else f"{number}.rank.npy"
        np.save(directory / file, make(column))
        table.append({"name": column.name, "type": column.type.value, "file": file})
    text = json.dumps(table, ensure_ascii=True, indent=1) + "\n"
    (directory / TABLE).write_text(text, encoding="utf-8")


def _wanted(schema: Schema) -> Iterator[_Column]:
    """The columns of a release: ours, and those that a use of a field asks for."""
    yield from (_Column(name, kind) for name, kind in OURS.items())
    ranked = {schema.group_by, schema.rank.by.removeprefix("-") if schema.rank else ""}
    for field in schema:
        if field.name not in FIELDS and (field.name in ranked or _is_asked(field)):
            yield _Column(field.name, field.type)


def _is_asked(field: Field) -> bool:
    """Whether a field needs a column: texts are filtered and counted by their words."""
    return field.sort or (field.type in NUMBERS and (field.filter or field.facet))


def _held(live: LiveColumns, wanted: Sequence[_Column]) -> dict[str, NDArray[Any]]:
    """The columns of live by name, where it has them all and little changed since; else none."""
    if np.count_nonzero(live.places == CHANGED) > MOST_CHANGED * len(live.places):
        return {}
    of = {True: live.columns.values, False: live.columns.ranks}
    held = {column.name: of[column.is_number](column.name) for column in wanted}
    present = {name: array for name, array in held.items() if array is not None}
    return present if len(present) == len(held) else {}


def _values(rows: Iterable[Row], wanted: Iterable[_Column]) -> Values:
    """By column, the number or the text that each item has, in their order."""
    values: Values = {each.name: array("d") if each.is_number else [] for each in wanted}
    # This runs once for every value of a catalogue: whatever can be is looked up before.
    steps = [
        (each.name, each.name in OURS, NUMBERS.get(each.type, _text), values[each.name].append)
        for each in wanted
    ]
    for row in rows:
        own = own_fields(row)
        for name, is_ours, read, add in steps:
            add(read((row if is_ours else own).get(name)))
    return values


def _text(value: Any) -> str:
    """What orders an item: of several texts, the first and then the next."""
    if isinstance(value, str):
        return value
    several = value if isinstance(value, list) else [value]
    return "\t".join(str(each) for each in several if each is not None)


def _whole(items: Items, wanted: Sequence[_Column]) -> Callable[[_Column], Numbers | Ranks]:
    values = _values(items.rows(), wanted)

    def make(column: _Column) -> Numbers | Ranks:
        held = values[column.name]
        return np.array(held, np.float64) if column.is_number else _ranked(held)

    return make


def _ranked(texts: Sequence[str]) -> Ranks:
    """The place of each text among the different ones, (texts,); NO_RANK for an empty one."""
    # Ids come sorted, and what keeps its order is sorted in no time.
    folded = {text: fold(text) for text in dict.fromkeys(texts)}
    order = sorted(dict.fromkeys(key for key in folded.values() if key))
    ranks = {"": NO_RANK} | {key: rank for rank, key in enumerate(order)}
    of_text = {text: ranks[key] for text, key in folded.items()}
    return np.fromiter(map(of_text.__getitem__, texts), np.uint32, len(texts))


def _beside(
    items: Items, live: LiveColumns, held: Mapping[str, NDArray[Any]], wanted: Sequence[_Column]
) -> Callable[[_Column], Numbers | Ranks]:
    """Makes columns of what live holds, and of the items that it does not have."""
    is_changed = live.places == CHANGED
    changed = (json.loads(items.line(position)) for position in np.flatnonzero(is_changed).tolist())
    values = _values(changed, wanted)

    # The same few items stand in the middle of every order.
    @cache
    def live_row(place: int) -> Row:
        row: Row = json.loads(live.items.line(place))
        return row

    def make(column: _Column) -> Numbers | Ranks:
        if column.is_number:
            numbers: Numbers = held[column.name][live.places]
            numbers[is_changed] = values[column.name]
            return numbers
        ranks = np.full(len(items), NO_RANK, np.uint32)
        order = _Order(
            held[column.name],
            live.places[~is_changed],
            lambda place: fold(column.text(live_row(place))),
        )
        texts = [fold(text) for text in values[column.name]]
        ranks[~is_changed], ranks[is_changed] = order.with_texts(texts)
        return ranks

    return make


class _Order:
    """The texts of live's items that are still there, in their order, of which few need be read."""

    def __init__(self, ranks: Ranks, places: Positions, text_at: Callable[[int], str]) -> None:
        """The ranks that live has, where it has the items, and how to read the text of one."""
        self._has_text = ranks[places] != NO_RANK
        used, first, self._ranks = np.unique(
            ranks[places][self._has_text], return_index=True, return_inverse=True
        )
        self._count = len(used)
        self._examples, self._text_at = places[self._has_text][first].tolist(), text_at

    def with_texts(self, texts: Sequence[str]) -> tuple[Ranks, Ranks]:
        """The ranks of live's items and of these texts, once they stand in one order."""
        found = {text: self._find(text) for text in sorted(set(texts) - {""})}
        new = {text: place for text, (place, is_known) in found.items() if not is_known}
        known = np.arange(self._count)
        known += np.searchsorted(np.array(list(new.values()), np.int64), known, side="right")
        ranks = {"": NO_RANK} | {
            text: int(known[place]) for text, (place, is_known) in found.items() if is_known
        }
        ranks |= {text: place + before for before, (text, place) in enumerate(new.items())}
        of_live = np.full(len(self._has_text), NO_RANK, np.uint32)
        of_live[self._has_text] = known[self._ranks]
        return of_live, np.array([ranks[text] for text in texts], np.uint32)

    def _find(self, text: str) -> tuple[int, bool]:
        """Where a text stands among those of live, and whether it is one of them."""
        place = bisect_left(range(self._count), text, key=self._text_of)
        return place, place < self._count and self._text_of(place) == text

    def _text_of(self, place: int) -> str:
        return self._text_at(self._examples[place])
