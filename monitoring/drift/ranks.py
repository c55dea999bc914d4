"""The rank of the last window among those before it, over several series at once.

Two-sample tests over questions alarm falsely: what people ask wobbles from day to day, so that the
questions of two windows are never drawn alike. Windows are: if nothing changed, the last one is as
likely the oddest of all as any other, whatever the wobble. So the chance of a false alarm is one in
so many windows, for all series together (the maximum is ranked: Westfall and Young, 1993).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Below so many earlier windows nothing can be told: one in twenty is the rarest that can be.
LEAST_WINDOWS = 19
# And the last must stand out by so many usual deviations: of few windows one is always first.
LEAST_DEVIATIONS = 3.0
# The number of a window in which a series was not measured yet.
UNMEASURED = float("nan")
# The standard deviation of a normal distribution in median absolute deviations.
_OF_NORMAL = 1.4826


@dataclass(frozen=True)
class Series:
    """One number of every window, oldest first, the last one last; higher is worse.

    Where it was not measured it is UNMEASURED, never in the last window. `counts` are how many
    questions each is the share of; none where it is no share. A share of few wobbles by chance
    alone, and is allowed to.
    """

    name: str
    values: Sequence[float]
    counts: Sequence[int] = ()

    @property
    def is_measured(self) -> NDArray[np.bool_]:
        """Of each window, (windows,)."""
        return ~np.isnan(np.asarray(self.values, np.float64))

    def to_json(self) -> list[float | None]:
        """The numbers, None where it was not measured: JSON knows no NaN."""
        pairs = zip(self.values, self.is_measured, strict=True)
        return [value if is_measured else None for value, is_measured in pairs]

    def deviations(self) -> Floats:
        """How many usual deviations each window lies above the median, (windows,); UNMEASURED
        where it was not measured.

        The usual deviation is the median one, but no less than chance alone makes of a share.
        """
        values = np.asarray(self.values, np.float64)
        median = float(np.nanmedian(values))
        usual = _OF_NORMAL * float(np.nanmedian(np.abs(values - median)))
        by_chance = np.zeros(len(values))
        if self.counts:
            counts = np.maximum(np.asarray(self.counts, np.float64), 1.0)
            share = np.clip(median, 1 / counts, 1 - 1 / counts)
            by_chance = np.sqrt(share * (1 - share) / counts)
        scale = np.maximum(usual, by_chance)
        above = values - median
        return np.where(above == 0, 0.0, above / np.maximum(scale, 1e-9))


@dataclass(frozen=True)
class Ranked:
    """How odd the last window is.

    `chance`: how likely it would be as odd if nothing had changed; None where there are too few
    windows to tell. `odd`: the series that stand out, the oddest first. `since`: for how many
    windows, the last one included, each has stood out without a break.
    """

    chance: float | None
    deviations: Mapping[str, float]
    odd: Sequence[str]
    since: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_drift(self) -> bool:
        return bool(self.odd)


def rank(several: Sequence[Series], alpha: float = 0.05) -> Ranked:
    """Rank the last window by its oddest series, among the windows in which all were measured:
    with fewer series a window is less likely to be the oddest, so that it says nothing of one that
    has more."""
    table = {series.name: series.deviations() for series in several}
    last = {name: float(deviations[-1]) for name, deviations in table.items()}
    is_whole = np.all([series.is_measured for series in several], axis=0)
    windows = int(np.count_nonzero(is_whole))
    if windows - 1 < LEAST_WINDOWS:
        return Ranked(None, last, ())
    oddest = np.max(np.stack(list(table.values())), axis=0, where=is_whole, initial=-np.inf)
    chance = float(np.count_nonzero(oddest >= oddest[-1])) / windows
    names = sorted(last, key=lambda name: -last[name])
    odd = [name for name in names if last[name] >= LEAST_DEVIATIONS]
    if chance > alpha:
        return Ranked(chance, last, ())
    return Ranked(chance, last, odd, {name: _run(table[name]) for name in odd})


def _run(deviations: Floats) -> int:
    """How many windows at the end stand out, one after the other."""
    quiet = np.flatnonzero(~(deviations >= LEAST_DEVIATIONS))
    return len(deviations) - (int(quiet[-1]) + 1 if len(quiet) else 0)
