"""Markdown as GitHub shows it: CommonMark with tables, then its own look for names and numbers.

GitHub renders first and looks in the rendered text for `@somebody`, `#12` and addresses, but not in
code or links: an escape or an entity is gone by then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_CALLS = re.compile(
    r"(?<![\w/`])@[a-z0-9][a-z0-9-]*|(?<![\w&])#\d+|\bGH-\d+|[\w.-]+/[\w.-]+#\d+"
    r"|(?:https?|ftp)://\S|\bwww\.\w|\bmailto:\S|[\w.+-]+@[\w-]+\.\w",
    re.IGNORECASE,
)


@dataclass
class Shown(HTMLParser):
    """What a reader sees: text, tags in their order, table cells, and what calls somebody."""

    text: str = ""
    tags: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag in ("td", "th"):
            self.cells.append("")
        if tag not in ("br", "hr", "img"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.text += data
        if {"td", "th"} & set(self._open):
            self.cells[-1] += data
        if not {"code", "pre", "a"} & set(self._open):
            self.calls += _CALLS.findall(data)


def as_github(markdown: str) -> Shown:
    """Render a comment, and read it as GitHub and its readers do."""
    shown = Shown()
    shown.feed(_MARKDOWN.render(markdown))
    shown.close()
    return shown
