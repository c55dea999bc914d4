"""Questions that look for the same thing, put together by their vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from searchbar.feedback.query_log import AskedQuestion

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
# At this cosine or nearer, two questions are about one thing.
NEAR = 0.6
# Of the questions that failed so many are put together, those asked most.
MOST_QUESTIONS = 1_000


@dataclass(frozen=True)
class QuestionCluster:
    """Questions about one thing, the one that was asked most first: it names them."""

    questions: Sequence[AskedQuestion]

    @property
    def name(self) -> str:
        return self.questions[0].text

    @property
    def times(self) -> int:
        """How often they were asked together."""
        return sum(question.times for question in self.questions)

    @property
    def why(self) -> str:
        """How they failed, in words."""
        counts = {
            "nothing fits": sum(question.missed for question in self.questions),
            "nothing found": sum(question.empty for question in self.questions),
            "disliked": sum(question.disliked for question in self.questions),
        }
        told = [f"{name} {count:,}×" for name, count in counts.items() if count]
        return ", ".join(told) or "asked again and never opened"


def clusters(questions: Sequence[AskedQuestion], encode: Encode | None) -> list[QuestionCluster]:
    """Put questions together, each with the nearest that was asked more often and leads others.

    Leaders stay what they are, so that nothing is drawn along from one meaning to the next.

    Args:
        questions: those asked most first.
        encode: unit vectors, (questions, d), by one encoder; None: each stays by itself.
    """
    held = list(questions[:MOST_QUESTIONS])
    groups = _near(held, encode) if encode and held else [[question] for question in held]
    found = [QuestionCluster(group) for group in groups]
    return sorted(found, key=lambda cluster: (-cluster.times, cluster.name))


def _near(questions: Sequence[AskedQuestion], encode: Encode) -> list[list[AskedQuestion]]:
    vectors = encode([question.text for question in questions])
    leaders = np.empty_like(vectors)
    groups: list[list[AskedQuestion]] = []
    for question, vector in zip(questions, vectors, strict=True):
        cosines = leaders[: len(groups)] @ vector
        nearest = int(cosines.argmax()) if groups else -1
        if groups and cosines[nearest] >= NEAR:
            groups[nearest].append(question)
        else:
            leaders[len(groups)] = vector
            groups.append([question])
    return groups
