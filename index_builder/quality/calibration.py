"""The curves between confidence and what is wanted: an encoder's prior, moved by a catalogue's own
pairs."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from release_format.config.table import Positive, check, table
from searchbar.relevance.estimate import Curve, logistic

FILE = Path(__file__).with_name("encoder_prior.toml")
# Hits of one question are alike: so much of one counts as a pair by itself.
HIT_WEIGHT = 0.25
STEPS, LEAST_SLOPE, LEAST_STEEPNESS = 50, 0.1, 2.0

Floats = NDArray[np.float64]


@table
class EncoderPrior:
    """What is known of an encoder's confidences before a catalogue is judged, with how far sets lie
    apart in it."""

    model: str
    sets: list[str]
    level: Positive
    level_spread: Positive
    steepness: Positive
    steepness_spread: Positive
    intercept: float
    intercept_spread: Positive
    confidence: Positive
    confidence_spread: Positive
    drop: Positive
    drop_spread: Positive

    @property
    def curve(self) -> Curve:
        """The curve of a catalogue of which nothing is known."""
        return Curve(self.steepness, self.intercept, self.confidence, self.drop)


@dataclass(frozen=True)
class QuestionFit:
    """From which confidence on questions are answered, and how steeply that rises."""

    level: float
    steepness: float


@cache
def priors() -> tuple[EncoderPrior, ...]:
    """The shipped table.

    Raises:
        ConfigError: it is not what it should be.
    """
    rows: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["encoder"]
    return tuple(
        check(EncoderPrior, row, str(FILE), ["encoder", str(n)]) for n, row in enumerate(rows)
    )


def prior_of(model: str) -> tuple[EncoderPrior, bool]:
    """The prior of an encoder, and whether it is its own; of one that is not known, the first."""
    own = [prior for prior in priors() if prior.model == model]
    return (own or list(priors()))[0], bool(own)


def fit_questions(
    answered: Sequence[float], unanswered: Sequence[float], prior: EncoderPrior
) -> QuestionFit:
    """Fit how likely a question is answered whose first hit has some confidence.

    Both kinds count the same, however many there are of each; with none of one kind, the prior is
    left as it is.
    """
    n, m = len(answered), len(unanswered)
    each = n * m / (n + m) if n and m else 0.0
    weights = np.repeat([each / max(1, n), each / max(1, m)], [n, m])
    confidence = np.array([*answered, *unanswered], np.float64) - prior.level
    features = np.stack([np.ones(n + m), confidence], axis=1)
    mean = np.array([0.0, prior.steepness])
    spread = np.array([prior.steepness * prior.level_spread, prior.steepness_spread])
    wanted = np.repeat([1.0, 0.0], [n, m])
    offset, steepness = fit(features, wanted, weights, mean, spread)
    steepness = max(float(steepness), LEAST_STEEPNESS)
    return QuestionFit(prior.level - float(offset) / steepness, steepness)


def fit_hits(
    confidence: Floats, drop: Floats, wanted: Floats, prior: EncoderPrior, steepness: float
) -> Curve:
    """Fit how likely hits are wanted of questions that are answered.

    Args:
        confidence: of each hit, (hits,).
        drop: what its score lacks of its question's best, (hits,).
        wanted: 1 where it was judged relevant, else 0, (hits,).
        prior: of the encoder.
        steepness: what `fit_questions` found.
    """
    features = np.stack([np.ones(len(drop)), confidence, -drop], axis=1)
    mean = np.array([prior.intercept, prior.confidence, prior.drop])
    spread = np.array([prior.intercept_spread, prior.confidence_spread, prior.drop_spread])
    weights = np.full(len(drop), HIT_WEIGHT)
    intercept, slope, fall = fit(features, wanted, weights, mean, spread).tolist()
    return Curve(steepness, intercept, max(slope, LEAST_SLOPE), max(fall, LEAST_SLOPE))


def fit(features: Floats, wanted: Floats, weights: Floats, mean: Floats, spread: Floats) -> Floats:
    """The likeliest logistic regression under normal priors of its numbers, by Newton's method.

    Args:
        features: (pairs, numbers).
        wanted: 1 or 0, (pairs,).
        weights: how much each pair counts, (pairs,).
        mean: of the priors, (numbers,).
        spread: their standard deviations, (numbers,).
    """
    precision = np.diag(1 / spread**2)

    def loss(numbers: Floats) -> float:
        x = features @ numbers
        likelihood = weights * (np.logaddexp(0, x) - wanted * x)
        return float(
            likelihood.sum() + 0.5 * ((numbers - mean) / spread) @ ((numbers - mean) / spread)
        )

    numbers = mean
    for _ in range(STEPS):
        likely = logistic(features @ numbers)
        gradient = features.T @ (weights * (likely - wanted)) + precision @ (numbers - mean)
        curvature = (features * (weights * likely * (1 - likely))[:, None]).T @ features + precision
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while loss(numbers - size * step) > loss(numbers) and size > 1e-6:
            size /= 2
        numbers = numbers - size * step
        if float(np.abs(size * step).max()) < 1e-9:
            break
    return numbers
