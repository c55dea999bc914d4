"""Foreign texts in Markdown, rendered as GitHub does: they stay text, and call nobody."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format.report_page.markdown_text import code, cut, fenced, plain, prose, summary
from tests.as_github import as_github

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![p](http://evil.example/p.png)",
    "[x](javascript:alert(1)) <https://evil.example>",
    "@everyone and me@evil.example",
    "&#64;everyone &commat;all &#35;1",
    "see #12, GH-12, owner/name#3",
    "http://evil.example www.evil.example mailto:a@b.example",
    "a | b | c",
    "one\n\n# two\n- three\r\n> four",
    "`code` ``more`` ```",
    "**bold** _it_ ~~gone~~ ***",
    "\u202egnp.exe \u2066x \x1b[31mred\x07",
    "</details></summary><!-- searchbar:report -->",
    "1. first",
    "1) first",
    "- - -",
    "---",
    "===",
    "+ x",
    "\\",
    "\\`\\|",
    "$x$ :tada: !1 %2 ~3",
]
# What Markdown, HTML and forges give a meaning to, in any order.
PIECES = [*"\\`*_[]()<>|#~!&$@:;/=+-.0a \n\t", "&#", "://", "www.", "GH-", "<b>", "@a", "#1"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=20).map("".join)


def seen(text: str) -> str:
    """The text as people read it: without the signs between that only forges see."""
    return text.replace("\u200b", "").replace("\u00a0", " ")


def flat(text: str) -> str:
    return " ".join(seen(cut(text, 10_000)).split())


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("frame", ["{}", "before {} after", "- {}", "**x**: {}"])
def test_a_foreign_text_stays_text_and_calls_nobody(text: str, frame: str) -> None:
    shown = as_github(frame.format(plain(text)))
    assert set(shown.tags) <= {"p", "ul", "li", "strong"}
    assert (shown.links, shown.calls) == ([], [])
    assert flat(text) in " ".join(seen(shown.text).split())


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEXTS)
def test_whatever_is_written_is_shown_as_it_is(text: str) -> None:
    shown = as_github(f"x {plain(text, 10_000)} y")
    assert set(shown.tags) <= {"p"}
    assert shown.calls == []
    assert " ".join(seen(shown.text).split()) == " ".join(f"x {flat(text)} y".split())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(TEXTS, TEXTS)
def test_a_cell_stays_one_cell(one: str, other: str) -> None:
    table = f"| a | b | c |\n|---|---|---|\n| {plain(one)} | {plain(other)} | {code(one)} |"
    shown = as_github(table)
    assert len(shown.cells) == 6
    assert set(shown.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert shown.calls == []


@settings(max_examples=200, deadline=None, derandomize=True)
@given(TEXTS)
def test_prose_has_no_other_tag_than_code(text: str) -> None:
    shown = as_github(f"x {prose(text)} y")
    assert set(shown.tags) <= {"p", "code"}
    assert shown.calls == []
    inside = as_github(f"<details><summary>{summary(text)}</summary>\n\nrest\n\n</details>")
    assert inside.tags == ["details", "summary", "p"]
    assert inside.calls == []


def test_a_command_stays_code_and_what_is_beside_it_stays_text() -> None:
    shown = as_github(prose("Run `make admit @x`, then *look* @everyone."))
    assert shown.tags == ["p", "code"]
    assert seen(shown.text).strip() == "Run make admit @x, then *look* @everyone."
    assert shown.calls == []


def test_what_is_left_out_is_shown_by_a_sign() -> None:
    assert cut("word " * 10, 11) == "word word…"
    assert cut("a\u202eb") == "a\\u202eb"
    assert plain("x" * 400).endswith("…")


def test_lines_in_a_fence_cannot_end_it() -> None:
    shown = as_github(fenced(["```", "````", "@everyone <b>"]) + "\n\nafter")
    assert shown.tags == ["pre", "code", "p"]
    assert shown.calls == []
