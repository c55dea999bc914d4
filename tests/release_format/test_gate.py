"""The gate engine: a measurement and a bound make a condition; bounds are read and checked."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_format.config.table import ConfigError
from release_format.gate import (
    Bound,
    Measured,
    bounds_of,
    claim,
    condition,
    judge,
    not_asked,
    with_defaults,
)
from release_format.verdict import Outcome, Severity

SHARE = Bound(unit="of live's rows", why="Look.", warn=0.1, block=0.2, few=3, least=10)
FLOOR = Bound(unit="nDCG", why="Look.", at="least", warn=0.0, block=-0.5, lowest=-1, highest=1)
LARGE = Bound(unit="of live's rows", why="Look.", warn=0.1, block=0.2, block_from=0.05)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)


@pytest.mark.parametrize(
    ("bound", "measured", "answer", "severity", "seen"),
    [
        (SHARE, Measured(0.1, 50, 100), Outcome.YES, Severity.BLOCK, "10 % (50 rows)"),
        (SHARE, Measured(0.11, 50, 100), Outcome.NO, Severity.WARN, "11 % (50 rows)"),
        (SHARE, Measured(0.21, 50, 100), Outcome.NO, Severity.BLOCK, "21 % (50 rows)"),
        (SHARE, Measured(0.9, 3, 100), Outcome.YES, Severity.BLOCK, "90 % (3 rows)"),
        (SHARE, Measured(0.9, 50, 9), Outcome.NOT_ASKED, Severity.BLOCK, "only 9 rows, 10 would"),
        (LARGE, Measured(0.9, share_of_live=0.04), Outcome.NO, Severity.WARN, "90 %"),
        (LARGE, Measured(0.9, share_of_live=0.05), Outcome.NO, Severity.BLOCK, "90 %"),
        (FLOOR, Measured(0.0, detail="as before"), Outcome.YES, Severity.BLOCK, "0: as before"),
        (FLOOR, Measured(-0.1), Outcome.NO, Severity.WARN, "-0.1"),
        (FLOOR, Measured(-0.6), Outcome.NO, Severity.BLOCK, "-0.6"),
        (FLOOR, Measured(math.nan), Outcome.NO, Severity.BLOCK, "nan"),
        (FLOOR, Measured(None), Outcome.NOT_ASKED, Severity.BLOCK, "nothing to compare with"),
        (FLOOR, Measured(None, detail="no live"), Outcome.NOT_ASKED, Severity.BLOCK, "no live"),
        (FLOOR, Measured(0.0, broken="it fell"), Outcome.COULD_NOT_TELL, Severity.BLOCK, "it fell"),
        (FLOOR, None, Outcome.COULD_NOT_TELL, Severity.BLOCK, "never measured"),
    ],
)
def test_a_measurement_and_a_bound_make_a_condition(
    bound: Bound, measured: Measured | None, answer: Outcome, severity: Severity, seen: str
) -> None:
    made = condition("c", bound, measured)
    assert (made.answer, made.severity) == (answer, severity)
    assert seen in made.seen


@given(value=NUMBERS, limit=st.floats(-1, 1), at=st.sampled_from(["most", "least"]))
def test_on_the_limit_is_allowed_and_one_side_of_it_is_not(
    value: float, limit: float, at: Any
) -> None:
    bound = Bound(unit="points", why="Look.", at=at, block=limit, lowest=-1, highest=1)
    assert condition("c", bound, Measured(limit)).answer is Outcome.YES
    refused = condition("c", bound, Measured(value)).answer is Outcome.NO
    assert refused == (value < limit if at == "least" else value > limit)


def test_conditions_stand_in_the_order_of_their_bounds() -> None:
    names = [c.name for c in judge({"b": Measured(0.0)}, {"z": SHARE, "b": FLOOR, "a": LARGE})]
    assert names == ["z", "b", "a"]


def test_a_claim_holds_or_not_or_nobody_can_tell() -> None:
    assert claim("c", True, "up", "up").answer is Outcome.YES
    assert claim("c", False, "down", "up", "Look.", Severity.WARN).severity is Severity.WARN
    assert claim("c", None, "nothing", "up").stops
    assert not not_asked("c", "nobody", "up").stops


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"warn": 10.0}, "can never be passed"),
        ({"warn": -0.1}, "warn = -0.1 would always be passed"),
        ({"warn": 1.1}, "Write 1.1 % as warn = 0.011."),
        ({"warn": 0.1, "highest": 0.0}, "can never be passed"),
        ({"warn": 101.0}, "between 0 and 1. Mend it."),
        ({}, "needs a warn or a block"),
        ({"warn": 0.3, "block": 0.2}, "before it warns"),
        ({"warn": 0.1, "block": 0.2, "at": "least"}, "before it warns"),
    ],
)
def test_a_bound_that_nobody_can_mean_is_no_bound(values: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Bound(unit="of live's rows", why="Look.", **values)


def test_own_bounds_say_file_table_and_key_of_what_cannot_be() -> None:
    base = with_defaults({"c": {"unit": "of x", "why": "Look.", "warn": 0.1, "block": 0.2}})["c"]
    with pytest.raises(
        ConfigError, match=r"own.toml: 'block' in \[t.c\] must be a number, not 'x'"
    ):
        bounds_of({"c": {**base, "block": "x"}}, {"c": {"block": "x"}}, "own.toml", "t")
    with pytest.raises(ConfigError, match=r"own.toml: \[t.c\]: block = 10 can never be"):
        bounds_of({"c": {**base, "block": 10}}, {"c": {"block": 10}}, "own.toml", "t")


def test_a_block_of_ones_own_before_the_warning_moves_it() -> None:
    base = with_defaults({"c": {"unit": "of x", "why": "Look.", "warn": 0.1, "block": 0.2}})["c"]
    made = bounds_of({"c": {**base, "block": 0.05}}, {"c": {"block": 0.05}}, "f", "t")["c"]
    assert (made.warn, made.block) == (0.05, 0.05)
    least = {**base, "at": "least", "warn": 0.5, "block": 0.9}
    assert bounds_of({"c": least}, {"c": {"block": 0.9}}, "f", "t")["c"].warn == 0.9
