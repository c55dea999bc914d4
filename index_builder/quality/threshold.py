"""When nothing fits and how likely hits are wanted: level and curve, with how often they err."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from index_builder.quality.calibration import (
    EncoderPrior,
    Floats,
    QuestionFit,
    fit_hits,
    fit_questions,
    prior_of,
)
from index_builder.quality.evaluate import Evaluation
from index_builder.quality.known_items import known_items
from index_builder.quality.query_runner import QueryResult, ask
from release_format.release import LEVELS
from release_format.seal import write_atomically
from searchbar.engine import Engine
from searchbar.relevance.estimate import NO_GOOD_MATCH, RELEVANT_SET, Curve

VERSION = 2
FOREIGN = Path(__file__).with_name("foreign.txt")
# Fewer than these tell nothing by themselves.
FEWEST_JUDGED, FEWEST_KNOWN, FEWEST_BAD = 20, 20, 10
SCORE = "confidence"
JUDGED, ASSUMED = "judgments", "the encoder's prior"
DAILY = "questions about daily life"
# The share of judged questions that a level above the prior's may call unanswered.
MOST_REFUSED = 0.05
# The share of known items that the prior's level calls unanswered on the sets it was measured on:
# they are harder than what visitors ask. So many of them count as much as the prior.
KNOWN_REFUSED, KNOWN_AS_PRIOR = 0.35, 50
BINS = 10
# No confidence is higher: a cosine of 1, and every word.
HIGHEST = 1.3


@dataclass(frozen=True)
class Threshold:
    """The level of "no good match" and the curve of the relevant set, and how often they err.

    `false_accept` is the share of questions that nothing answers which pass for answered, and
    `false_reject` that of answerable ones which are called unanswered; None where nobody can tell.
    `seen` are the confidences of first hits by twentieths from 0, for a plot: of answerable
    questions, of others. `calibration` are, by tenths of the estimate, its mean, the share that was
    judged relevant, and how many hits.
    """

    level: float
    curve: Curve
    false_accept: float | None
    false_reject: float | None
    source: str
    prior: str
    judged: int
    unanswerable: str
    bad: int
    known: int = 0
    seen: dict[str, list[int]] = field(default_factory=dict)
    calibration: list[list[float]] = field(default_factory=list)

    @property
    def calibration_error(self) -> float | None:
        """How far estimates and shares lie apart in the mean over all judged hits."""
        hits = sum(row[2] for row in self.calibration)
        apart = sum(abs(mean - share) * many for mean, share, many in self.calibration)
        return apart / hits if hits else None

    def sentence(self) -> str:
        """What was assumed and what was measured, in one line."""
        parts = [f"Nothing fits under a confidence of {self.level:.3f}, {self._from()}"]
        if self.false_reject is not None:
            parts.append(f"{self.false_reject:.1%} of the judged questions are called unanswered")
        if self.false_accept is not None:
            parts.append(
                f"{self.false_accept:.1%} of {self.bad} {self._nothing()} pass for answered"
            )
        return "; ".join(parts) + "."

    def _from(self) -> str:
        if self.judged >= FEWEST_JUDGED:
            return f"measured by {self.judged:,} judged questions"
        assumed = f"assumed ({self.prior})"
        if self.judged:
            assumed += f" and moved by {self.judged} judged question{'s' * (self.judged > 1)}"
        elif self.known:
            assumed += f" and held against {self.known} known items"
        return assumed

    def _nothing(self) -> str:
        return "unanswerable questions" if self.unanswerable == JUDGED else self.unanswerable

    def to_json(self) -> str:
        """levels.json"""
        error = self.calibration_error
        nothing = {
            "level": self.level,
            "score": SCORE,
            "false_accept": self.false_accept,
            "false_reject": self.false_reject,
            "pairs": self.judged + self.bad,
            "unanswerable": self.unanswerable,
            "from": self.source,
        }
        relevant = {**asdict(self.curve), "from": self.source, "questions": self.judged}
        relevant["calibration_error"] = None if error is None else round(error, 4)
        table = {
            "version": VERSION,
            NO_GOOD_MATCH: nothing,
            RELEVANT_SET: relevant,
            "said": self.sentence(),
        }
        return json.dumps(table, indent=1) + "\n"

    def to_facts(self) -> dict[str, Any]:
        """For the verdict, and the report."""
        derived = {"said": self.sentence(), "calibration_error": self.calibration_error}
        return {**asdict(self), **derived}


def calibrate(engine: Engine, evaluation: Evaluation | None) -> Threshold:
    """Fit the level and the curve to what is known of a catalogue, beginning with its encoder.

    Answerable are the judged questions. Unanswerable are those that judges called so; without ten
    of those, questions about daily life that come with this program, but for those that the
    catalogue answers as surely as what it was judged on. What nobody judged keeps the prior, but
    for its level where it would refuse more of the catalogue's own items than it should.
    """
    encoder = engine.release.encoder
    prior, is_own = prior_of(str(encoder.get("model", "")))
    answers = [evaluation.answers[each.id] for each in evaluation.judged] if evaluation else []
    good = _firsts(answers)
    bad, called = _unanswerable(engine, evaluation, good)
    known = [] if good else _known(engine)
    questions = _level(fit_questions(good, bad, prior), good, known, prior)
    curve, hits = _curve(evaluation, prior, questions)
    level = float(np.floor(questions.level * 10_000)) / 10_000
    return Threshold(
        level=level,
        curve=curve,
        false_accept=_share(bad, lambda value: value >= level),
        false_reject=_share(good, lambda value: value < level),
        source=JUDGED if len(good) >= FEWEST_JUDGED else ASSUMED,
        prior=_told(prior, is_own=is_own),
        judged=len(good),
        unanswerable=called,
        bad=len(bad),
        known=len(known),
        seen={"good": _twentieths(good or known), "bad": _twentieths(bad)},
        calibration=_calibration(curve, *hits),
    )


def _told(prior: EncoderPrior, *, is_own: bool) -> str:
    measured = f"measured on {', '.join(prior.sets)}"
    return measured if is_own else f"of another encoder, {measured}"


def _level(
    fitted: QuestionFit, good: Sequence[float], known: Sequence[float], prior: EncoderPrior
) -> QuestionFit:
    """Above the prior only while few judged questions are refused; below it where the catalogue's
    own items would be."""
    level = fitted.level
    if level > prior.level and len(good) >= FEWEST_JUDGED:
        roof = float(np.quantile(good, MOST_REFUSED, method="lower"))
        level = max(prior.level, min(level, roof))
    if len(known) >= FEWEST_KNOWN:
        share = len(known) / (len(known) + KNOWN_AS_PRIOR)
        lower = min(level, float(np.quantile(known, KNOWN_REFUSED)))
        level += share * (lower - level)
    return QuestionFit(level, fitted.steepness)


def _curve(
    evaluation: Evaluation | None, prior: EncoderPrior, questions: QuestionFit
) -> tuple[Curve, tuple[Floats, Floats, Floats]]:
    """The curve of hits, with what it was fitted to: confidences, drops, and what was wanted."""
    confidence: list[float] = []
    drops: list[float] = []
    wanted: list[float] = []
    for question in evaluation.judged if evaluation else ():
        answer = evaluation.answers[question.id] if evaluation else QueryResult([], [], True)
        if not answer.named:
            confidence += answer.confidence
            drops += answer.drops
            wanted += [float(id in question.relevant) for id in answer.ids]
    hits = np.array(confidence), np.array(drops), np.array(wanted)
    return fit_hits(*hits, prior, questions.steepness), hits


def _calibration(
    curve: Curve, confidence: Floats, drops: Floats, wanted: Floats
) -> list[list[float]]:
    estimates = curve.wanted(confidence, drops)
    places = np.minimum((estimates * BINS).astype(int), BINS - 1)
    return [
        [float(estimates[within].mean()), float(wanted[within].mean()), int(within.sum())]
        for within in (places == place for place in range(BINS))
        if within.any()
    ]


def _unanswerable(
    engine: Engine, evaluation: Evaluation | None, good: Sequence[float]
) -> tuple[list[float], str]:
    asked = evaluation.unanswerable if evaluation else []
    judged = _firsts([evaluation.answers[each.id] for each in asked]) if evaluation else []
    if len(judged) >= FEWEST_BAD:
        return judged, JUDGED
    questions = FOREIGN.read_text(encoding="utf-8").splitlines()
    bad = _firsts(ask(engine, questions, "asking what cannot be answered"))
    middle = float(np.median(good)) if good else float("inf")
    return [value for value in bad if value < middle], DAILY


def _known(engine: Engine) -> list[float]:
    """The confidences of what finds items by a few of their own words, where nobody judged."""
    known = known_items(engine.release.items, engine.retriever.lexical)
    return _firsts(ask(engine, [each.question for each in known], "asking for known items"))


def _firsts(answers: Sequence[QueryResult]) -> list[float]:
    """The confidence of each first hit that no name and no pin put there."""
    return [answer.confidence[0] for answer in answers if answer.ids and not answer.named]


def _share(values: Sequence[float], holds: Any) -> float | None:
    return float(np.mean([holds(value) for value in values])) if values else None


def _twentieths(values: Sequence[float]) -> list[int]:
    counts, _ = np.histogram(
        np.clip(values, 0, HIGHEST - 0.001), bins=round(20 * HIGHEST), range=(0, HIGHEST)
    )
    return [int(count) for count in counts]


def write_level(directory: Path, level: Threshold) -> None:
    """Write levels.json of a release that is not sealed yet; another process may be opening it
    just now."""
    write_atomically(directory / LEVELS, level.to_json())
