"""What is measured of every window: the series that are watched, and which questions are novel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.novelty import distances_of_means, nearest_elsewhere, novel
from monitoring.drift.ranks import LEAST_WINDOWS, UNMEASURED, Series
from monitoring.drift.topics import TopicOf, TopicSuccess, topic_success
from monitoring.drift.windows import Window

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
NOVEL, MEAN, MISSED, EMPTY = "novel-questions", "mean-question", "no-good-match", "no-results"
UNKNOWN, DISLIKED, UNSURE = "unknown-words", "thumbs-down", "unsure-answers"
WHY = {
    NOVEL: "More questions than ever are unlike all others: a new subject.",
    MEAN: "What is asked most has moved: a subject grows or goes.",
    MISSED: "More questions than ever find nothing that fits.",
    EMPTY: "More questions than ever find nothing at all.",
    UNKNOWN: "More words than ever stand in no item of the catalogue.",
    DISLIKED: "More answers than ever got a thumb down.",
    UNSURE: "Answers are less sure of their first hit than ever.",
}


@dataclass(frozen=True)
class MeasuredWindows:
    """The series over windows, the last one last, the click success of each topic that is asked for
    enough, and the last window's novel questions, the most unlike all others first."""

    series: Sequence[Series]
    topics: Sequence[TopicSuccess]
    novel: Sequence[str]


def measure(
    windows: Sequence[Window],
    encode: Encode,
    is_known: Callable[[str], bool],
    topic_of: TopicOf,
) -> MeasuredWindows:
    """Measure every window by the live release.

    Args:
        windows: oldest first; each with at least one question.
        encode: unit vectors of questions, (questions, d), by the release's own encoder.
        is_known: whether a question's words all stand in the catalogue.
        topic_of: the topic of an item's id; "" where it has none.
    """
    samples = [window.sample for window in windows]
    flat = encode([question for sample in samples for question in sample])
    vectors = np.split(flat, np.cumsum([len(sample) for sample in samples])[:-1])
    nearest = nearest_elsewhere(vectors)
    are_novel = novel(nearest)
    sizes = [len(sample) for sample in samples]
    known = {question: is_known(question) for sample in samples for question in sample}

    def share(name: str, counted: Sequence[int], of: Sequence[int]) -> Series:
        return Series(name, [n / max(1, m) for n, m in zip(counted, of, strict=True)], of)

    asked = [len(window.questions) for window in windows]
    series = [
        share(NOVEL, [int(each.sum()) for each in are_novel], sizes),
        Series(MEAN, distances_of_means(vectors)),
        share(MISSED, [len(window.missed) for window in windows], asked),
        share(EMPTY, [len(window.empty) for window in windows], asked),
        share(
            UNKNOWN,
            [sum(not known[question] for question in sample) for sample in samples],
            sizes,
        ),
        share(DISLIKED, [len(window.disliked) for window in windows], asked),
        *_unsure(windows),
    ]
    order = np.argsort(nearest[-1])
    return MeasuredWindows(
        series,
        topic_success(windows, topic_of),
        [samples[-1][place] for place in order if are_novel[-1][place]],
    )


def _unsure(windows: Sequence[Window]) -> list[Series]:
    """How far the median first hit lies below the level of a good match.

    It is not measured in a window whose log does not say it of most questions, as older servers'
    does not; and it is not watched before the last window and 19 earlier ones are measured.
    """
    values = [
        -median(window.margins.values())
        if 2 * len(window.margins) >= max(1, len(window.questions))
        else UNMEASURED
        for window in windows
    ]
    series = Series(UNSURE, values)
    is_told = series.is_measured[-1] and sum(series.is_measured[:-1]) >= LEAST_WINDOWS
    return [series] if is_told else []
