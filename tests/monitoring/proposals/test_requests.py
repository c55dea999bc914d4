"""Requests of a log: reactions belong to what the log shows, whatever a browser says."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitoring.proposals.requests import answered_requests
from release_format.questions import LoggedQuestion, read
from tests.monitoring.proposals.visitors import UNTIL, Visitors


def test_a_reaction_counts_where_the_log_shows_what_it_is_about() -> None:
    visitors = Visitors({})
    id = visitors.line("Red  Jacket", 2, hits=("a", "b"))
    visitors.react(id, "red jacket", 2, "click", "b")
    visitors.react(id, "red jacket", 2, "good", "a")
    visitors.react(id, "red jacket", 2, "missing")
    visitors.react(id, "red jacket", 2, "click", "not shown")
    visitors.react(id, "another question", 2, "bad", "a")
    visitors.react("no such request", "red jacket", 2, "bad", "a")
    visitors.react(id, "red jacket", 2, "unheard of", "a")
    (request,) = visitors.requests
    assert (request.key, request.question) == ("red jacket", "Red Jacket")
    assert (request.clicked, request.liked, request.disliked) == ({"b"}, {"a"}, set())
    assert request.is_missing
    assert request.chosen == {"a", "b"}


@pytest.mark.parametrize("more", [{"filters": {"topic": ["film"]}}, {"sort": "title"}])
def test_hits_that_something_else_than_the_words_put_first_are_passed_over(
    more: dict[str, Any],
) -> None:
    visitors = Visitors({})
    visitors.line("red", 2, hits=("a",), **more)
    assert visitors.requests == []


def test_only_the_days_that_are_asked_for_count() -> None:
    visitors = Visitors({})
    for days_ago in (0, 1, 30, 31):
        visitors.line("red", days_ago, hits=("a",))
    several = answered_requests(visitors.lines, UNTIL - timedelta(days=30), UNTIL)
    assert [request.day for request in several] == [
        UNTIL - timedelta(days=30), UNTIL - timedelta(days=1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        '{"question": "q", "hits": 7}',
        '{"question": "q", "feedback": "click"}',
        '{"question": "q", "filters": []}',
        '{"question": "q", "request_id": ["x"]}',
        '{"question": "q", "release": {}}',
        '{"question": "q", "at": 5}',
        '{"question": 5}',
        "{" * 5000,
    ],
)
def test_a_foreign_line_of_the_log_is_passed_over(line: str, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(f'{line}\n{{"question": "kept", "at": "2026-11-29T10:00:00Z"}}\n')
    assert [logged.question for logged in read(path)] == ["kept"]


def test_a_request_whose_moment_is_none_is_passed_over() -> None:
    line = LoggedQuestion("q", request_id="x", at="yesterday", hits=("a",))
    assert answered_requests([line], UNTIL - timedelta(days=30), UNTIL) == []
