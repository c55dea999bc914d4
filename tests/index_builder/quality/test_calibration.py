"""The fit of curves: against scikit-learn, and between prior and pairs."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from index_builder.quality.calibration import fit, fit_hits, fit_questions, prior_of, priors
from searchbar.relevance.estimate import logistic

PRIOR, _ = prior_of("sentence-transformers/all-MiniLM-L6-v2")
DRAW = np.random.default_rng(7)


def drawn(level: float, many: int) -> tuple[list[float], list[float]]:
    """Confidences of answered and unanswered questions around a level."""
    return DRAW.normal(level + 0.2, 0.08, many).tolist(), DRAW.normal(
        level - 0.2, 0.08, many
    ).tolist()


def test_it_is_ridge_regression_where_that_is_the_same() -> None:
    """A prior of mean 0 and spread 1 on every number, and no constant beside them."""
    features = DRAW.normal(size=(200, 3))
    wanted = (features @ [1.0, -2.0, 0.5] + DRAW.normal(size=200) > 0).astype(float)
    ours = fit(features, wanted, np.ones(200), np.zeros(3), np.ones(3))
    theirs = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10).fit(features, wanted)
    assert ours == pytest.approx(theirs.coef_[0], abs=1e-4)


def test_without_pairs_the_prior_stays() -> None:
    fitted = fit_questions([], [], PRIOR)
    assert (fitted.level, fitted.steepness) == pytest.approx((PRIOR.level, PRIOR.steepness))
    assert fit_questions([], [0.9] * 40, PRIOR).level == pytest.approx(PRIOR.level)
    nothing = np.empty(0)
    assert fit_hits(nothing, nothing, nothing, PRIOR, PRIOR.steepness) == PRIOR.curve


def test_few_pairs_move_the_level_little_and_many_move_it_far() -> None:
    few = fit_questions(*drawn(0.8, 3), PRIOR).level
    many = fit_questions(*drawn(0.8, 400), PRIOR).level
    assert PRIOR.level < few < many < 0.85
    assert many > 0.7


def test_hits_are_fitted_where_they_lie() -> None:
    confidence, drop = DRAW.uniform(0, 1.3, 4000), DRAW.uniform(0, 0.6, 4000)
    likely = logistic(-4 + 6 * confidence - 8 * drop)
    wanted = (DRAW.uniform(size=4000) < likely).astype(float)
    curve = fit_hits(confidence, drop, wanted, PRIOR, 20)
    assert (curve.intercept, curve.confidence, curve.drop) == pytest.approx((-4, 6, 8), rel=0.15)
    assert curve.steepness == 20


def test_a_curve_never_falls_where_confidence_rises() -> None:
    confidence = np.linspace(0, 1, 500)
    turned = (confidence < 0.5).astype(float)
    curve = fit_hits(confidence, np.zeros(500), turned, PRIOR, 20)
    assert curve.confidence > 0


def test_an_unknown_encoder_has_the_first_prior_and_it_is_said() -> None:
    assert prior_of("somebody/else") == (priors()[0], False)
    assert prior_of(PRIOR.model) == (PRIOR, True)
