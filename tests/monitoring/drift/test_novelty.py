"""Novel questions by brute force, and means that move."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from monitoring.drift.novelty import MOST_OTHERS, distances_of_means, nearest_elsewhere, novel

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]
GENERATOR = np.random.default_rng(5)


def units(many: int, about: Floats | None = None) -> Vectors:
    vectors = GENERATOR.normal(size=(many, 16)) + (0 if about is None else 4 * about)
    units: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return units


def test_the_nearest_elsewhere_is_the_nearest_of_all_other_windows() -> None:
    several = [units(9), units(1), units(5)]
    nearest = nearest_elsewhere(several)
    for number, own in enumerate(several):
        others = np.concatenate([other for n, other in enumerate(several) if n != number])
        expected = [max(float(v @ other) for other in others) for v in own]
        assert nearest[number] == pytest.approx(expected, abs=1e-6)


def test_windows_without_a_question_and_a_window_alone_are_no_error() -> None:
    empty = np.empty((0, 16), np.float32)
    first, second = nearest_elsewhere([units(3), empty])
    assert (list(first), len(second)) == ([-1.0] * 3, 0)
    assert distances_of_means([units(3), empty])[0] > 0


def test_a_new_subject_is_novel_and_the_old_one_is_not() -> None:
    old, new = np.eye(16)[0], np.eye(16)[1]
    several = [units(60, old) for _ in range(20)] + [
        np.concatenate([units(50, old), units(10, new)])
    ]
    shares = [float(each.mean()) for each in novel(nearest_elsewhere(several))]
    assert max(shares[:-1]) < 0.12
    assert shares[-1] > 0.1
    distances = distances_of_means(several)
    assert max(distances) == distances[-1]


def test_more_than_enough_others_are_thinned_evenly() -> None:
    many = units(MOST_OTHERS + 500)
    nearest = nearest_elsewhere([many, many[:4]])
    assert nearest[1].shape == (4,)
    assert nearest[1][0] == pytest.approx(1.0)  # the first and the last are always among them
