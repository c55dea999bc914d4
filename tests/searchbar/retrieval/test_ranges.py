"""Every place in some ranges of an array."""

from __future__ import annotations

import numpy as np

from searchbar.retrieval.ranges import places


def test_places_are_those_of_every_stretch_in_turn() -> None:
    starts, counts = np.array([7, 0, 3, 9]), np.array([2, 0, 3, 1])
    assert places(starts, counts).tolist() == [7, 8, 3, 4, 5, 9]
    assert places(np.empty(0, np.int64), np.empty(0, np.int64)).tolist() == []
