"""The measures, the intervals and the paired test, each against a case worked by hand."""

from __future__ import annotations

from itertools import product
from math import log2

import numpy as np
import pytest

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


def test_the_interval_holds_95_of_100_means_of_all_samples_that_could_be_drawn() -> None:
    values = np.array([0.0, 0.1, 0.3, 0.35, 0.6, 1.0])
    every_mean = [np.mean(sample) for sample in product(values, repeat=len(values))]
    ours = interval(values)
    assert (ours.low, ours.high) == pytest.approx(np.percentile(every_mean, [2.5, 97.5]), abs=0.02)
    assert ours.mean == pytest.approx(np.mean(values))
    assert ours.questions == 6


def test_the_interval_of_many_is_the_normal_one() -> None:
    values = np.random.default_rng(1).beta(2, 1, 2_000)
    half = 1.96 * values.std() / np.sqrt(len(values))
    ours = interval(values)
    assert (ours.low, ours.high) == pytest.approx(
        (values.mean() - half, values.mean() + half), abs=0.05 * half
    )


def test_the_paired_test_of_few_counts_every_way_to_flip_the_signs() -> None:
    differences = np.array([0.3, 0.2, -0.1, 0.4, 0.05])
    flipped = [abs(np.dot(signs, differences)) for signs in product((-1, 1), repeat=5)]
    as_extreme = sum(value >= differences.sum() - 1e-12 for value in flipped)
    assert change(np.zeros(5), differences).p == as_extreme / 32 == 6 / 32


def test_the_paired_test_of_many_samples_them() -> None:
    rng = np.random.default_rng(3)
    before = rng.random(80)
    after = np.clip(before + rng.normal(0.03, 0.15, 80), 0, 1)
    signs = rng.choice([-1.0, 1.0], (20_000, 80))
    extreme = np.abs((signs * (after - before)).mean(axis=1)) >= abs((after - before).mean())
    ours = change(before, after)
    assert 0.01 < ours.p < 0.5
    assert ours.p == pytest.approx(extreme.mean(), abs=0.02)
    assert ours.low < ours.mean < ours.high


@pytest.mark.parametrize("differences", [[], [0.4]])
def test_none_or_one_tells_nothing_of_chance(differences: list[float]) -> None:
    after = np.array(differences)
    lone = change(np.zeros(len(after)), after)
    mean = sum(differences)
    assert (lone.mean, lone.low, lone.high, lone.p) == (mean, mean, mean, 1.0)
    assert lone.questions == len(differences)


def test_nothing_changed_is_neither_better_nor_worse() -> None:
    same = change(np.ones(5), np.ones(5))
    assert (same.mean, same.p, same.better, same.worse) == (0, 1, False, False)


def test_a_clear_loss_is_worse_and_the_same_every_time() -> None:
    before, after = np.full(40, 0.9), np.full(40, 0.9) - np.linspace(0.1, 0.3, 40)
    assert change(before, after).worse
    assert change(before, after) == change(before, after)
    assert change(before, after).chance == "p < 0.001"
