"""What is counted of a log, exactly, and that no line can break it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format.questions import LoggedQuestion, append, day_of, read
from searchbar.feedback.query_log import REPEATED, SHOWN, Usage, summarise, summarise_recent

AT = "2026-11-24T10:00:00Z"


def asked(question: str, id: str = "", **more: Any) -> LoggedQuestion:
    fields: dict[str, Any] = {"release": "r", "at": AT, "hits": ("a",), **more}
    return LoggedQuestion(question, request_id=id, **fields)


def did(kind: str, question: str, id: str = "", **more: Any) -> LoggedQuestion:
    return LoggedQuestion(question, at=AT, request_id=id, feedback={"kind": kind, **more})


LOG = [
    asked("Lamp", "1"),
    did("click", "Lamp", "1", position=3),
    did("click", "Lamp", "1", position=2),
    asked("lamp ", "2"),
    did("click", "lamp", "2", position=1),
    asked("torch", "3", no_good_match=True),
    did("bad", "torch", "3"),
    asked("x y", "4", hits=(), no_good_match=True),
    did("missing", "x y", "4", reason="a y"),
    did("good", "lamp", "2"),
    *[asked("desk", f"d{n}") for n in range(REPEATED)],
]  # fmt: skip


def test_every_figure_of_a_known_log_is_exact() -> None:
    usage = summarise(LOG)
    assert (usage.asked, len(usage.questions)) == (7, 4)
    shares = [usage.answered, usage.no_good_match, usage.no_results, usage.click_through]
    assert [(share.count, share.of) for share in shares] == [(5, 7), (1, 7), (1, 7), (2, 7)]
    assert (usage.thumbs_down.count, usage.thumbs_down.of) == (1, 2)
    # The highest that was opened of each answer: 2 and 1.
    assert (usage.click_position.number, usage.click_position.mean) == (2, 0.75)
    assert usage.days == {date(2026, 11, 24): 7}
    assert usage.top[0] == ("desk", 3)
    assert dict(usage.without) == {"torch": 1, "x y": 1}
    assert list(usage.missing) == [("x y", "a y")]
    assert [question.text for question in usage.failures()] == ["desk", "torch", "x y"]
    assert (usage.releases["r"].asked, usage.releases["r"].answered) == (7, 5)


def test_what_only_its_filters_left_nothing_of_is_told_apart() -> None:
    red = {"colour": ["red"]}
    usage = summarise(
        [
            asked("lamp", "1", hits=(), filters=red),
            asked("lamp", "2", hits=(), filters=red),
            asked("lamp", "3"),
            asked("dog food", "4", hits=(), filters=red, no_good_match=True),
            asked("x y", "5", hits=()),
        ]
    )
    shares = [usage.answered, usage.blocked, usage.no_results, usage.no_good_match]
    assert [share.count for share in shares] == [1, 2, 2, 0]
    assert usage.without_by_filters == [("lamp", 2)]
    assert dict(usage.without) == {"dog food": 1, "x y": 1}
    assert [question.text for question in usage.failures()] == ["dog food", "x y"]
    assert usage.requests["lamp"] == "3"


def test_where_nothing_is_ever_opened_that_is_no_failure() -> None:
    lines = [line for line in LOG if line.feedback.get("kind") != "click"]
    assert [question.text for question in summarise(lines).failures()] == ["torch", "x y"]


def test_a_click_on_a_further_page_belongs_to_its_question() -> None:
    usage = summarise([asked("lamp", "1"), did("click", "Lamp", "of page 2", position=13)])
    assert (usage.click_through.count, usage.click_position.mean) == (1, 1 / 13)


def test_a_click_of_a_question_that_was_never_asked_is_no_click_through() -> None:
    usage = summarise([asked("lamp", "1"), did("click", "like:n1", "9", position=1)])
    assert (usage.click_through.count, usage.click_position.number) == (0, 0)
    assert usage.reactions["click"] == 1


@pytest.mark.parametrize("position", [0, -1, True, "2", 2.0, None, 10**9, [1]])
def test_a_position_that_is_none_counts_as_a_click_without_one(position: object) -> None:
    usage = summarise([asked("lamp", "1"), did("click", "lamp", "1", position=position)])
    assert (usage.click_through.count, usage.click_position.number) == (1, 0)


def test_only_the_last_days_count_and_no_moment_that_is_none(tmp_path: Path) -> None:
    log = tmp_path / "q.jsonl"
    for at in ("2026-11-20T00:00:00Z", "2026-11-12T00:00:00Z", "zzz", "2026-13-01T00:00:00Z"):
        append(log, asked("lamp", at, at=at))
    assert summarise_recent(log, datetime(2026, 11, 22, tzinfo=UTC)).asked == 1
    assert summarise_recent(tmp_path / "none", datetime(2026, 11, 22, tzinfo=UTC)).asked == 0


def test_of_what_is_missing_the_latest_is_kept() -> None:
    usage = summarise(did("missing", f"q{n}") for n in range(SHOWN + 5))
    assert (len(usage.missing), usage.missing[0][0]) == (SHOWN, f"q{SHOWN + 4}")


SCALARS = st.none() | st.booleans() | st.integers(-3, 10**9) | st.text(max_size=4)
JSON = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=3), SCALARS)
KIND = st.sampled_from(["click", "good", "bad", "missing", "odd"]) | JSON
MOMENT = st.sampled_from([AT, "", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
REACTION = st.fixed_dictionaries({}, optional={"kind": KIND, "position": JSON, "reason": JSON})
ROW = st.fixed_dictionaries(
    {},
    optional={
        "question": st.text(max_size=5) | JSON,
        "at": MOMENT | JSON,
        "request_id": st.sampled_from(["1", "2"]) | JSON,
        "feedback": REACTION | JSON,
        "filters": st.just({"topic": ["a"]}) | JSON,
        **dict.fromkeys(("hits", "no_good_match", "release", "total", "unknown"), JSON),
    },
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rows=st.lists(ROW | JSON, max_size=6))
def test_no_line_breaks_the_count_and_all_figures_add_up(
    rows: list[Any], tmp_path_factory: Any
) -> None:
    log = tmp_path_factory.mktemp("log") / "q.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    usage = Usage()
    for line in read(log):
        usage.add(line)
    shares = (usage.answered, usage.no_good_match, usage.no_results, usage.blocked)
    parts = sum(share.count for share in shares)
    assert parts == usage.asked == sum(question.times for question in usage.questions.values())
    assert 0 <= usage.click_through.count <= usage.asked
    assert usage.click_position.number <= usage.click_through.count
    assert sum(use.asked for use in usage.releases.values()) == usage.asked
    assert sum(usage.days.values()) <= usage.asked
    assert all(question.times >= question.opened for question in usage.failures())


@pytest.mark.parametrize(
    ("row", "is_read"),
    [
        ({"question": "q"}, True),
        ({"question": "q", "hits": ["a"], "feedback": {}}, True),
        ({"question": "q", "hits": "abc"}, False),
        ({"question": "q", "hits": [1]}, False),
        ({"question": "q", "feedback": ["click"]}, False),
        ({"question": "q", "no_good_match": "no"}, False),
        ({"question": "q", "at": 5}, False),
        ({"question": "q", "release": None}, False),
        ({"question": 5}, False),
    ],
)
def test_a_row_whose_parts_are_something_else_is_passed_over(
    row: dict[str, Any], is_read: bool, tmp_path: Path
) -> None:
    log = tmp_path / "q.jsonl"
    log.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert bool(list(read(log))) == is_read


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_beyond_the_calendar_has_no_day(at: str) -> None:
    assert day_of(at) is None
