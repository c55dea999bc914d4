"""Facets: how many of some items have each value that can be filtered by."""

from __future__ import annotations

import itertools
import json
from array import array
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from release_format.items import read_offsets, write_offsets
from searchbar.errors import Cause, SearchError
from searchbar.retrieval.ranges import places

VALUES, OFFSETS, NUMBERS = "facets.json", "facets.offsets", "facets.npy"

Numbers = NDArray[np.uint32]


class FacetWriter:
    """Collects each item's values as rows; goes on after those that are known, if given."""

    def __init__(self, known: Facets | None = None) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._of_items, self._offsets = array("I"), array("Q", [0])
        if known:
            self._numbers = {value: number for number, value in enumerate(known.values)}
            self._of_items = array("I", known.numbers.tobytes())
            self._offsets = array("Q", known.offsets.tobytes())

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def add(self, values: Mapping[str, Sequence[str]]) -> None:
        """The values of the next item."""
        for field, several in values.items():
            for value in dict.fromkeys(several):
                self._of_items.append(self._numbers.setdefault((field, value), len(self._numbers)))
        self._offsets.append(len(self._of_items))

    def write(self, directory: Path, rows: NDArray[np.int64] | None = None) -> None:
        """Write the three files; with `rows` only these, in this order."""
        values = list(self._numbers)
        offsets = np.frombuffer(self._offsets, np.uint64).astype(np.int64)
        numbers = np.frombuffer(self._of_items, np.uint32)
        if rows is not None:
            counts = np.diff(offsets)[rows]
            numbers = numbers[places(offsets[rows], counts)]
            offsets = np.concatenate([[0], np.cumsum(counts)])
            used, first, among = np.unique(numbers, return_index=True, return_inverse=True)
            # Values are numbered in the order in which the items name them.
            order = np.argsort(first)
            values = [values[number] for number in used[order]]
            numbers = np.argsort(order).astype(np.uint32)[among]
        (directory / VALUES).write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
        np.save(directory / NUMBERS, numbers)
        write_offsets(directory / OFFSETS, array("Q", offsets.tolist()))


class Facets:
    """Every item's values as numbers, memory-mapped."""

    def __init__(
        self, values: list[tuple[str, str]], offsets: NDArray[np.int64], numbers: Numbers
    ) -> None:
        self.values, self.offsets, self.numbers = values, offsets, numbers

    @classmethod
    def open(cls, directory: Path) -> Facets:
        """Open what `FacetWriter` wrote."""
        try:
            values = [
                (field, value) for field, value in json.loads((directory / VALUES).read_bytes())
            ]
            offsets = np.array(read_offsets(directory / OFFSETS), np.int64)
            numbers = np.load(directory / NUMBERS, mmap_mode="r").view(np.ndarray)
        except (OSError, ValueError) as error:
            text = (
                f"the facets in {directory} cannot be opened ({error}). Fetch or build the release"
                " again."
            )
            raise SearchError(Cause.BROKEN_RELEASE, text) from error
        return cls(values, offsets, numbers)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def with_values(
        self, field: str, positions: NDArray[np.int64], texts: Sequence[Sequence[str]]
    ) -> Facets:
        """The same, but that these items have these values of a field and no others of it."""
        known = dict(zip(self.values, range(len(self.values)), strict=True))
        every_text = itertools.chain.from_iterable(texts)
        own = [known.setdefault((field, text), len(known)) for text in every_text]
        own_rows = np.repeat(positions, [len(several) for several in texts])
        is_changed = np.zeros(len(self), np.bool_)
        is_changed[positions] = True
        of_field = np.zeros(len(self.values), np.bool_)
        of_field[self.numbers_of(field)] = True
        every = np.repeat(np.arange(len(self)), np.diff(self.offsets))
        kept = ~(of_field[self.numbers] & is_changed[every])
        rows = np.concatenate([every[kept], own_rows])
        numbers = np.concatenate([self.numbers[kept], np.array(own, np.uint32)])
        counts = np.bincount(rows, minlength=len(self))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Facets(list(known), offsets, numbers[np.argsort(rows, kind="stable")])

    def numbers_at(self, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], Numbers]:
        """The numbers of the values of these items: how many each item has, and all of them."""
        starts = self.offsets[positions]
        counts = self.offsets[positions + 1] - starts
        return counts, self.numbers[places(starts, counts)]

    def numbers_of(self, field: str) -> NDArray[np.int64]:
        """The numbers of all values of a field."""
        return np.flatnonzero(self.fields == self.names.get(field, -1))

    def items_with(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """The items that have any of these values, given by their numbers; one may come twice."""
        is_wanted = np.zeros(len(self.values), np.bool_)
        is_wanted[values] = True
        found = np.flatnonzero(is_wanted[self.numbers])
        return np.searchsorted(self.offsets, found, side="right") - 1

    @cached_property
    def names(self) -> dict[str, int]:
        """The fields, each with its place among them."""
        fields = dict.fromkeys(field for field, _ in self.values)
        return {field: place for place, field in enumerate(fields)}

    @cached_property
    def fields(self) -> NDArray[np.int64]:
        """The field of every value, by its place in `names`, (values,)."""
        every = (self.names[field] for field, _ in self.values)
        return np.fromiter(every, np.int64, len(self.values))
