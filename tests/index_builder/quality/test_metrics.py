"""The measures against a case worked by hand, and the intervals against scipy."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from scipy import stats

from index_builder.quality.judgments import JudgedQuestion
from index_builder.quality.metrics import change, interval, per_question

JUDGED = [
    JudgedQuestion("q1", "?", {"a": 3, "b": 1, "c": 2}),
    JudgedQuestion("q2", "?", {"x": 1}),
    JudgedQuestion("q3", "?", {"never": 1}),
]
ANSWERS = {"q1": ["b", "n1", "a"], "q2": [*(f"n{n}" for n in range(10)), "x"]}


def test_the_hand_worked_case() -> None:
    values = per_question(JUDGED, ANSWERS)
    gained = 1 / log2(2) + 3 / log2(4)
    ideal = 3 / log2(2) + 2 / log2(3) + 1 / log2(4)
    assert values["ndcg@10"] == pytest.approx([gained / ideal, 0, 0])
    assert values["recall@10"] == pytest.approx([2 / 3, 0, 0])
    assert values["recall@100"] == pytest.approx([2 / 3, 1, 0])
    assert values["mrr@10"] == pytest.approx([1, 0, 0])
    assert values["success@1"] == pytest.approx([1, 0, 0])


def test_equal_scores_keep_the_order_of_the_answer() -> None:
    first, second = (
        per_question(JUDGED[1:2], {"q2": ids})["mrr@10"] for ids in (["x", "a"], ["a", "x"])
    )
    assert (first[0], second[0]) == (1, 0.5)


def test_the_bootstrap_interval_is_that_of_scipy() -> None:
    values = np.random.default_rng(1).beta(2, 1, 200)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    ours = interval(values)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.005)


def test_the_paired_test_is_that_of_scipy() -> None:
    rng = np.random.default_rng(3)
    before = rng.random(80)
    after = np.clip(before + rng.normal(0.03, 0.15, 80), 0, 1)
    ours = change(before, after)
    theirs = stats.permutation_test((after - before,), np.mean, permutation_type="samples", rng=rng)
    assert ours.p == pytest.approx(theirs.pvalue, abs=0.02)
    assert ours.low < ours.mean < ours.high


def test_nothing_changed_is_neither_better_nor_worse() -> None:
    same = change(np.ones(5), np.ones(5))
    assert (same.mean, same.p, same.better, same.worse) == (0, 1, False, False)


def test_a_clear_loss_is_worse_and_the_same_every_time() -> None:
    before, after = np.full(40, 0.9), np.full(40, 0.9) - np.linspace(0.1, 0.3, 40)
    assert change(before, after).worse
    assert change(before, after) == change(before, after)
    assert change(before, after).chance == "p < 0.001"
