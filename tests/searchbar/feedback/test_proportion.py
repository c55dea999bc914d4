"""Intervals beside SciPy's and beside those that were published."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from searchbar.feedback.proportion import (
    Proportion,
    ReciprocalMean,
    difference,
    difference_of_means,
)


@pytest.mark.parametrize(
    ("count", "of"), [(0, 1), (1, 1), (0, 40), (40, 40), (3, 7), (185, 300), (1, 100_000)]
)
def test_a_share_lies_where_wilson_says(count: int, of: int) -> None:
    known = stats.binomtest(count, of).proportion_ci(method="wilson")
    assert Proportion(count, of).interval == pytest.approx((known.low, known.high), abs=1e-6)


def test_of_nothing_anything_may_be() -> None:
    assert (Proportion(0, 0).share, Proportion(0, 0).interval) == (0.0, (0.0, 1.0))
    assert difference(Proportion(0, 0), Proportion(1, 2)) is None
    assert difference(Proportion(1, 2), Proportion(0, 0)) is None


@pytest.mark.parametrize(
    ("after", "before", "low", "high"),
    # Newcombe (1998), table II, method 10.
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_a_difference_lies_where_it_was_published(
    after: tuple[int, int], before: tuple[int, int], low: float, high: float
) -> None:
    changed = difference(Proportion(*before), Proportion(*after))
    assert changed is not None
    assert (changed.low, changed.high) == pytest.approx((low, high), abs=5e-5)
    assert changed.is_noise == (low <= 0 <= high)


def mean_of(*positions: int) -> ReciprocalMean:
    mean = ReciprocalMean()
    for position in positions:
        mean = mean.with_position(position)
    return mean


def test_a_mean_of_positions_is_that_of_their_reciprocals() -> None:
    mean = mean_of(1, 2, 4)
    assert mean.number == 3
    assert mean.mean == pytest.approx(1.75 / 3)
    assert math.sqrt(mean.error) == pytest.approx(stats.sem([1, 0.5, 0.25]))
    assert ReciprocalMean().mean == 0.0


def test_means_differ_by_welch_or_cannot_be_told() -> None:
    assert difference_of_means(mean_of(1), mean_of(1, 2)) is None
    changed = difference_of_means(mean_of(1, 1, 2), mean_of(4, 5, 4, 5))
    assert changed is not None
    error = math.hypot(stats.sem([1, 1, 0.5]), stats.sem([0.25, 0.2, 0.25, 0.2]))
    assert changed.value == pytest.approx(0.225 - 2.5 / 3)
    assert changed.high - changed.value == pytest.approx(1.959964 * error)
    assert not changed.is_noise
