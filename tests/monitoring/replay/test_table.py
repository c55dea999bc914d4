"""A table of anybody's texts stays in its columns."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.replay.table import WIDTH, columns_of, row, shortened, wide, wrapped
from release_format.progress import one_line

CHECKED = settings(max_examples=150, deadline=None, derandomize=True)
NASTY = st.text(st.characters(codec=None) | st.sampled_from("\x1b\u202e\u0301漢\u200d🎬\n\t "))


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("gimp", 4, "gimp"),
        ("sku-48290", 7, "sku…290"),
        ("漢字漢字漢字", 7, "漢字…字"),
        ("e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"),
        ("abc", 1, "…"),
    ],
)
def test_what_is_too_long_loses_its_middle(text: str, room: int, expected: str) -> None:
    assert shortened(text, room) == expected
    assert wide(expected) <= room


def test_a_line_stands_in_columns() -> None:
    line = row("3", 6, [("gimp", "*"), ("漢字", ""), ("vim", "↑2")], 10)
    assert line == "     3  gimp *      漢字        vim ↑2"
    assert columns_of(3, 10) == 21


@CHECKED
@given(st.lists(st.tuples(NASTY, st.sampled_from(["", "*", "* - ↓99"])), min_size=1, max_size=3))
def test_no_text_leaves_its_column(cells: list[tuple[str, str]]) -> None:
    each = columns_of(len(cells), 10)
    line = row("12", 10, cells, each)
    assert wide(line) <= WIDTH
    assert one_line(line).isprintable() or "\u200d" in line or not line.isprintable()
    assert "\x1b" not in line
    assert "\n" not in line
    assert "\u202e" not in line


@CHECKED
@given(NASTY, st.sampled_from(["", "  ", "    "]))
def test_a_sentence_is_wrapped_whole(text: str, indent: str) -> None:
    lines = list(wrapped(text, indent))
    assert all(wide(line) <= WIDTH for line in lines)
    assert "".join("".join(lines).split()) == "".join(one_line(text).split())
    assert not {"\x1b", "\n", "\u202e"} & set("".join(lines))
