"""The query log: lines come back as they were written, and foreign ones are passed over."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from release_format.questions import LoggedQuestion, append, read

ROW = LoggedQuestion(
    "dräw \u202e\x1b[2J",
    "r1",
    "abc-1",
    filters={"topic": ["video", "!audio"]},
    hits=["vim", "café"],
    k=2,
    sort="-title",
    cut="none",
    total=7,
    confidence=0.5,
    level=1,
    did_you_mean="draw",
)
WRONG: list[tuple[str, Any]] = [
    ("question", None),
    ("question", 3),
    ("release", ["r1"]),
    ("request_id", 7),
    ("at", 0),
    ("sort", {}),
    ("cut", False),
    ("did_you_mean", None),
    ("filters", ["topic"]),
    ("filters", {"topic": "video"}),
    ("filters", {"topic": [1]}),
    ("hits", "vim"),
    ("hits", [None]),
    ("hits", {"vim": 1}),
    ("no_good_match", "no"),
    ("k", True),
    ("k", 2.0),
    ("total", "7"),
    ("confidence", "high"),
    ("confidence", float("nan")),
    ("confidence", 10**400),
    ("level", float("inf")),
    ("level", True),
    ("feedback", ["click"]),
]


def test_what_is_logged_is_read_again(tmp_path: Path) -> None:
    append(tmp_path / "q.jsonl", ROW)
    assert list(read(tmp_path / "q.jsonl")) == [ROW]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_line_with_a_field_of_another_kind_is_foreign(
    tmp_path: Path, name: str, value: Any
) -> None:
    log = tmp_path / "q.jsonl"
    log.write_text(json.dumps(asdict(ROW) | {name: value}) + "\n")
    append(log, ROW)
    assert list(read(log)) == [ROW]


def test_an_older_line_says_nothing_of_what_was_not_kept_then(tmp_path: Path) -> None:
    old = {"question": "draw", "release": "r0", "request_id": "old", "hits": ["vim"], "later": 1}
    (tmp_path / "q.jsonl").write_text(json.dumps(old))
    [line] = read(tmp_path / "q.jsonl")
    assert (line.k, line.total, line.level, line.hits) == (0, 0, None, ["vim"])


def test_only_lines_that_hold_a_text_are_read(tmp_path: Path) -> None:
    log = tmp_path / "q.jsonl"
    for number in range(12):
        append(log, LoggedQuestion("q", request_id=f"id-{number}"))
    log.open("a").write("typed by hand\n")
    assert [line.request_id for line in read(log, holding="id-1")] == ["id-1", "id-10", "id-11"]
    assert len(list(read(log))) == 13


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(list(asdict(ROW))), JSON, max_size=6))
def test_whatever_a_line_holds_it_is_one_of_ours_or_none(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, Any]
) -> None:
    log = tmp_path_factory.mktemp("log") / "q.jsonl"
    log.write_text(json.dumps(asdict(ROW) | changes) + "\n")
    for line in read(log):
        assert json.loads(json.dumps(asdict(line))) == asdict(line)
        assert all(isinstance(text, str) for text in (line.question, *line.hits, *line.filters))
