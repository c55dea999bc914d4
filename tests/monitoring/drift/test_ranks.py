"""The rank of the last window holds its rate, whatever wobbles, and finds what stands out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.drift.ranks import LEAST_WINDOWS, UNMEASURED, Series, rank


def shares(values: list[float], count: int = 200) -> Series:
    return Series("share", values, [count] * len(values))


def test_under_so_many_windows_nothing_is_told() -> None:
    quiet = [0.05] * LEAST_WINDOWS
    assert rank([shares([*quiet[1:], 0.9])]).chance is None
    assert rank([shares([*quiet, 0.9])]).is_drift


def test_what_stands_out_is_named_the_oddest_first() -> None:
    generator = np.random.default_rng(3)
    calm = [float(x) for x in generator.normal(0.05, 0.01, 25)]
    several = [
        Series("a", [*calm, 0.20]),
        Series("b", [*calm, 0.05]),
        Series("c", [*calm, 0.90]),
    ]
    ranked = rank(several)
    assert ranked.odd == ["c", "a"]
    assert ranked.chance == pytest.approx(1 / 26)


def test_what_was_as_odd_before_is_no_drift() -> None:
    values = [0.05, 0.06] * 12 + [0.5, 0.5]
    assert not rank([shares(values)], alpha=0.05).is_drift


def test_a_share_of_few_may_wobble() -> None:
    """Two of ten questions are no alarm, though all windows before had none."""
    assert not rank([Series("share", [0.0] * 30 + [0.2], [10] * 31)]).is_drift
    assert rank([Series("share", [0.0] * 30 + [0.2], [500] * 31)]).is_drift


def test_a_series_that_never_moves_is_never_odd() -> None:
    ranked = rank([shares([0.0] * 30)])
    assert (ranked.is_drift, ranked.deviations["share"]) == (False, 0.0)


def test_false_alarms_are_at_most_one_in_so_many_windows() -> None:
    """Six series that wobble together and by fat tails: still one in twenty at most."""
    generator = np.random.default_rng(7)
    alarms, runs = 0, 600
    for _ in range(runs):
        together = generator.standard_t(2, 20)
        several = [
            Series(str(n), list(together * n + generator.standard_t(2, 20))) for n in range(6)
        ]
        alarms += rank(several).is_drift
    assert alarms / runs <= 0.05 + 2 * (0.05 * 0.95 / runs) ** 0.5


def test_false_alarms_are_as_seldom_where_a_series_began_late() -> None:
    """Windows without it have one chance less to be the oddest: they are left out of the rank."""
    generator = np.random.default_rng(9)
    alarms, runs, untold = 0, 600, 40
    for _ in range(runs):
        tails = [list(generator.standard_t(2, 60)) for _ in range(3)]
        late = [UNMEASURED] * untold + tails[2][untold:]
        alarms += rank([Series("a", tails[0]), Series("b", tails[1]), Series("c", late)]).is_drift
    assert alarms / runs <= 0.05 + 2 * (0.05 * 0.95 / runs) ** 0.5


def test_a_series_that_began_late_is_named_since_the_windows_that_it_was_measured_in() -> None:
    calm = [0.05, 0.06] * 10
    late = Series("late", [UNMEASURED] * 9 + calm + [0.9])
    ranked = rank([shares([*calm[:9], *calm, 0.05]), late])
    assert (ranked.odd, ranked.since) == (["late"], {"late": 1})
    assert ranked.chance == pytest.approx(1 / 21)


@given(st.lists(st.floats(0, 1), min_size=20, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_earlier_windows_does_not_matter(values: list[float], random: object) -> None:
    *earlier, last = values
    before = rank([shares([*earlier, last])])
    random.shuffle(earlier)  # type: ignore[attr-defined]
    assert rank([shares([*earlier, last])]) == before
