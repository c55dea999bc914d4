"""Here are answers that are good and answers that cannot be: give me the level between them, and its errors."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from index_builder.asking import Asked, ask
from index_builder.evaluate import Evaluation
from index_builder.judgments import Judged
from index_builder.known_items import known_items
from release_format.release import LEVELS
from release_format.seal import write_atomically
from searchbar.engine import Engine

FOREIGN = Path(__file__).with_name("foreign.txt")
FEWEST_GOOD, FEWEST_BAD = 20, 10
# How many random pairs a question has, how many of them may pass for good, and the least step above them.
EACH, MOST_RANDOM, STEP, SEED = 20, 0.01, 0.0001, 20_264
SCORE = "confidence"
JUDGED, KNOWN = "judgments", "known items"
# No confidence is higher: a cosine of 1, and every word.
HIGHEST = 1.3
# Below every confidence there can be: nothing is ever called a bad match.
NEVER = -1.0


@dataclass(frozen=True)
class Level:
    """The level of "no good match", and the shares of bad answers above it and of good ones below it.

    `random_pairs` are questions with what answers another one: at most `random_accept` of them pass for good matches.
    `seen` are the confidences by twentieths from 0, for a plot: of good answers, of bad ones, of random pairs.
    """

    level: float
    false_accept: float
    false_reject: float
    source: str
    pairs: int
    unanswerable: str
    random_pairs: int = 0
    random_accept: float = 0.0
    seen: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def to_json(self) -> str:
        """levels.json"""
        fields = {name: value for name, value in asdict(self).items() if name not in ("level", "source", "seen")}
        fields = {"level": self.level, "score": SCORE, **fields, "from": self.source}
        return json.dumps({"no_good_match": fields}, indent=1) + "\n"


def calibrate(engine: Engine, evaluation: Evaluation | None) -> Level:
    """Put the level where good and bad answers are mistaken for each other least.

    Good: the judged items where the release finds them; without 20 of those, items that a few of their own words
    ask for. Bad: the first answers to questions that judges called unanswerable; without ten of those, to questions
    about daily life that come with this program, but for those that the catalogue seems to be about. Random pairs of
    a question and what answers another one hold the level up: at most one of a hundred may pass.
    """
    asked = [(one, evaluation.asked[one.id]) for one in evaluation.judged] if evaluation else []
    good, source = _good(asked), JUDGED
    if len(good) < FEWEST_GOOD:
        known = known_items(engine.release.items)
        answers = ask(engine, [one.question for one in known], "asking for known items")
        asked = list(zip(known, answers, strict=True))
        good, source = _good(asked), KNOWN
    bad, called = _judged_bad(evaluation), JUDGED
    if len(bad) < FEWEST_BAD:
        bad, called = _foreign_bad(engine, good), "questions about daily life"
    return between(good, bad, source, called, random_pairs(asked))


def between(
    good: Sequence[float], bad: Sequence[float], source: str, unanswerable: str, pairs: Sequence[float] = ()
) -> Level:
    """The level with the least mean of both error rates; of several, the lowest; halfway to the next value.

    It lies above 99 of 100 random pairs.
    """
    if not good or not bad:
        return Level(NEVER, 1.0, 0.0, source, len(good) + len(bad), unanswerable, len(pairs), float(bool(pairs)))
    values = np.unique([*good, *bad])
    levels = np.concatenate([[values[0] - 0.01], (values[1:] + values[:-1]) / 2])
    floor = float(np.quantile(pairs, 1 - MOST_RANDOM, method="higher")) + STEP if pairs else NEVER
    levels = np.unique(np.maximum(levels, floor))
    accepts = np.array([np.mean(np.array(bad) >= level) for level in levels])
    rejects = np.array([np.mean(np.array(good) < level) for level in levels])
    best = int(np.argmin(accepts + rejects))
    level = round(float(levels[best]), 4)
    passed = float(np.mean(np.array(pairs) >= level)) if pairs else 0.0
    rates = (float(accepts[best]), float(rejects[best]))
    seen = {"good": _twentieths(good), "bad": _twentieths(bad), "random": _twentieths(pairs)}
    return Level(level, *rates, source, len(good) + len(bad), unanswerable, len(pairs), passed, seen)


def _twentieths(values: Sequence[float]) -> list[int]:
    counts, _ = np.histogram(np.clip(values, 0, HIGHEST - 0.001), bins=round(20 * HIGHEST), range=(0, HIGHEST))
    return [int(count) for count in counts]


def random_pairs(asked: Sequence[tuple[Judged, Asked]]) -> list[float]:
    """The confidence in what answers other questions; what is not even among the first hundred passes for nothing.

    (Of a large catalogue the hundredth answer is a good one too, and says nothing of a random item.)
    """
    draw = random.Random(SEED)  # noqa: S311
    ids = sorted({id for one, _ in asked for id in one.relevant})
    values: list[float] = []
    for one, answer in asked:
        if answer.ids and not answer.named:
            confidence = dict(zip(answer.ids, answer.confidence, strict=True))
            others = draw.sample(ids, min(EACH, len(ids)))
            values += [confidence.get(id, 0.0) for id in others if id not in one.relevant]
    return values


def write_level(directory: Path, level: Level) -> None:
    """Write levels.json of a release that is not sealed yet; another process may be opening it just now."""
    write_atomically(directory / LEVELS, level.to_json())


def _good(asked: Sequence[tuple[Judged, Asked]]) -> list[float]:
    return [value for one, answer in asked for value in _best(one, answer)]


def _judged_bad(evaluation: Evaluation | None) -> list[float]:
    asked = [evaluation.asked[one.id] for one in evaluation.unanswerable] if evaluation else []
    return [answer.confidence[0] for answer in asked if answer.ids and not answer.named]


def _best(one: Judged, answer: Asked) -> list[float]:
    """The confidence in the best relevant item that was found, unless it was found by its name."""
    if answer.named:
        return []
    relevant = (value for id, value in zip(answer.ids, answer.confidence, strict=True) if id in one.relevant)
    return sorted(relevant, reverse=True)[:1]


def _foreign_bad(engine: Engine, good: Sequence[float]) -> list[float]:
    """What the catalogue answers as surely as half of what it holds, it is about: such questions are left out."""
    questions = FOREIGN.read_text(encoding="utf-8").splitlines()
    asked = ask(engine, questions, "asking what cannot be answered")
    bad = [answer.confidence[0] for answer in asked if answer.ids and not answer.named]
    middle = float(np.median(good)) if good else float("inf")
    return [value for value in bad if value < middle]
