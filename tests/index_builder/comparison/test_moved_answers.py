"""The judged answers of a question that moved, as a verdict tells them."""

from __future__ import annotations

import pytest

from index_builder.comparison.comparison import MOVED_SHOWN, QuestionDiff, ShownAnswer


def answers(ids: str, others: str, graded: str = "abcd") -> list[ShownAnswer]:
    return [ShownAnswer(id, id.upper(), "", int(id in graded), others.find(id) + 1) for id in ids]


def diff(live: str, candidate: str, change: float, graded: str = "abcd") -> QuestionDiff:
    return QuestionDiff(
        "q",
        0.5,
        0.5,
        0.5 + change,
        answers(live, candidate, graded),
        answers(candidate, live, graded),
    )


@pytest.mark.parametrize(
    ("live", "candidate", "change", "moved"),
    [
        ("ax", "xy", -0.4, [("A", 1, 0)]),
        ("abx", "bxa", -0.1, [("A", 1, 3)]),
        ("xabc", "xc", -0.3, [("A", 2, 0), ("B", 3, 0)]),
        ("xy", "ax", 0.4, [("A", 0, 1)]),
        ("xya", "axy", 0.2, [("A", 3, 1)]),
        ("ab", "ab", 0.0, []),
        ("xy", "yx", -0.1, []),
    ],
)
def test_what_fell_is_named_of_a_loser_and_what_rose_of_a_winner(
    live: str, candidate: str, change: float, moved: list[tuple[str, int, int]]
) -> None:
    told = diff(live, candidate, change).moved
    assert [(answer.title, answer.before, answer.after) for answer in told] == moved


def test_the_greatest_move_comes_first_and_a_verdict_names_a_few() -> None:
    loser = diff("abcdx", "x", -0.9)
    assert [answer.title for answer in loser.moved] == ["A", "B", "C", "D"]
    fact = loser.to_fact()
    assert fact["moved"][0] == {"title": "A", "before": 1, "after": 0}
    assert len(fact["moved"]) == MOVED_SHOWN
    assert (fact["question"], fact["before"]) == ("q", 0.5)
