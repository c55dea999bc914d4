"""State of values that change by the minute: what a release holds, with what a file says of it."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from release_format.fields import Field, FieldType, Schema
from release_format.items import Item
from searchbar.query.normalize import fold
from searchbar.retrieval.columns import NO_RANK, NUMBERS, Columns, Numbers, Ranks
from searchbar.retrieval.facets import Facets
from searchbar.retrieval.values.cells import Texts, column_read, shown_number
from searchbar.retrieval.values.table import SILENT, ValuesTable

# As long as a value may be that a release lets be filtered by.
LONGEST_FILTER = 100
MOST_IGNORED_NAMED = 50
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class FieldChange:
    """What a file says of one field: of which items, and what.

    Numbers, dates and booleans as their column holds them, keywords as texts; both along
    `positions`.
    """

    field: Field
    positions: Positions
    numbers: NDArray[np.float64]
    texts: Sequence[Texts]

    def value(self, position: int) -> tuple[bool, Any]:
        """Whether it says something of an item, and the value as an answer has it, or None."""
        place = int(np.searchsorted(self.positions, position))
        if place == len(self.positions) or self.positions[place] != position:
            return False, None
        if self.field.type in NUMBERS:
            return True, shown_number(float(self.numbers[place]), self.field.type)
        texts = self.texts[place]
        return True, (texts[0] if len(texts) == 1 else list(texts) or None)


@dataclass(frozen=True)
class ValuesState:
    """One state of all values: a question is answered by one from beginning to end.

    `columns` and `facets` are those of the release with the file's values in them. `number` counts
    the states; 0: no file was read, and all is as in the release. `left_out` counts cells that do
    not fit their field, `unknown` ids that the release has not, `broken` lines that are no row;
    `ignored` are columns that no file may change. `written_at` is when the file was last written,
    in seconds since 1970.
    """

    columns: Columns
    facets: Facets
    changes: Mapping[str, FieldChange] = field(default_factory=dict)
    number: int = 0
    written_at: float = 0.0
    rows: int = 0
    unknown: int = 0
    left_out: int = 0
    broken: int = 0
    ignored: Sequence[str] = ()

    @property
    def keywords(self) -> Collection[str]:
        """The fields whose values no index knows as they are now."""
        return [name for name, change in self.changes.items() if change.field.type not in NUMBERS]

    def now(self, item: Item, position: int) -> Item:
        """The item that stands here, with the values of now."""
        fields = dict(item.extra)
        for name, change in self.changes.items():
            is_changed, value = change.value(position)
            if is_changed:
                fields.pop(name, None)
                if value is not None:
                    fields[name] = value
        return replace(item, extra=fields) if fields != item.extra else item

    @property
    def age(self) -> float:
        """Seconds since the file was written."""
        return max(0.0, time.time() - self.written_at)

    def to_json(self) -> dict[str, Any] | None:
        """When the file was written and how long ago; None where there is none."""
        if not self.rows:
            return None
        written_at = datetime.fromtimestamp(self.written_at, UTC)
        return {
            "written_at": written_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "age_s": round(self.age, 1),
        }

    def described(self) -> dict[str, Any] | None:
        """What the file says and what of it does not count; None where there is none."""
        if (now := self.to_json()) is None:
            return None
        counts = {"rows": self.rows, "unknown": self.unknown, "left_out": self.left_out}
        ignored = [name[:64] for name in self.ignored[:MOST_IGNORED_NAMED]]
        return {**now, **counts, "broken": self.broken, "ignored": ignored}


def changes_of(
    table: ValuesTable, positions: Mapping[str, int], schema: Schema
) -> tuple[dict[str, FieldChange], int]:
    """What a table says of each field, and how many cells do not fit theirs."""
    present = [(positions[id], row) for id, row in table.rows.items() if id in positions]
    present.sort(key=itemgetter(0))
    changes, left_out = {}, 0
    for place, name in enumerate(table.names):
        own = schema.fields[name]
        read = column_read(own, (row[place] for _, row in present if place < len(row)))
        where: list[int] = []
        values: list[Any] = []
        for n, row in present:
            if place < len(row) and (cell := row[place]) is not SILENT:
                if (value := read(cell)) is None:
                    left_out += 1
                else:
                    where.append(n)
                    values.append(value)
        is_number = own.type in NUMBERS
        numbers = np.array(values if is_number else (), np.float64)
        texts = () if is_number else values
        changes[name] = FieldChange(own, np.array(where, np.int64), numbers, texts)
    return changes, left_out


def changed_columns(
    base: Columns, changes: Mapping[str, FieldChange], item_at: Callable[[int], Item], number: int
) -> Columns:
    """The columns of a release with these changes, as those of the state of this number."""
    values: dict[str, Numbers] = {}
    ranks: dict[str, Ranks] = {}
    for name, change in changes.items():
        if (held := base.values(name)) is not None and change.field.type in NUMBERS:
            values[name] = np.array(held)
            values[name][change.positions] = change.numbers
        elif (order := base.ranks(name)) is not None:
            texts = [_ordered_by(several) for several in change.texts]
            ranks[name] = _ranks_with(order, change.positions, texts, _text_reader(name, item_at))
    return base.with_changes(values, ranks, number)


def changed_facets(base: Facets, changes: Mapping[str, FieldChange]) -> Facets:
    """The facets of a release with these changes."""
    for name, change in changes.items():
        own = change.field
        if not (own.filter or own.facet) or own.type in (FieldType.NUMBER, FieldType.DATE):
            continue
        if own.type is FieldType.BOOLEAN:
            known: dict[float, Texts] = {0.0: ("false",), 1.0: ("true",)}
            texts = [known.get(number, ()) for number in change.numbers.tolist()]
        else:
            texts = [tuple(t for t in each if len(t) <= LONGEST_FILTER) for each in change.texts]
        base = base.with_values(name, change.positions, texts)
    return base


def _text_reader(name: str, item_at: Callable[[int], Item]) -> Callable[[int], str]:
    return lambda position: _ordered_by(item_at(position).extra.get(name, ""))


def _ordered_by(value: Any) -> str:
    """The text that the items of a field are ordered by."""
    several = value if isinstance(value, list | tuple) else [value]
    return fold("\t".join(str(each) for each in several))


def _ranks_with(
    ranks: Ranks, positions: Positions, texts: Sequence[str], text_at: Callable[[int], str]
) -> Ranks:
    """Ranks in which these items have these texts; of the others few texts are read."""
    holders = np.flatnonzero(ranks != NO_RANK)
    known, examples = np.unique(ranks[holders], return_index=True)
    order = range(len(known))
    places, before = {"": NO_RANK}, list[int]()
    for text in sorted(set(texts) - {""}):
        place = bisect_left(order, text, key=lambda n: text_at(int(holders[examples[n]])))
        places[text] = place + len(before)
        if place == len(known) or text_at(int(holders[examples[place]])) != text:
            before.append(place)
    moved = np.arange(len(known))
    moved += np.searchsorted(np.array(before, np.int64), moved, side="right")
    changed = np.full(len(ranks), NO_RANK, np.uint32)
    changed[holders] = moved[np.searchsorted(known, ranks[holders])]
    changed[positions] = [places[text] for text in texts]
    return changed
