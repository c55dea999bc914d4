"""Numbers and stretches of arrays, beside what NumPy says of them."""

from __future__ import annotations

import numpy as np

from searchbar.halves import widened
from searchbar.spans import places


def test_every_finite_half_is_widened_exactly() -> None:
    every = np.arange(2**16, dtype=np.uint32).astype(np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]
    assert np.array_equal(widened(finite).view(np.uint32), finite.astype(np.float32).view(np.uint32))
    square = finite[:10_000].reshape(100, 100)
    assert np.array_equal(widened(square[::2, ::3]), square[::2, ::3].astype(np.float32)), "strided ones too"
    assert widened(np.empty((0, 4), np.float16)).shape == (0, 4)


def test_places_are_those_of_every_stretch_in_turn() -> None:
    starts, counts = np.array([7, 0, 3, 9]), np.array([2, 0, 3, 1])
    assert places(starts, counts).tolist() == [7, 8, 3, 4, 5, 9]
    assert places(np.empty(0, np.int64), np.empty(0, np.int64)).tolist() == []
