"""Popular questions: what many asked is shown, and nothing that one person alone did."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from release_format.questions import LoggedQuestion, append
from searchbar.engine import Engine
from searchbar.typeahead.popular import LONGEST, PopularQuestions, popular


def asked(text: str, days: Iterable[int], hits: tuple[str, ...] = ("a",)) -> list[LoggedQuestion]:
    """A question, asked so many days ago each."""
    now = datetime.now(UTC)
    at = [(now - timedelta(days=ago)).strftime("%Y-%m-%dT%H:%M:%SZ") for ago in days]
    return [LoggedQuestion(text, at=each, hits=hits) for each in at]


OFTEN = (1, 1, 2, 2, 3)


def test_those_asked_most_come_first_and_case_and_spaces_are_one() -> None:
    lines = [
        *asked("text editor", OFTEN),
        *asked("Edit  Photos", OFTEN),
        *asked("edit photos", [4]),
    ]
    assert popular(lines) == ["edit photos", "text editor"]


@pytest.mark.parametrize(
    ("text", "days", "hits"),
    [
        ("asked by few", (1, 2, 3, 4), ("a",)),
        ("asked in one week's end", (1, 1, 1, 1, 2, 2, 2), ("a",)),
        ("answered by nothing", OFTEN, ()),
        ("x" * (LONGEST + 1), OFTEN, ("a",)),
        ("", OFTEN, ("a",)),
    ],
)
def test_what_one_person_may_have_asked_or_nobody_is_helped_by_is_not_shown(
    text: str, days: tuple[int, ...], hits: tuple[str, ...]
) -> None:
    assert popular(asked(text, days, hits)) == []
    assert popular([*asked(text, OFTEN, ("a",))[:4], *asked("lamp", OFTEN)]) == ["lamp"]


def test_reactions_and_questions_of_long_ago_do_not_count() -> None:
    reactions = [LoggedQuestion("lamp", at=line.at, feedback={"kind": "click"}, hits=("a",))
                 for line in asked("lamp", range(9))]  # fmt: skip
    assert popular(reactions) == []
    lines = asked("lamp", (30, 31, 32, 33, 34))
    assert popular(lines) == ["lamp"]
    assert popular(lines, since=asked("", [29])[0].at[:10]) == []


def test_they_begin_as_typed_and_say_what_the_catalogue_says(tools: Engine, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    for line in (
        *asked("retouches photos", OFTEN), *asked("how do I retouch photos", OFTEN),
        *asked("photos of somebody at example.org", OFTEN), *asked("<b>photos</b> layers", OFTEN),
    ):  # fmt: skip
        append(path, line)
    questions = PopularQuestions(path, tools.knows)
    questions.read()
    assert questions.beginning("Pho", 3) == ["<b>photos</b> layers", "retouches photos"]
    assert questions.beginning("retouches photos", 3) == [], "it is typed already"
    assert questions.beginning("retou", 1) == ["retouches photos"]
    assert questions.beginning("zzz", 3) == []
    for nothing in (tmp_path / "none.jsonl", None):
        none = PopularQuestions(nothing, tools.knows)
        none.read()
        assert (none.beginning("pho", 3), none.first(3)) == ([], [])


def test_nobody_waits_for_the_log_which_is_read_beside(tools: Engine, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    for line in asked("retouches photos", OFTEN):
        append(path, line)
    questions = PopularQuestions(path, tools.knows)
    until = time.monotonic() + 20
    while not (found := questions.beginning("retou", 3)):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert found == ["retouches photos"]
