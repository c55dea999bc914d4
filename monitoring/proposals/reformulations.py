"""Reformulations: a question without a click, and soon after it one like it that was clicked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from difflib import SequenceMatcher

from monitoring.proposals.requests import AnsweredRequest
from searchbar.query.normalize import loose

# Whoever words a question anew does so at once; the log does not say who asked.
AT_ONCE = timedelta(minutes=2)
MOST_BETWEEN = 50
# Words of fewer letters say nothing of a subject.
SHORTEST_WORD = 3
ALIKE = 0.75


def reformulated(requests: Sequence[AnsweredRequest]) -> Mapping[tuple[str, str], set[date]]:
    """(question, item) → the days on which that item was clicked for the question's next wording.

    Args:
        requests: by their time.
    """
    days: dict[tuple[str, str], set[date]] = defaultdict(set)
    for place, first in enumerate(requests):
        if first.chosen:
            continue
        for second in requests[place + 1 : place + 1 + MOST_BETWEEN]:
            if second.at - first.at > AT_ONCE:
                break
            if second.chosen and second.key != first.key and is_alike(first.key, second.key):
                for id in second.chosen:
                    days[first.key, id].add(first.day)
    return days


def is_alike(question: str, other: str) -> bool:
    """Whether two wordings share half of the shorter one's words, or nearly all letters."""
    words, others = _words(question), _words(other)
    shared = words & others
    if shared and 2 * len(shared) >= min(len(words), len(others)):
        return True
    return SequenceMatcher(None, question, other).ratio() >= ALIKE


def _words(question: str) -> set[str]:
    return {word for word in loose(question).split() if len(word) >= SHORTEST_WORD}
