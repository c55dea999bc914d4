"""Facet counts: how many of some items have each value, and how numbers and dates spread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from release_format.fields import FieldType
from searchbar.fields.histogram import (
    Buckets,
    Numbers,
    date_buckets,
    number_buckets,
    shown_date,
    shown_number,
)
from searchbar.query.normalize import begins, forms
from searchbar.retrieval.columns import NUMBERS, Columns
from searchbar.retrieval.facets import Facets
from searchbar.retrieval.result_set import Positions

MOST_VALUES = 50

Facet = Mapping[str, Any]
Groups = NDArray[np.int64]


class FacetCounter:
    """Counts the values of a release's items; of variants of one thing, the things."""

    def __init__(self, facets: Facets) -> None:
        self._facets = facets

    def counts(
        self,
        positions: Positions,
        fields: Mapping[str, FieldType] | None,
        columns: Columns,
        groups: Groups | None = None,
    ) -> dict[str, Facet]:
        """The facets of some items, by field.

        Args:
            positions: where the items stand, each once.
            fields: those to count, in their order, with their types; None for every keyword.
            columns: the numbers, dates and booleans.
            groups: the group of each of the items, (positions,); one counts once.
        """
        if fields is None:
            values = self._values(positions, None, groups)
            return {name: {"values": counts} for name, counts in values.items()}
        keywords = [name for name, kind in fields.items() if kind not in NUMBERS]
        values = self._values(positions, keywords, groups)
        facets: dict[str, Facet] = {}
        for name, kind in fields.items():
            if name in values:
                facets[name] = {"values": values[name]}
            elif (column := columns.values(name)) is not None:
                facets |= _spread(name, kind, column[positions], groups)
        return facets

    def values(
        self, field: str, positions: Positions, prefix: str = "", groups: Groups | None = None
    ) -> tuple[dict[str, int], int]:
        """The most frequent values of one field that begin so, or that have a word which does.

        Case, spaces, accents and signs do not count. With them, how many such values there are.
        """
        counts = self._bincount(positions, groups)
        numbers = self._facets.numbers_of(field)
        present = numbers[counts[numbers] > 0]
        typed = forms(prefix)
        if typed[0]:
            values = (forms(self._facets.values[number][1]) for number in present.tolist())
            begun = [begins(value, typed, before=" ") for value in values]
            present = present[np.array(begun, np.bool_)]
        order = np.argsort(-counts[present], kind="stable")[:MOST_VALUES]
        shown = present[order].tolist()
        return {self._facets.values[n][1]: int(counts[n]) for n in shown}, len(present)

    def _values(
        self, positions: Positions, fields: Iterable[str] | None, groups: Groups | None
    ) -> dict[str, dict[str, int]]:
        counts = self._bincount(positions, groups)
        present = np.flatnonzero(counts)
        if fields is not None:
            places = [self._facets.names[name] for name in fields if name in self._facets.names]
            is_shown = np.zeros(len(self._facets.names), np.bool_)
            is_shown[places] = True
            present = present[is_shown[self._facets.fields[present]]]
        present = present[np.argsort(-counts[present], kind="stable")]
        if len(present) > MOST_VALUES:
            present = self._first_of_each_field(present)
        values: dict[str, dict[str, int]] = {"topic": {}}
        for number in present.tolist():
            field, value = self._facets.values[number]
            values.setdefault(field, {})[value] = int(counts[number])
        return values

    def _first_of_each_field(self, numbers: Positions) -> Positions:
        """Of each field no more values than are shown, in the order in which they come."""
        fields = self._facets.fields[numbers]
        by_field = np.argsort(fields, kind="stable")
        ordered = fields[by_field]
        place = np.arange(len(numbers)) - np.searchsorted(ordered, ordered)
        return numbers[np.sort(by_field[place < MOST_VALUES])]

    def _bincount(self, positions: Positions, groups: Groups | None) -> NDArray[np.int64]:
        """How many of these items, or of their groups, have each value, (values,)."""
        each, numbers = self._facets.numbers_at(positions)
        owned = numbers if groups is None else _distinct(np.repeat(groups, each), numbers)
        return np.bincount(owned, minlength=len(self._facets.values))


def _spread(
    name: str, kind: FieldType, values: Numbers, groups: Groups | None
) -> Mapping[str, Facet]:
    """The facet of a number, date or boolean; none where no item has one."""
    is_there = ~np.isnan(values)
    if not is_there.any():
        return {}
    values, owners = values[is_there], None if groups is None else groups[is_there]
    if kind is FieldType.BOOLEAN:
        yes = _counted((values > 0).astype(np.int64), 2, owners)
        pairs = sorted((("true", yes[1]), ("false", yes[0])), key=lambda pair: -pair[1])
        return {name: {"values": {text: count for text, count in pairs if count}}}
    is_date = kind is FieldType.DATE
    shown: Any = shown_date if is_date else shown_number
    buckets = date_buckets(values) if is_date else number_buckets(values)
    ends = {"min": shown(float(values.min())), "max": shown(float(values.max()))}
    return {name: {**ends, "histogram": _histogram(buckets, owners)}}


def _histogram(buckets: Buckets, owners: Groups | None) -> list[Mapping[str, Any]]:
    counts = _counted(buckets.places, len(buckets.bounds), owners)
    return [
        {"from": low, "to": high, "count": count}
        for (low, high), count in zip(buckets.bounds, counts, strict=True)
    ]


def _counted(places: NDArray[np.int64], many: int, owners: Groups | None) -> list[int]:
    if owners is not None:
        places = _distinct(owners, places)
    counts: list[int] = np.bincount(places, minlength=many).tolist()
    return counts


def _distinct(owners: Groups, values: NDArray[Any]) -> NDArray[np.int64]:
    """The values of owners, each once for each."""
    if not len(values):
        return np.empty(0, np.int64)
    order = np.lexsort((values, owners))
    owners, values = owners[order], values[order]
    is_first = np.ones(len(values), np.bool_)
    is_first[1:] = (owners[1:] != owners[:-1]) | (values[1:] != values[:-1])
    return values[is_first].astype(np.int64)
