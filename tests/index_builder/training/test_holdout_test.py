"""What was learned is kept only where it wins for certain and loses nowhere."""

from __future__ import annotations

import numpy as np
import pytest

from index_builder.quality.metrics import change, interval
from index_builder.training.holdout_test import (
    HELD_OUT,
    KNOWN,
    Figure,
    HoldoutResult,
)


def figure(*differences: float) -> Figure:
    before, after = np.full(40, 0.5), 0.5 + np.resize(differences, 40)
    return Figure(interval(before), interval(after), change(before, after))


@pytest.mark.parametrize(
    ("sets", "live", "kept", "why"),
    [
        ({HELD_OUT: figure(0.1, 0.2)}, None, True, "gain for certain"),
        ({HELD_OUT: figure(0.3, -0.2)}, None, False, "held-out questions do not gain for certain"),
        ({HELD_OUT: figure(-0.1)}, None, False, "do not gain"),
        ({HELD_OUT: figure(0.1), KNOWN: figure(-0.1)}, None, False, "known items lose for certain"),
        ({HELD_OUT: figure(0.1), KNOWN: figure(0.2, -0.2)}, None, True, "gain"),
        ({HELD_OUT: figure(0.1)}, figure(-0.1), False, "live answers held-out questions better"),
        ({HELD_OUT: figure(0.1)}, figure(0.0), True, "gain"),
    ],
)
def test_what_was_learned_is_kept_only_where_it_wins(
    sets: dict[str, Figure], live: Figure | None, kept: bool, why: str
) -> None:
    said = HoldoutResult(sets, figure(0.4), live).decision
    assert said[0] is kept
    assert why in said[1]
