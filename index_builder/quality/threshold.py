"""The threshold of "no good match" between good and bad answers, with its error rates."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from index_builder.quality.evaluate import Evaluation
from index_builder.quality.judgments import JudgedQuestion
from index_builder.quality.known_items import WORDS, known_items
from index_builder.quality.query_runner import QueryResult, ask
from release_format.release import LEVELS
from release_format.seal import write_atomically
from searchbar.engine import Engine

FOREIGN = Path(__file__).with_name("foreign.txt")
FEWEST_GOOD, FEWEST_BAD = 20, 10
# How many random pairs a question has, how many of them may pass for good, and the least step above
# them.
EACH, MOST_RANDOM, STEP, SEED = 20, 0.01, 0.0001, 20_264
SCORE = "confidence"
JUDGED, KNOWN = "judgments", "known items"
# The share of good answers that no level may call bad, whatever it lets pass.
MOST_REJECTED = 0.1
# A level that lets more than these shares pass tells nothing.
MOST_ACCEPTED, MOST_PASSED = 0.5, 0.1
# With more of the items than this in languages that the encoder does not know, known items tell
# nothing of questions.
MOST_UNKNOWN = 0.2
# No confidence is higher: a cosine of 1, and every word.
HIGHEST = 1.3


@dataclass(frozen=True)
class Threshold:
    """The level of "no good match", and the shares of bad answers above it and of good ones below
    it.

    No level: nothing is ever called a bad match, and `cause` says why none can be told.
    `random_pairs` are questions with what answers another one: at most `random_accept` of them pass
    for good matches. `seen` are the confidences by twentieths from 0, for a plot: of good answers,
    of bad ones, of random pairs.
    """

    level: float | None
    false_accept: float
    false_reject: float
    source: str
    pairs: int
    unanswerable: str
    random_pairs: int = 0
    random_accept: float = 0.0
    cause: str = ""
    seen: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def to_json(self) -> str:
        """levels.json"""
        fields = {
            name: value
            for name, value in asdict(self).items()
            if name not in ("level", "source", "seen")
        }
        fields = {"level": self.level, "score": SCORE, **fields, "from": self.source}
        return json.dumps({"no_good_match": fields}, indent=1) + "\n"


def calibrate(engine: Engine, evaluation: Evaluation | None, unknown: float = 0.0) -> Threshold:
    """Put the level where good and bad answers are mistaken for each other least.

    Good: the judged items where the release finds them; without 20 of those, items that a few of
    their own words ask for. Bad: the first answers to questions that judges called unanswerable;
    without ten of those, to questions about daily life that come with this program, but for those
    that the catalogue seems to be about. Random pairs of a question and what answers another one
    hold the level up: at most one of a hundred should pass.

    Args:
        unknown: the share of items whose language the encoder does not know.
    """
    answered = (
        [(question, evaluation.answers[question.id]) for question in evaluation.judged]
        if evaluation
        else []
    )
    good, source = _good(answered), JUDGED
    if len(good) < FEWEST_GOOD:
        known = known_items(engine.release.items, engine.retriever.lexical)
        answers = ask(engine, [question.question for question in known], "asking for known items")
        answered = list(zip(known, answers, strict=True))
        good, source = _good(answered), KNOWN
    bad, called = _judged_bad(evaluation), JUDGED
    if len(bad) < FEWEST_BAD:
        bad, called = _foreign_bad(engine, good), "questions about daily life"
    cause = _too_little(good, bad, source, unknown)
    return (
        not_told(cause, source, called)
        if cause
        else between(good, bad, source, called, random_pairs(answered))
    )


def _too_little(good: Sequence[float], bad: Sequence[float], source: str, unknown: float) -> str:
    """Why no level can be told before any is tried; empty when one can."""
    if source == KNOWN and unknown > MOST_UNKNOWN:
        return f"{unknown:.0%} of the items are in languages that the encoder does not know"
    if len(good) < FEWEST_GOOD:
        return (
            f"only {len(good)} of the items were found by {WORDS} words of their description that"
            f" tell them apart, and {FEWEST_GOOD} are needed"
        )
    if len(bad) < FEWEST_BAD:
        return "what the catalogue holds seems to answer any question"
    return ""


def not_told(cause: str, source: str, unanswerable: str, pairs: int = 0) -> Threshold:
    """No level, and why."""
    return Threshold(None, 1.0, 0.0, source, pairs, unanswerable, cause=cause)


def between(
    good: Sequence[float],
    bad: Sequence[float],
    source: str,
    unanswerable: str,
    pairs: Sequence[float] = (),
) -> Threshold:
    """The level with the least mean of both error rates; of several, the lowest; halfway to the
    next value.

    It lies above 99 of 100 random pairs, as far as it calls few good answers bad. No level, where
    one that does lets half of the bad answers pass, or a tenth of random pairs.
    """
    values = np.unique([*good, *bad])
    levels = np.concatenate([[values[0] - 0.01], (values[1:] + values[:-1]) / 2])
    floor = float(np.quantile(pairs, 1 - MOST_RANDOM, method="higher")) + STEP if pairs else -np.inf
    roof = float(np.quantile(good, MOST_REJECTED, method="lower"))
    levels = np.unique(np.minimum(np.maximum(levels, floor), roof))
    accepts = np.array([np.mean(np.array(bad) >= level) for level in levels])
    rejects = np.array([np.mean(np.array(good) < level) for level in levels])
    best = int(np.argmin(accepts + rejects))
    passed = float(np.mean(np.array(pairs) >= levels[best])) if pairs else 0.0
    level = Threshold(
        level=float(np.floor(levels[best] * 10_000)) / 10_000,
        false_accept=float(accepts[best]),
        false_reject=float(rejects[best]),
        source=source,
        pairs=len(good) + len(bad),
        unanswerable=unanswerable,
        random_pairs=len(pairs),
        random_accept=passed,
        seen={"good": _twentieths(good), "bad": _twentieths(bad), "random": _twentieths(pairs)},
    )
    cause = _tells_nothing(level)
    return (
        replace(level, level=None, false_accept=1.0, false_reject=0.0, cause=cause)
        if cause
        else level
    )


def _tells_nothing(level: Threshold) -> str:
    if level.random_accept > MOST_PASSED:
        return (
            "what answers one question passes as well for an answer to others: too little tells the"
            " items apart"
        )
    if level.false_accept > MOST_ACCEPTED:
        called = (
            "questions that cannot be answered"
            if level.unanswerable == JUDGED
            else level.unanswerable
        )
        return f"answers to {called} look as good as good ones"
    return ""


def _twentieths(values: Sequence[float]) -> list[int]:
    counts, _ = np.histogram(
        np.clip(values, 0, HIGHEST - 0.001), bins=round(20 * HIGHEST), range=(0, HIGHEST)
    )
    return [int(count) for count in counts]


def random_pairs(answered: Sequence[tuple[JudgedQuestion, QueryResult]]) -> list[float]:
    """The confidence in what answers other questions; what is not even among the first hundred
    passes for nothing.

    (Of a large catalogue the hundredth answer is a good one too, and says nothing of a random
    item.)
    """
    draw = random.Random(SEED)  # noqa: S311
    ids = sorted({id for question, _ in answered for id in question.relevant})
    values: list[float] = []
    for question, answer in answered:
        if answer.ids and not answer.named:
            confidence = dict(zip(answer.ids, answer.confidence, strict=True))
            other_ids = draw.sample(ids, min(EACH, len(ids)))
            values += [confidence.get(id, 0.0) for id in other_ids if id not in question.relevant]
    return values


def write_level(directory: Path, level: Threshold) -> None:
    """Write levels.json of a release that is not sealed yet; another process may be opening it
    just now."""
    write_atomically(directory / LEVELS, level.to_json())


def _good(answered: Sequence[tuple[JudgedQuestion, QueryResult]]) -> list[float]:
    return [value for question, answer in answered for value in _best(question, answer)]


def _judged_bad(evaluation: Evaluation | None) -> list[float]:
    answered = (
        [evaluation.answers[question.id] for question in evaluation.unanswerable]
        if evaluation
        else []
    )
    return [answer.confidence[0] for answer in answered if answer.ids and not answer.named]


def _best(question: JudgedQuestion, answer: QueryResult) -> list[float]:
    """The confidence in the best relevant item that was found, unless it was found by its name."""
    if answer.named:
        return []
    relevant = (
        value
        for id, value in zip(answer.ids, answer.confidence, strict=True)
        if id in question.relevant
    )
    return sorted(relevant, reverse=True)[:1]


def _foreign_bad(engine: Engine, good: Sequence[float]) -> list[float]:
    """What the catalogue answers as surely as half of what it holds, it is about: such questions
    are left out."""
    questions = FOREIGN.read_text(encoding="utf-8").splitlines()
    answered = ask(engine, questions, "asking what cannot be answered")
    bad = [answer.confidence[0] for answer in answered if answer.ids and not answer.named]
    middle = float(np.median(good)) if good else float("inf")
    return [value for value in bad if value < middle]
