"""The page and the message: whole, short, and unable to say what a visitor wants them to."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from monitoring.week.markdown import MOST_LINES, message, plain
from monitoring.week.page import page
from monitoring.week.report import ReleaseReading
from tests.monitoring.week.made_weeks import NEW, asked, did, encode, report

HOSTILE = [
    "<script>alert(1)</script>",
    "</bdi></table><img src=x onerror=alert(1)>",
    "{{ 7*7 }}",
    "\ud800x",
    "@channel <!here> <@U123>",
    "[click](http://evil.example)",
    "![x](http://evil.example/x.png)",
    "`code` **bold** _it_ ~~no~~ | cell |",
    "a\n# heading\n- item\n\n```",
    "\u202egnp.exe",
    "#12 !3 &4 $5 %6",
    "mail me: jane.doe@example.org",
    "+49 30 1234 5678",
    "evil.example.com",
    "<b>" * 200,
    "&lt;b&gt;",
    "\x00\x1b[31mred",
]
# What a list below a bold line is made of.
MARKS = {"inline", "text", "softbreak"} | {
    f"{name}_{end}"
    for name in ("paragraph", "strong", "bullet_list", "list_item")
    for end in ("open", "close")
}
TEXT = st.text(max_size=30) | st.sampled_from(HOSTILE)


class Tags(HTMLParser):
    """The names of all tags and attributes of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {tag, *(name for name, _ in attrs)}

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile(texts: list[str]) -> tuple[str, str]:
    """The page and message of a week in which these were questions, ids, topics and releases."""
    lines = [
        line
        for n, text in enumerate(texts)
        for line in (
            asked(text, str(n), no_good_match=n % 2 == 0, hits=(text,), release=text or NEW),
            did("bad", str(n), reason=text),
            did("click", str(n), position=1),
        )
    ]
    told = report(lines, reading=ReleaseReading(NEW, encode, lambda first: (first, "plain")))
    return page(told), message(told)


def test_the_page_says_what_the_report_says() -> None:
    text = Tags(page(report())).text
    for words in (
        "What people searched, week of 2026-11-23",
        "62.5\u00a0% [30.6,\u00a086.3]",
        "mortgage rates today",
        "2 ways to ask",
        "Live since before this week.",
    ):
        assert words in text
    assert "No good match" in text


def test_the_page_needs_nothing_else_and_holds_no_script_or_inline_style() -> None:
    shown = page(report())
    assert not re.search(r"<script|<link|https?://|\son\w+=|\sstyle=|<img", shown)
    assert shown.startswith("<!doctype html>")


def test_only_what_is_no_chance_has_a_colour() -> None:
    assert not re.search(r'class="n (good|bad)"', page(report()))
    lines = [asked("q", f"b{n}", "2026-11-17") for n in range(60)]
    lines += [asked("q", f"n{n}", no_good_match=n % 2 == 0) for n in range(60)]
    assert re.search(r'class="n bad">−50.0', page(report(lines)))


def test_everybody_can_read_the_page(page_faults: Callable[[str], list[str]]) -> None:
    assert page_faults(page(report())) == []


PLAIN_TAGS = Tags(page(report())).names


def test_hostile_texts_stay_texts() -> None:
    shown, _ = hostile(HOSTILE)
    tags = Tags(shown)
    assert tags.names <= PLAIN_TAGS
    assert "<script>alert(1)</script>" in tags.text
    assert "{{ 7*7 }}" in tags.text
    assert "jane.doe" not in shown
    assert "1234 5678" not in shown
    assert "\u202e" not in shown
    shown.encode()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(TEXT, min_size=1, max_size=8))
def test_no_text_becomes_a_tag_or_a_mark(texts: list[str]) -> None:
    shown, told = hostile(texts)
    assert Tags(shown).names <= PLAIN_TAGS
    assert len(told.splitlines()) <= MOST_LINES
    told.encode()
    shown.encode()
    assert not re.search(r"@\w|[<>`\\]|\]\(|#\d", told)
    kinds = {
        child.type
        for token in MarkdownIt("commonmark").enable("table").parse(told)
        for child in (token, *(token.children or ()))
    }
    assert kinds <= MARKS


@pytest.mark.parametrize("text", HOSTILE)
def test_a_plain_text_addresses_nobody(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"@\w|<|>|\[|\]\(|`|\*|#\d|\n|\\", shown)
    assert len(shown) <= 60


def test_the_message_is_short_whatever_happened() -> None:
    told = message(report())
    assert len(told.splitlines()) <= MOST_LINES
    assert told.startswith("**Search, 2026-11-23 to 2026-11-29**")
    assert "- Failed 2×: mortgage rates (nothing fits 2×)" in told
    assert "- Answered: 62.5 % [30.6, 86.3] (before: 100.0 % [51.0, 100.0], −37.5 points" in told
    assert message(report([])).count("\n") == 2
