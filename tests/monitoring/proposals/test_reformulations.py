"""Another wording soon after a question without a click says what that question meant."""

from __future__ import annotations

import pytest

from monitoring.proposals.reformulations import is_alike, reformulated
from tests.monitoring.proposals.visitors import Visitors


@pytest.mark.parametrize(
    ("question", "other", "alike"),
    [
        ("cut a film", "film editor", True),
        ("phtoo edtior", "photo editor", True),
        ("red jacket", "green boots", False),
        ("a b c", "a b d e f g h i j k", False),
    ],
)
def test_wordings_are_alike_by_their_words_or_their_letters(
    question: str, other: str, alike: bool
) -> None:
    assert is_alike(question, other) is alike
    assert is_alike(other, question) is alike


@pytest.mark.parametrize(
    ("second", "after", "clicked", "days"),
    [
        ("film editor", 60, "kdenlive", 3),
        ("film editor", 600, "kdenlive", 0),
        ("tax return", 60, "kdenlive", 0),
        ("film editor", 60, "", 0),
    ],
    ids=["reformulated", "too late", "another subject", "no click"],
)
def test_only_a_wording_like_it_at_once_and_clicked_counts(
    second: str, after: int, clicked: str, days: int
) -> None:
    visitors = Visitors({})
    for day in (2, 3, 4):
        visitors.line("cut a film", day, seconds=100, hits=("vim",))
        id = visitors.line(second, day, seconds=100 + after, hits=("kdenlive",))
        visitors.react(id, second, day, "click", clicked)
    found = reformulated(visitors.requests)
    assert len(found.get(("cut a film", "kdenlive"), ())) == days


def test_a_question_that_was_clicked_itself_was_not_reformulated() -> None:
    visitors = Visitors({})
    first = visitors.line("cut a film", 2, seconds=100, hits=("vlc",))
    visitors.react(first, "cut a film", 2, "click", "vlc")
    second = visitors.line("film editor", 2, seconds=130, hits=("kdenlive",))
    visitors.react(second, "film editor", 2, "click", "kdenlive")
    assert reformulated(visitors.requests) == {}
