"""Markup: a column of HTML as the text that a browser would show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

_TAGS = re.compile(
    r"</(?:p|div|span|b|i|a|li|ul|ol|tr|table|strong|em|h[1-6])>|<br\s*/?>|<p>", re.IGNORECASE
)
_BLANKS, _LINES = re.compile(r"[ \t\r\f\v\u00a0]+"), re.compile(r" ?\n[\s]*")
# WooCommerce writes the ends of lines as two signs.
_WRITTEN_BREAKS = re.compile(r"(?<=>)(?:\\[rn])+|(?:\\[rn])+(?=<)")
BLOCKS = (
    *("article", "blockquote", "br", "dd", "div", "dt", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("hr", "li", "ol", "p", "section", "table", "tr", "ul"),
)
UNSEEN = {"script", "style", "template", "noscript"}


def is_markup(values: Sequence[Any]) -> bool:
    """Whether a column is HTML by design: more than half of its texts have tags."""
    written = [value for value in values if isinstance(value, str) and value.strip()]
    return 2 * sum(bool(_TAGS.search(text)) for text in written) > len(written)


def without_markup(text: Any) -> Any:
    """What a reader of the page would see, a line for each block; what is no text stays."""
    if not isinstance(text, str) or ("<" not in text and "&" not in text):
        return text
    reader = _TextOfPage()
    reader.feed(_WRITTEN_BREAKS.sub("\n", text))
    reader.close()
    return _LINES.sub("\n", _BLANKS.sub(" ", "".join(reader.pieces))).strip()


class _TextOfPage(HTMLParser):
    """Collects what is shown between tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._unseen += tag in UNSEEN
        if tag in BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in UNSEEN and self._unseen > 0
        if tag in BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data)
