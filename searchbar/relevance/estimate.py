"""The estimate of how likely a hit is wanted, by the curve that its release was fitted with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from release_format.release import LEVELS, Release
from searchbar.errors import broken_release
from searchbar.retrieval.result_set import ResultSet

NEVER = -1.0
NO_GOOD_MATCH, RELEVANT_SET = "no_good_match", "relevant_set"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """How likely what is found is wanted.

    A question is answered at all with logistic(`steepness` · (confidence of its first - level)). A
    hit of a question that is answered is wanted with logistic(`intercept` + `confidence` · its
    confidence - `drop` · what its score lacks of the question's best).
    """

    steepness: float
    intercept: float
    confidence: float
    drop: float

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Curve:
        """Read the curve of a levels.json.

        Raises:
            ValueError: it is none: a number is missing or not finite, or it falls with confidence.
        """
        numbers = {each.name: table.get(each.name) for each in fields(cls)}
        if not all(_is_finite(number) for number in numbers.values()):
            raise ValueError("its curve has numbers that are none")
        curve = cls(**{name: float(number) for name, number in numbers.items()})  # type: ignore[arg-type]
        if min(curve.steepness, curve.confidence, curve.drop) < 0:
            raise ValueError("its curve falls where confidence rises")
        return curve

    def answered(self, first: float, level: float) -> float:
        """How likely a question is answered at all whose first hit has this confidence."""
        return float(logistic(np.float64(self.steepness * (first - level))))

    def wanted(self, confidence: NDArray[Any], drop: NDArray[Any]) -> Floats:
        """How likely each hit is wanted, if the question is answered at all."""
        return logistic(self.intercept + self.confidence * confidence - self.drop * drop)


@dataclass(frozen=True)
class Relevance:
    """How a release tells what fits; without a curve, as of older ones, by the level alone.

    No level: nothing is called a bad match, and everything fits.
    """

    level: float | None = None
    curve: Curve | None = None

    @classmethod
    def of(cls, release: Release) -> Relevance:
        """What the levels.json of a release says.

        Raises:
            SearchError: it is unreadable.
        """
        levels = release.levels if (release.path / LEVELS).exists() else {}
        try:
            return cls.from_json(levels)
        except (AttributeError, TypeError, ValueError) as error:
            raise broken_release(release.path, f"{LEVELS} is not readable: {error}") from None

    @classmethod
    def from_json(cls, levels: Mapping[str, Any]) -> Relevance:
        """Read a levels.json of any version.

        Raises:
            AttributeError, TypeError, ValueError: it is none.
        """
        level = levels.get(NO_GOOD_MATCH, {}).get("level")
        table = levels.get(RELEVANT_SET)
        if level is None or level <= NEVER:  # Older releases told it so, below every confidence.
            return cls()
        return cls(float(level), None if table is None else Curve.from_json(table))

    def is_answered(self, result_set: ResultSet) -> bool:
        """Whether the first of a set fits: by name, by a pin, or by its confidence."""
        if result_set.named or result_set.pinned or result_set.plan.parsed.is_empty:
            return True
        first = result_set.confidence[:1]
        return bool(len(first)) and (self.level is None or float(first[0]) >= self.level)

    def wanted(self, result_set: ResultSet) -> Floats:
        """How likely each item of a set is wanted, (items,), if the question is answered at all.

        1 for what a name or a pin found, and for everything where no level is told.
        """
        confidence = np.asarray(result_set.confidence, np.float64)
        if self.level is None:
            return np.ones(len(confidence))
        if self.curve is None:
            wanted = (confidence >= self.level).astype(np.float64)
        else:
            scores = np.asarray(result_set.scores, np.float64)
            wanted = self.curve.wanted(confidence, scores.max(initial=-np.inf) - scores)
        wanted[[*range(result_set.pinned), *result_set.named]] = 1.0
        return wanted

    def estimates(self, result_set: ResultSet) -> Floats:
        """How likely each item of a set is wanted, (items,)."""
        wanted = self.wanted(result_set)
        if self.level is None or self.curve is None or not len(wanted):
            return wanted
        if result_set.named or result_set.pinned:
            return wanted
        return wanted * self.curve.answered(float(result_set.confidence[0]), self.level)


def logistic(x: NDArray[Any] | np.float64) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(x, np.float64))))


def _is_finite(number: object) -> bool:
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    return is_number and math.isfinite(number)  # type: ignore[arg-type]
