"""What was asked of each topic, and how often something was opened there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from searchbar.feedback.proportion import Proportion, ReciprocalMean
from searchbar.feedback.query_log import GivenAnswer, positions_of

# The topics of an item, or None where no such item is known.
TopicsOf = Callable[[str], Sequence[str] | None]


@dataclass(frozen=True)
class TopicUse:
    """The questions whose first hit has this topic."""

    name: str
    opened: Proportion
    position: ReciprocalMean


@dataclass(frozen=True)
class TopicTable:
    """Topics, those asked most first; `untold` answers began with an item that the release does
    not hold or that has no topic."""

    topics: Sequence[TopicUse]
    untold: int = 0


def by_topic(answers: Iterable[GivenAnswer], topics_of: TopicsOf) -> TopicTable:
    """Count answers by the topics of their first hit; one with three topics counts in each."""
    by_hit: dict[str, list[GivenAnswer]] = defaultdict(list)
    for answer in answers:
        if answer.first:
            by_hit[answer.first].append(answer)
    table: dict[str, list[GivenAnswer]] = defaultdict(list)
    untold = 0
    for first, several in by_hit.items():
        topics = topics_of(first) or ()
        untold += 0 if topics else len(several)
        for topic in topics:
            table[topic] += several
    uses = [
        TopicUse(
            topic,
            Proportion(sum(answer.is_opened for answer in several), len(several)),
            positions_of(several),
        )
        for topic, several in table.items()
    ]
    return TopicTable(sorted(uses, key=lambda use: (-use.opened.of, use.name)), untold)
