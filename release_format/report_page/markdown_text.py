"""Foreign texts as parts of Markdown that GitHub, GitLab or our own page renders.

What a catalogue, a visitor or a pull request wrote stays what it is, text: it makes no tag, link,
picture, list or cell, and addresses nobody. Forges look for mentions and references in the rendered
text, where an escape is gone: only a sign between (a zero-width space) keeps them from it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from release_format.progress import printable

LONGEST = 300
_BETWEEN = "\u200b"
_MARKS = re.compile(r"[\\`*_\[\]<>|#~!&$]")
_AS_ENTITY = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"}
# @somebody, #12, GH-12, owner/name!3, %milestone, :emoji:, and what becomes a link by itself.
_ADDRESSING = re.compile(
    r"[@#!%~&$](?=\w)|\bGH-(?=\d)|:(?=//|[\w+-]+:)|\bwww(?=\.)|\bmailto(?=:)", re.IGNORECASE
)
# What would begin a list or a heading, were it first in its line.
_BEGINS = re.compile(r"^(?:(\d{1,9})([.)])(?=\s|$)|([-+=])(?=[-+=\s]|$))")
_CODE = re.compile(r"(`[^`]+`)")


def plain(text: str, longest: int = LONGEST) -> str:
    """A foreign text that Markdown shows as it is, in one line, a table's cell too."""
    safe = _ADDRESSING.sub(lambda found: found[0] + _BETWEEN, cut(text, longest))
    escaped = _MARKS.sub(lambda found: _AS_ENTITY.get(found[0], f"\\{found[0]}"), safe)
    return _BEGINS.sub(lambda found: f"{found[1] or ''}\\{found[2] or found[3]}", escaped)


def summary(text: str, longest: int = LONGEST) -> str:
    """A foreign text within a tag of ours, such as `<summary>`: there Markdown has no marks."""
    safe = _ADDRESSING.sub(lambda found: found[0] + _BETWEEN, cut(text, longest))
    return html.escape(safe, quote=True)


def prose(text: str, longest: int = 1_000) -> str:
    """A foreign sentence whose commands in backticks stay code; everything else is plain."""
    pieces = _CODE.split(cut(text, longest))
    return "".join(
        code(piece[1:-1]) if place % 2 else _around(piece) for place, piece in enumerate(pieces)
    )


def _around(piece: str) -> str:
    """A piece beside code, with the spaces at its ends."""
    before = " " if piece[:1] == " " else ""
    after = " " if piece[-1:] == " " and piece.strip() else ""
    return f"{before}{plain(piece, len(piece))}{after}"


def code(text: str) -> str:
    """A foreign text as code in one line, a table's cell too: nothing in it is obeyed or linked."""
    line = cut(text, 1_000).replace("`", "'").replace("|", "\\|")
    return f"`{line}`" if line else ""


def fenced(lines: Sequence[str]) -> str:
    """Foreign lines as a block of code, whose fence is longer than any within."""
    text = "\n".join(_one_line(line) for line in lines).replace("<!--", "<! --")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def cut(text: str, longest: int = LONGEST) -> str:
    """A text in one line, without signs that turn or command; what is left out is shown by `…`."""
    line = _one_line(text)
    return line if len(line) <= longest else f"{line[: max(1, longest) - 1].rstrip()}…"


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))
