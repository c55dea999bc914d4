"""Choices that are the same for the same seed, on every version of Python."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Only `random()` promises the same numbers for ever: every choice is made of it."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def between(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return least + int(self._random.random() * (most - least + 1))

    def one(self, among: Sequence[T]) -> T:
        """One of these."""
        return among[self.between(0, len(among) - 1)]

    def some(self, among: Sequence[T], number: int) -> list[T]:
        """So many of these, in their order; all where there are fewer."""
        places = list(range(len(among)))
        while len(places) > number:
            places.pop(self.between(0, len(places) - 1))
        return [among[place] for place in places]

    def chance(self, percent: int) -> bool:
        """Whether it happens this time."""
        return self._random.random() * 100 < percent
