"""Keywords: the values that a filter may name, however it writes their case, and who has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np

from searchbar.query.filters import Choice
from searchbar.query.normalize import fold
from searchbar.retrieval.facets import Facets
from searchbar.retrieval.within import Mask


class Keywords:
    """The values of every field, by their exact and by their folded form."""

    def __init__(self, facets: Facets) -> None:
        self._facets = facets
        self._folded: dict[str, Mapping[str, tuple[str, ...]]] = {}

    def meant(self, field: str, choice: Choice) -> Choice:
        """The choice in values as the catalogue writes them; what it has not stays as it is."""
        return Choice(self._meant(field, choice.wanted), self._meant(field, choice.unwanted))

    def mask(self, field: str, choice: Choice) -> Mask:
        """Which items this choice leaves, (items,)."""
        if not choice.wanted:
            return ~self._with_any(field, choice.unwanted)
        mask = self._with_any(field, choice.wanted)
        return mask & ~self._with_any(field, choice.unwanted) if choice.unwanted else mask

    def _meant(self, field: str, values: Iterable[str]) -> tuple[str, ...]:
        meant: list[str] = []
        for value in values:
            exact = (field, value) in self._numbers
            meant += (value,) if exact else self._of(field).get(fold(value), (value,))
        return tuple(dict.fromkeys(meant))

    def _with_any(self, field: str, values: Iterable[str]) -> Mask:
        mask = np.zeros(len(self._facets), np.bool_)
        numbers = [
            self._numbers[field, value] for value in values if (field, value) in self._numbers
        ]
        if numbers:
            mask[self._facets.items_with(np.array(numbers, np.int64))] = True
        return mask

    @cached_property
    def _numbers(self) -> Mapping[tuple[str, str], int]:
        return {value: number for number, value in enumerate(self._facets.values)}

    def _of(self, field: str) -> Mapping[str, tuple[str, ...]]:
        """The values of a field by their folded form: several may fold alike."""
        if (known := self._folded.get(field)) is not None:
            return known
        folded: dict[str, tuple[str, ...]] = {}
        for number in self._facets.numbers_of(field).tolist():
            value = self._facets.values[number][1]
            key = fold(value)
            folded[key] = (*folded.get(key, ()), value)
        self._folded[field] = folded
        return folded
