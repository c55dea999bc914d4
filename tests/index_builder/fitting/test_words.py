"""The weight of words: chosen by many questions, kept where it wins for others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_builder.fitting.weighted_answers import WeightedAnswers
from index_builder.fitting.words import (
    FEWEST,
    WEIGHTS,
    WordsFit,
    _by_others,
    _joined,
    chosen,
    fit_words,
    wins,
)
from index_builder.quality.judgments import JudgedQuestion

START = 0.3
AT = WEIGHTS.index(START)
WHY = "as the package has it"


def questions(count: int, items: int = 10**6) -> list[JudgedQuestion]:
    return [JudgedQuestion(f"q{n}", "lamp", {f"i{n % items}": 1}) for n in range(count)]


def answers(
    count: int, best: float, steepness: float, noise: float, items: int = 10**6
) -> WeightedAnswers:
    """Questions that are answered the better, the nearer a weight is to the best one."""
    distance = np.abs(np.log(np.array(WEIGHTS) + 0.05) - np.log(best + 0.05))[:, None]
    drawn = np.random.default_rng(7).normal(0, noise, (len(WEIGHTS), count))
    values = np.clip(0.7 - steepness * distance**2 + drawn, 0, 1)
    return WeightedAnswers(questions(count, items), WEIGHTS, values)


@pytest.mark.parametrize("best", [0.0, 0.1, 0.5, 1.2])
def test_a_weight_that_clearly_wins_is_kept(best: float) -> None:
    fit = fit_words(answers(400, best, 0.05, 0.02), START, WHY)
    assert fit.words == pytest.approx(best, abs=0.2)
    assert abs(fit.words - best) < abs(START - best)
    assert fit.change is not None
    assert fit.change.better
    assert fit.said.startswith(f"Words count {fit.words:g}: 400 judged questions choose")
    assert dict(fit.curve)[fit.words] > dict(fit.curve)[START]


def test_where_the_start_is_best_or_all_is_equal_it_stays() -> None:
    assert fit_words(answers(400, START, 0.05, 0.0), START, WHY).words == START
    flat = fit_words(answers(60, 1.2, 0.0, 0.0), START, WHY)
    assert (flat.words, flat.chosen) == (START, START)
    assert "choose no other" in flat.why


@pytest.mark.parametrize("seed", range(5))
def test_noise_chooses_next_to_nothing(seed: int) -> None:
    """Of questions that no weight answers better, hardly ever is another weight kept."""
    kept = 0
    for turn in range(10):
        drawn = np.random.default_rng([seed, turn]).normal(0.5, 0.2, (len(WEIGHTS), 60))
        noise = WeightedAnswers(questions(60), WEIGHTS, drawn)
        gains = drawn - drawn[AT]
        kept += wins(_by_others(noise, gains, AT) - drawn[AT])
    assert kept <= 3


def test_too_few_questions_choose_nothing() -> None:
    few = fit_words(answers(FEWEST - 1, 1.2, 0.1, 0.0), START, WHY)
    assert (few.words, few.change) == (START, None)
    assert f"{FEWEST - 1} judged questions tell nothing" in few.said
    assert fit_words(answers(0, 1.2, 0.1, 0.0), START, WHY).words == START


def test_few_questions_choose_a_weight_that_is_near_the_start() -> None:
    far, near = (fit_words(answers(n, 1.7, 0.05, 0.01), START, WHY).chosen for n in (400, 25))
    assert START < near < far


def test_a_question_is_answered_by_what_others_chose_that_share_no_item() -> None:
    """Half of them, all about one item, want many words; the others want few."""
    wanted = answers(40, 1.7, 0.1, 0.0).values, answers(40, 0.0, 0.1, 0.0).values
    judged = [JudgedQuestion(f"a{n}", "x", {"same": 1}) for n in range(40)]
    judged += [JudgedQuestion(f"b{n}", "x", {f"i{n}": 1}) for n in range(40)]
    both = WeightedAnswers(judged, WEIGHTS, np.hstack(wanted))
    by_others = _by_others(both, both.values - both.values[AT], AT)
    assert (by_others[:40] < both.values[AT, :40]).all(), "by what the others want"
    alone = WeightedAnswers(judged[:40], WEIGHTS, wanted[0])
    unchosen = _by_others(alone, alone.values - alone.values[AT], AT)
    np.testing.assert_allclose(unchosen, alone.values[AT])
    assert fit_words(alone, START, WHY).words == START, "they only know each other"


def test_questions_are_joined_by_any_of_their_items() -> None:
    judged = [
        JudgedQuestion("a", "x", {"1": 1, "2": 1}),
        JudgedQuestion("b", "x", {"2": 1, "3": 2}),
        JudgedQuestion("c", "x", {"3": 1}),
        JudgedQuestion("d", "x", {"4": 1}),
    ]
    assert _joined(judged) == [[0, 1], [0, 1, 2], [1, 2], [3]]


def test_a_gain_must_be_certain() -> None:
    assert wins(np.array([0.1, 0.2, 0.1, 0.2]))
    assert not wins(np.array([0.1, -0.2, 0.3, -0.1]))
    assert not wins(np.zeros(4))
    assert not wins(np.array([0.0, 0.2, 0.0, 0.1])), "by 1.56 standard errors"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.floats(0, 1), min_size=len(WEIGHTS), max_size=len(WEIGHTS)), max_size=40)
)
def test_whatever_is_judged_the_choice_is_one_of_the_weights(rows: list[list[float]]) -> None:
    values = np.array(rows).reshape(-1, len(WEIGHTS)).T
    fit: WordsFit = fit_words(WeightedAnswers(questions(len(rows)), WEIGHTS, values), START, WHY)
    assert {fit.words, fit.chosen} <= set(WEIGHTS)
    if len(rows):
        turned = chosen(values[:, ::-1] - values[AT, ::-1], AT, WEIGHTS)
        assert turned == chosen(values - values[AT], AT, WEIGHTS), "their order says nothing"
