"""Proportions and means with the 95 % intervals in which they lie."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

# The 97.5 % quantile of the normal distribution.
_Z = 1.959964


def wilson(count: float, of: float) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927), lowest and highest; of nothing anything may
    be."""
    if of <= 0:
        return 0.0, 1.0
    share, ratio = count / of, _Z * _Z / of
    middle = (share + ratio / 2) / (1 + ratio)
    half = _Z * sqrt(share * (1 - share) / of + ratio / of / 4) / (1 + ratio)
    low = 0.0 if not count else max(0.0, middle - half)
    return low, 1.0 if count == of else min(1.0, middle + half)


@dataclass(frozen=True)
class Proportion:
    """So many `of` so many."""

    count: int
    of: int

    @property
    def share(self) -> float:
        """From 0 to 1; 0 of nothing."""
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Lowest and highest (Wilson, 1927); of nothing anything may be."""
        return wilson(self.count, self.of)


@dataclass(frozen=True)
class ReciprocalMean:
    """The mean of 1 / position over so many, with the sum of its squares."""

    number: int = 0
    total: float = 0.0
    squares: float = 0.0

    def with_position(self, position: int) -> ReciprocalMean:
        """The mean with one more position, from 1."""
        value = 1 / position
        return ReciprocalMean(self.number + 1, self.total + value, self.squares + value * value)

    @property
    def mean(self) -> float:
        """From 0 to 1; 0 of none."""
        return self.total / self.number if self.number else 0.0

    @property
    def error(self) -> float:
        """The variance of the mean; infinite where it cannot be told."""
        if self.number < 2:
            return float("inf")
        spread = max(0.0, self.squares - self.total * self.total / self.number)
        return spread / (self.number - 1) / self.number


@dataclass(frozen=True)
class RateDifference:
    """What was added, with its lowest and highest; noise where nothing may have been."""

    value: float
    low: float
    high: float

    @property
    def is_noise(self) -> bool:
        return self.low <= 0 <= self.high


def difference(before: Proportion, after: Proportion) -> RateDifference | None:
    """After less before (Newcombe's hybrid score interval, 1998); None where either is of nothing.

    It takes questions for independent of each other, which those of one visitor are not: trust
    it no further than that.
    """
    if not before.of or not after.of:
        return None
    value = after.share - before.share
    (low, high), (old_low, old_high) = after.interval, before.interval
    down = sqrt((after.share - low) ** 2 + (old_high - before.share) ** 2)
    up = sqrt((high - after.share) ** 2 + (before.share - old_low) ** 2)
    return RateDifference(value, value - down, value + up)


def difference_of_means(before: ReciprocalMean, after: ReciprocalMean) -> RateDifference | None:
    """After less before; None where either has fewer than two."""
    variance = before.error + after.error
    if variance == float("inf"):
        return None
    value, half = after.mean - before.mean, _Z * sqrt(variance)
    return RateDifference(value, value - half, value + half)
