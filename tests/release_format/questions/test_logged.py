"""A line of the query log: what is read back is what was written, and what is foreign is none."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format.questions import LoggedQuestion
from tests.conftest import ROOT
from tests.release_format.questions.lines import logged_questions


@settings(max_examples=60, deadline=None, derandomize=True)
@given(logged_questions())
def test_a_line_is_read_back_as_it_was_written(logged: LoggedQuestion) -> None:
    line = logged.to_line()
    assert line.count("\n") == 1
    assert line.isascii()
    assert LoggedQuestion.from_line(line) == logged


def test_the_line_that_the_docs_show_has_every_field() -> None:
    text = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    (line,) = re.findall(r'^\{"question":"edit.*$', text, re.MULTILINE)
    shown = LoggedQuestion.from_line(line)
    assert shown is not None
    assert shown.to_line() == line + "\n"


@pytest.mark.parametrize("around", ["\ufeff{}\r\n", "\0\0\0{}", "{}\0\n", "\t {} \n"])
def test_marks_of_programs_and_lost_blocks_around_a_line_are_no_part_of_it(around: str) -> None:
    for text in ('{"question":"lamp"}', "lamp"):
        read = LoggedQuestion.from_line(around.replace("{}", text))
        assert read is not None
        assert read.question == "lamp"
    assert LoggedQuestion.from_line(around.replace("{}", "")) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "  \n",
        '{"question": "cut in the mid',
        '{"release": "no question"}',
        '{"question": 3}',
        '{"question": "a", "hits": 5}',
        '{"question": "a", "hits": [5]}',
        '{"question": "a", "filters": {"topic": "video"}}',
        '{"question": "a", "feedback": "click"}',
        '{"question": "a", "k": true}',
        '{"question": "a", "total": 99999999999999999999}',
        '{"question": "a", "confidence": "high"}',
        '{"question": "a", "confidence": NaN}',
        '{"question": "a", "level": -Infinity}',
        '{"question": "a", "no_good_match": 1}',
        "{" * 200_000,
        '{"question": ' + "[" * 200_000,
    ],
)
def test_what_was_cut_or_is_foreign_is_no_question(line: str) -> None:
    assert LoggedQuestion.from_line(line) is None


def test_lines_of_older_and_newer_programs_and_of_people_are_questions() -> None:
    assert LoggedQuestion.from_line("edit a photo\n") is not None
    old = LoggedQuestion.from_line('{"question": "a", "at": "2026-01-01T00:00:00Z"}')
    assert old is not None
    assert (old.k, old.confidence) == (0, None)
    newer = LoggedQuestion.from_line(json.dumps({"question": "a", "of_tomorrow": [1]}))
    assert newer is not None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
@settings(max_examples=30, deadline=None, derandomize=True)  # fmt: skip
def test_any_json_is_a_question_or_none(value: object) -> None:
    for each in (value, {"question": "a", "hits": value, "feedback": value}):
        found = LoggedQuestion.from_line(json.dumps(each))
        assert found is None or isinstance(found.question, str)
