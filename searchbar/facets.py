"""Here are some items: give me how many of them have each value that can be filtered by."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from release_format.items import read_offsets, write_offsets
from searchbar.errors import Cause, SearchError
from searchbar.spans import places

VALUES, OFFSETS, NUMBERS = "facets.json", "facets.offsets", "facets.npy"
MOST_VALUES = 50


class FacetWriter:
    """Collects each item's values, in the order of the items."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._of_items, self._offsets = array("I"), array("Q", [0])

    def add(self, values: Mapping[str, Sequence[str]]) -> None:
        """The values of the next item."""
        for field, several in values.items():
            for value in dict.fromkeys(several):
                self._of_items.append(self._numbers.setdefault((field, value), len(self._numbers)))
        self._offsets.append(len(self._of_items))

    def write(self, directory: Path) -> None:
        """Write the three files."""
        (directory / VALUES).write_text(json.dumps(list(self._numbers), ensure_ascii=False), encoding="utf-8")
        np.save(directory / NUMBERS, np.frombuffer(self._of_items, np.uint32))
        write_offsets(directory / OFFSETS, self._offsets)


class Facets:
    """Every item's values as numbers, memory-mapped."""

    def __init__(
        self, values: list[tuple[str, str]], offsets: NDArray[np.int64], numbers: NDArray[np.uint32]
    ) -> None:
        self._values, self._offsets, self._numbers = values, offsets, numbers

    @classmethod
    def open(cls, directory: Path) -> Facets:
        """Open what `FacetWriter` wrote."""
        try:
            values = [(field, value) for field, value in json.loads((directory / VALUES).read_bytes())]
            offsets = np.array(read_offsets(directory / OFFSETS), np.int64)
            numbers = np.load(directory / NUMBERS, mmap_mode="r").view(np.ndarray)
        except (OSError, ValueError) as error:
            text = f"the facets in {directory} cannot be opened ({error}). Fetch or build the release again."
            raise SearchError(Cause.BROKEN_RELEASE, text) from error
        return cls(values, offsets, numbers)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def count(self, positions: NDArray[np.int64]) -> dict[str, dict[str, int]]:
        """By field, the most frequent values of these items, with how many of them have each."""
        starts = self._offsets[positions]
        counts = np.bincount(self._numbers[places(starts, self._offsets[positions + 1] - starts)])
        found = np.flatnonzero(counts)
        facets: dict[str, dict[str, int]] = {"topic": {}}
        for number in found[np.argsort(-counts[found], kind="stable")].tolist():
            field, value = self._values[number]
            of_field = facets.setdefault(field, {})
            if len(of_field) < MOST_VALUES:
                of_field[value] = int(counts[number])
        return facets
