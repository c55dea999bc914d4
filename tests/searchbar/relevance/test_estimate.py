"""The estimate rises with confidence, falls with the distance from the best, and is read with
care."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_format.release import LEVELS, Release
from searchbar.errors import SearchError
from searchbar.relevance.estimate import Curve, Relevance, logistic
from tests.searchbar.relevance.conftest import MakeSet

CURVE = {"steepness": 20.0, "intercept": -3.0, "confidence": 5.0, "drop": 8.0}
V2 = {"version": 2, "no_good_match": {"level": 0.5}, "relevant_set": CURVE}
NUMBERS = st.floats(0, 1.3)


def test_a_hand_worked_case() -> None:
    curve = Curve.from_json(CURVE)
    wanted = curve.wanted(np.array([1.0, 1.0]), np.array([0.0, 0.25]))
    assert wanted == pytest.approx([1 / (1 + np.exp(-2)), 0.5])
    assert curve.answered(0.5, level=0.5) == 0.5


@given(low=NUMBERS, high=NUMBERS, drop=NUMBERS)
def test_the_estimate_never_falls_where_confidence_rises(
    low: float, high: float, drop: float
) -> None:
    curve = Curve.from_json(CURVE)
    several = curve.wanted(np.sort([low, high]), np.array([drop, drop]))
    assert several[0] <= several[1]
    assert curve.answered(min(low, high), 0.5) <= curve.answered(max(low, high), 0.5)


def test_what_a_name_or_a_pin_found_is_wanted_for_certain(found: MakeSet) -> None:
    relevance = Relevance.from_json(V2)
    scores = [0.2, 0.9, 0.1]
    assert relevance.estimates(found(scores, pinned=1))[0] == 1
    assert relevance.estimates(found(scores, named=[1]))[1] == 1
    assert relevance.is_answered(found([0.1], named=[0]))
    assert not relevance.is_answered(found([0.1]))
    assert max(relevance.estimates(found([0.1, 0.1]))) < 0.01, "what nothing answers, nothing fits"


@pytest.mark.parametrize(
    "levels",
    [{}, {"no_good_match": {"level": None}}, {"no_good_match": {"level": -1.0}, "from": "before"}],
)
def test_without_a_level_everything_fits(found: MakeSet, levels: dict[str, Any]) -> None:
    relevance = Relevance.from_json(levels)
    assert relevance == Relevance()
    assert relevance.wanted(found([0.5, 0.1])).tolist() == [1, 1]
    assert relevance.is_answered(found([0.0]))


def test_a_release_from_before_the_curve_goes_by_its_level(found: MakeSet) -> None:
    relevance = Relevance.from_json({"no_good_match": {"level": 0.5, "score": "confidence"}})
    assert relevance.wanted(found([0.7, 0.5, 0.4])).tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    "broken",
    [
        {**CURVE, "drop": None},
        {**CURVE, "confidence": -1},
        {**CURVE, "steepness": True},
        {},
        [],
    ],
)
def test_a_curve_that_is_none_is_refused(tmp_path: Path, broken: Any) -> None:
    table = {**V2, "relevant_set": broken}
    (tmp_path / LEVELS).write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(SearchError, match=r"levels\.json"):
        Relevance.of(Release(tmp_path, None))  # type: ignore[arg-type]


def test_the_logistic_function_holds_far_out() -> None:
    assert logistic(np.array([-1e6, 0, 1e6])).tolist() == [0, 0.5, 1]
