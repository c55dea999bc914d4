"""Here are answers that are good and answers that cannot be: give me the level between them, and its errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from index_builder.asking import Asked, ask
from index_builder.evaluate import Evaluation
from index_builder.judgments import Judged
from index_builder.known_items import known_items
from release_format.release import LEVELS
from searchbar.engine import Engine

FOREIGN = Path(__file__).with_name("foreign.txt")
FEWEST_GOOD, FEWEST_BAD = 20, 10
SCORE = "confidence"
JUDGED, KNOWN = "judgments", "known items"
# Below every confidence there can be: nothing is ever called a bad match.
NEVER = -1.0


@dataclass(frozen=True)
class Level:
    """The level of "no good match", and the shares of bad answers above it and of good ones below it."""

    level: float
    false_accept: float
    false_reject: float
    source: str
    pairs: int
    unanswerable: str

    def to_json(self) -> str:
        """levels.json"""
        fields = asdict(self)
        fields = {"level": fields.pop("level"), "score": SCORE, **fields, "from": fields.pop("source")}
        fields.pop("source", None)
        return json.dumps({"no_good_match": fields}, indent=1) + "\n"


def calibrate(engine: Engine, evaluation: Evaluation | None) -> Level:
    """Put the level where good and bad answers are mistaken for each other least.

    Good: the judged items where the release finds them; without 20 of those, items that a few of their own words
    ask for. Bad: the first answers to questions that judges called unanswerable; without ten of those, to questions
    about daily life that come with this program, but for those that the catalogue seems to be about.
    """
    good, source = _judged_good(evaluation), JUDGED
    if len(good) < FEWEST_GOOD:
        known = known_items(engine.release.items)
        asked = ask(engine, [one.question for one in known], "asking for known items")
        good, source = (
            [value for one, answer in zip(known, asked, strict=True) for value in _best(one, answer)],
            KNOWN,
        )
    bad, called = _judged_bad(evaluation), JUDGED
    if len(bad) < FEWEST_BAD:
        bad, called = _foreign_bad(engine, good), "questions about daily life"
    return between(good, bad, source, called)


def between(good: Sequence[float], bad: Sequence[float], source: str, unanswerable: str) -> Level:
    """The level with the least mean of both error rates; of several, the lowest; halfway to the next value."""
    if not good or not bad:
        return Level(NEVER, 1.0, 0.0, source, len(good) + len(bad), unanswerable)
    values = np.unique([*good, *bad])
    levels = np.concatenate([[values[0] - 0.01], (values[1:] + values[:-1]) / 2])
    accepts = np.array([np.mean(np.array(bad) >= level) for level in levels])
    rejects = np.array([np.mean(np.array(good) < level) for level in levels])
    best = int(np.argmin(accepts + rejects))
    level = round(float(levels[best]), 4)
    return Level(level, float(accepts[best]), float(rejects[best]), source, len(good) + len(bad), unanswerable)


def write_level(directory: Path, level: Level) -> None:
    """Write levels.json of a release that is not sealed yet."""
    (directory / LEVELS).write_text(level.to_json(), encoding="utf-8")


def _judged_good(evaluation: Evaluation | None) -> list[float]:
    if evaluation is None:
        return []
    return [value for one in evaluation.judged for value in _best(one, evaluation.asked[one.id])]


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
