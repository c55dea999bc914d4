"""Click success by topic: the share of a topic's questions that were followed by a click."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from monitoring.drift.masking import masked
from monitoring.drift.ranks import Series
from monitoring.drift.windows import Window
from searchbar.feedback.proportion import wilson

TopicOf = Callable[[str], str]
# Fewer questions of a topic, in the last window or usually, say nothing of it.
LEAST_QUESTIONS = 30
MOST_TOPICS = 20


@dataclass(frozen=True)
class TopicSuccess:
    """Questions of one topic in every window, oldest first, and those followed by a click."""

    topic: str
    asked: Sequence[int]
    clicked: Sequence[int]

    @cached_property
    def series(self) -> Series:
        """The share that was not followed by a click: higher is worse, as for all series."""
        failed = [
            (asked - clicked) / max(1, asked)
            for asked, clicked in zip(self.asked, self.clicked, strict=True)
        ]
        return Series(f"topic {self.topic}", failed, self.asked)

    @property
    def share(self) -> float:
        """The share of the last window's questions that were followed by a click."""
        return 1 - self.series.values[-1]

    @property
    def floor(self) -> float:
        """The lowest share of any earlier window that had enough questions."""
        pairs = list(zip(self.asked[:-1], self.clicked[:-1], strict=True))
        return min(clicked / asked for asked, clicked in pairs if asked >= LEAST_QUESTIONS)

    def sentence(self) -> str:
        """What was seen in the last window, with its interval."""
        low, high = wilson(self.clicked[-1], self.asked[-1])
        return (
            f"{masked(self.topic)}: {100 * self.share:.0f} % of {self.asked[-1]} questions were"
            f" followed by a click [{100 * low:.0f} %, {100 * high:.0f} %]"
        )

    def to_json(self, is_below: bool) -> dict[str, Any]:
        """The last window's figures."""
        low, high = wilson(self.clicked[-1], self.asked[-1])
        return {
            "topic": masked(self.topic),
            "asked": self.asked[-1],
            "clicked": self.clicked[-1],
            "low": round(low, 4),
            "high": round(high, 4),
            "floor": round(self.floor, 4),
            "is_below": is_below,
        }


def topic_success(windows: Sequence[Window], topic_of: TopicOf) -> list[TopicSuccess]:
    """The topics that are asked for enough, and clicked at all, most often asked first.

    A question's topic is that of its first hit, whether that was clicked or not: what is counted
    must not depend on whether it went well. Every window is counted alike, so that the last one is
    no different from those before it as long as nothing changes.

    Args:
        windows: oldest first, the last one last.
        topic_of: the topic of an item's id in the live release; "" where it has none.
    """
    asked = [Counter(_topics(window, window.firsts, topic_of)) for window in windows]
    clicked = [Counter(_topics(window, window.clicked, topic_of)) for window in windows]
    names = {name for counts in asked for name in counts}
    several = [
        TopicSuccess(name, [counts[name] for counts in asked], [counts[name] for counts in clicked])
        for name in sorted(names)
    ]
    enough = [each for each in several if _is_enough(each)]
    return sorted(enough, key=lambda each: -sum(each.asked))[:MOST_TOPICS]


def _topics(window: Window, keys: set[str] | dict[str, str], topic_of: TopicOf) -> list[str]:
    firsts = window.firsts
    return [topic for key in keys if key in firsts and (topic := topic_of(firsts[key]))]


def _is_enough(success: TopicSuccess) -> bool:
    usual = min(success.asked[-1], median(success.asked))
    return usual >= LEAST_QUESTIONS and any(success.clicked[:-1])
