"""The fusion, on hand-made vectors: what it promises, and that its formula is what the docstring
says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format.exit_codes import UsageError
from searchbar.retrieval.fusion import (
    COVERED,
    LEAST_SPREAD,
    USUAL_SPREAD,
    Fusion,
    fuse,
    meaning_of,
    tail_of,
)

PLAIN = Fusion(words=0.25, feedback=0.0)
X = np.array([1.0, 0.0, 0.0], np.float32)


def at(*cosines: float) -> np.ndarray:
    """Unit vectors with these cosines to X, each turned into a direction of its own."""
    return np.array(
        [
            [c, *(np.sqrt(1 - c * c) * np.array([np.cos(n), np.sin(n)]))]
            for n, c in enumerate(cosines)
        ],
        np.float32,
    )


def test_the_score_is_the_cosine_plus_the_share_of_the_best_bm25_over_the_spread() -> None:
    fused = fuse(X, at(0.8, 0.4, 0.0), np.array([0.0, 5.0, 10.0]), 10.0, PLAIN, 100)
    spread = np.std([0.8, 0.4, 0.0])
    words = 0.25 * USUAL_SPREAD / spread
    assert fused.words == pytest.approx(words)
    assert fused.scores == pytest.approx([0.8, 0.4 + words * 0.5, 0.0 + words], abs=1e-6)
    assert fused.confidence == pytest.approx([0.8, 0.4 + COVERED * 0.5, COVERED], abs=1e-6)


def test_words_that_no_item_holds_half_of_count_less() -> None:
    vectors, bm25 = at(0.8, 0.4, 0.0), np.array([0.0, 5.0, 10.0])
    held, half, scarcely = (
        fuse(X, vectors, bm25, rarity, PLAIN, 100) for rarity in (10.0, 20.0, 80.0)
    )
    assert held.scores == pytest.approx(half.scores)
    assert half.scores - held.cosines == pytest.approx(
        4 * (scarcely.scores - held.cosines), abs=1e-6
    )


def test_words_count_half_where_the_legs_speak_of_different_things() -> None:
    cosines = at(*np.linspace(0.9, 0.1, 200))
    agreed, apart, mixed = np.zeros(200), np.zeros(200), np.zeros(200)
    agreed[:10], apart[-10:], mixed[[*range(5), *range(-5, 0)]] = 7, 7, 7
    words = [fuse(X, cosines, bm25, 7.0, PLAIN, 200).words for bm25 in (agreed, mixed, apart)]
    assert words == pytest.approx([words[0], 0.75 * words[0], 0.5 * words[0]])


def test_a_large_catalogue_has_its_nearest_close_together_and_that_says_nothing() -> None:
    drawn = np.random.default_rng(7).normal(0.1, 0.1, 1_000_000)

    def spread(items: int) -> float:
        parts = drawn.reshape(-1, items)[:10]
        return float(np.mean([np.sort(part)[-100:].std() for part in parts]))

    assert tail_of(500) == tail_of(3_000) == 1
    assert tail_of(100_000) == pytest.approx(spread(100_000) / spread(4_000), abs=0.06)
    few, many = (
        fuse(X, at(0.8, 0.4, 0.0), np.array([0.0, 5.0, 10.0]), 10.0, PLAIN, n)
        for n in (3_000, 100_000)
    )
    assert many.words == pytest.approx(few.words * tail_of(100_000))


def test_feedback_moves_the_question_to_its_first_answers_each_by_its_score() -> None:
    vectors, bm25 = at(0.9, 0.5, 0.1), np.zeros(3)
    fused = fuse(X, vectors, bm25, 1.0, Fusion(feedback=0.4, feedback_items=2), 100)
    counts = np.exp((np.array([0.9, 0.5]) - 0.9) / np.std([0.9, 0.5, 0.1]))
    moved = X + 0.4 * (counts / counts.sum()) @ vectors[:2]
    assert fused.scores == pytest.approx(vectors @ (moved / np.linalg.norm(moved)), abs=1e-6)
    assert fused.cosines == pytest.approx([0.9, 0.5, 0.1], abs=1e-6)


def test_words_decide_where_meaning_does_not_and_settle_less_where_one_item_stands_out() -> None:
    flat = fuse(X, at(*[0.30] * 50, *[0.29] * 50), np.eye(100)[99] * 7, 20.0, PLAIN, 100)
    assert int(np.argmax(flat.scores)) == 99
    clear = fuse(X, at(0.95, *[0.10] * 99), np.eye(100)[99] * 7, 20.0, PLAIN, 100)
    assert int(np.argmax(clear.scores)) == 0


def test_where_all_cosines_are_equal_words_still_count() -> None:
    assert fuse(X, at(0.5, 0.5), np.array([0.0, 1.0]), 1.0, PLAIN, 100).words == pytest.approx(
        0.25 * USUAL_SPREAD / LEAST_SPREAD
    )


def test_no_candidates_are_no_scores() -> None:
    assert len(fuse(X, np.empty((0, 3), np.float32), np.empty(0), 0.0, Fusion(), 0).scores) == 0


vectors = st.integers(1, 30).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(-1, 1, width=32), min_size=n, max_size=n),
        st.lists(st.floats(0, 50, width=32), min_size=n, max_size=n),
    )
)


@settings(max_examples=60, deadline=None)
@given(vectors, st.floats(0, 100), st.integers(0, 2**31))
def test_the_order_of_the_candidates_changes_nothing(
    pool: tuple[list[float], list[float]], rarity: float, seed: int
) -> None:
    cosines, bm25 = at(*pool[0]), np.array(pool[1])
    fused = fuse(X, cosines, bm25, rarity, Fusion(feedback_items=100), 100)
    turn = np.random.default_rng(seed).permutation(len(bm25))
    turned = fuse(X, cosines[turn], bm25[turn], rarity, Fusion(feedback_items=100), 100)
    assert np.isfinite(fused.scores).all()
    assert turned.scores == pytest.approx(fused.scores[turn], abs=1e-4)
    assert turned.confidence == pytest.approx(fused.confidence[turn], abs=1e-4)


def test_a_field_that_fusion_has_not_is_refused_with_the_nearest_that_it_has() -> None:
    with pytest.raises(UsageError, match="Did you mean 'feedback'"):
        Fusion.from_recipe({"fedback": 1})


@pytest.mark.parametrize(
    "table",
    [
        {"words": "much"},
        {"words": -1},
        {"feedback": True},
        {"feedback_items": 1.5},
        {"words": float("nan")},
    ],
)
def test_a_value_that_a_field_cannot_have_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"in \[fusion\] must be"):
        Fusion.from_recipe(table)


@pytest.mark.parametrize(("unknown", "counts"), [(0, 1), (0.5, 1), (0.75, 0.5), (1, 0.02)])
def test_meaning_counts_less_the_more_words_the_encoder_does_not_know(
    unknown: float, counts: float
) -> None:
    meaning = meaning_of(unknown)
    assert meaning == counts
    vectors, bm25 = at(0.8, 0.4, 0.3), np.array([0.0, 0.0, 5.0])
    fused = fuse(X, vectors, bm25, 10.0, PLAIN, 100, meaning)
    whole = fuse(X, vectors, bm25, 10.0, PLAIN, 100)
    assert fused.scores[:2] == pytest.approx(counts * whole.scores[:2])
    assert (fused.confidence == whole.confidence).all()
    assert (np.argmax(fused.scores) == 2) == (counts < 0.1)
