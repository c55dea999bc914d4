"""Facets: how many of some items have each value that can be filtered by."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from release_format.items import read_offsets, write_offsets
from searchbar.errors import Cause, SearchError
from searchbar.retrieval.ranges import places

VALUES, OFFSETS, NUMBERS = "facets.json", "facets.offsets", "facets.npy"
MOST_VALUES = 50


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
        self, values: list[tuple[str, str]], offsets: NDArray[np.int64], numbers: NDArray[np.uint32]
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

    def count(self, positions: NDArray[np.int64]) -> dict[str, dict[str, int]]:
        """By field, the most frequent values of these items, with how many of them have each."""
        starts = self.offsets[positions]
        counts = np.bincount(self.numbers[places(starts, self.offsets[positions + 1] - starts)])
        present = np.flatnonzero(counts)
        facets: dict[str, dict[str, int]] = {"topic": {}}
        for number in present[np.argsort(-counts[present], kind="stable")].tolist():
            field, value = self.values[number]
            of_field = facets.setdefault(field, {})
            if len(of_field) < MOST_VALUES:
                of_field[value] = int(counts[number])
        return facets
