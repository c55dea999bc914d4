"""The comment as an HTML page, shown whole under Jenkins' content security policy. (Pure.)

That policy allows no script and no inline style, so the stylesheet is a file beside the page. What
reports say comes from catalogues and pull requests: of their HTML, only the few tags that our own
reports write become tags.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from forge.pages.comment_body import DETAILS, Page, details, sanitize, sections
from forge.pages.report_names import report_name
from forge.reports import Reports

Env = MutableMapping[str, Any]
STYLE = Path(__file__).with_name("page.css")
SCRIPTS = "needs scripts, which Jenkins forbids: save it and open it from your disk"
# The page's title is h1; `###` begins a section.
TOP, SECTION = 2, 3
_BOX = '<div class="wide" role="region" aria-label="Table {number}" tabindex="0">'
_FRAME = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{style}">
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""
_BLOCK, _INLINE = re.compile(r"(</?(?:details|summary)>)"), re.compile(r"(<br>|</?sub>)")


def html_page(page: Page, reports: Reports, files: Mapping[str, bool]) -> str:
    """The whole page.

    `files` are the gates' own pages by address, and whether one needs scripts.
    """
    answer, *evidence = sections(page, reports)
    tables = count(1)
    body = [
        f'<div class="answer">{_html(answer, TOP, tables)}</div>',
        _html("\n\n".join(evidence), TOP, tables),
    ]
    if files:
        links = [_link(address, needs_scripts) for address, needs_scripts in files.items()]
        body += ["<h2>Full pages</h2>", "<ul>", *links, "</ul>"]
    folds = [(report_name(name), sanitize(text)) for name, text in reports.texts.items()]
    if points := details(page, reports):
        folds.append((DETAILS, "\n".join(f"- {point}" for point in points)))
    body += [
        f"<details><summary>{html.escape(name)}</summary>\n{_html(text, TOP + 1, tables)}</details>"
        for name, text in folds
    ]
    return _FRAME.format(title=html.escape(page.title), style=STYLE.name, body="\n".join(body))


def _link(address: str, needs_scripts: bool) -> str:
    note = f" <small>({SCRIPTS})</small>" if needs_scripts else ""
    target, name = html.escape(quote(address)), html.escape(report_name(address))
    return f'<li><a href="{target}">{name}</a>{note}</li>'


def _html(text: str, level: int, tables: Iterator[int]) -> str:
    """Markdown as HTML in which every tag that a text opened is closed again.

    `level` is that of its highest heading: they follow those of the page. `tables` numbers the
    page's tables: a screen reader lists them by name.
    """
    open_tags: list[str] = []
    rendered: str = _MARKDOWN.render(text, {"open": open_tags, "level": level, "tables": tables})
    return rendered + "".join(f"</{tag}>" for tag in reversed(open_tags))


class _Renderer(RendererHTML):
    """HTML inside of Markdown is text, but for the tags that our own reports write.

    Wide tables and code scroll in boxes that the keyboard reaches.
    """

    def table_open(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:  # noqa: ARG002
        return f"{_BOX.format(number=next(env['tables']))}<table>\n"

    def table_close(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:  # noqa: ARG002
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:  # noqa: ARG002
        return f"<{_cell(tokens[idx + 1])}{_aligned(tokens[idx])}>"

    def th_close(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:  # noqa: ARG002
        return f"</{_cell(tokens[idx - 1])}>\n"

    def td_open(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:  # noqa: ARG002
        return f"<td{_aligned(tokens[idx])}>"

    def fence(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:  # noqa: ARG002
        return f'<pre tabindex="0"><code>{html.escape(tokens[idx].content)}</code></pre>\n'

    def code_block(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:
        return self.fence(tokens, idx, options, env)

    def heading_open(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:  # noqa: ARG002
        return f"<h{_level(tokens[idx], env)}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:  # noqa: ARG002
        return f"</h{_level(tokens[idx], env)}>\n"

    def html_block(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:  # noqa: ARG002
        return "".join(_allowed(tokens[idx].content, _BLOCK, env["open"]))

    def html_inline(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:  # noqa: ARG002
        return "".join(_allowed(tokens[idx].content, _INLINE, []))


def _cell(content: Token) -> str:
    """A header without words heads nothing."""
    return "th" if content.content.strip() else "td"


def _aligned(cell: Token) -> str:
    """A column of numbers by its class: no inline style is allowed."""
    return ' class="n"' if "right" in str(cell.attrGet("style")) else ""


def _level(token: Token, env: Env) -> int:
    """The level of a heading on the page: sections and reports begin theirs with `###`, or less."""
    top: int = env["level"]
    return min(6, max(top, int(token.tag[1:]) - SECTION + top))


def _allowed(raw: str, tags: re.Pattern[str], open_tags: list[str]) -> Iterator[str]:
    """The text with its own tags.

    What closes nothing is left out, so that no text can unfold what is around it.
    """
    for piece in tags.split(raw):
        name = piece.strip("</>")
        if not tags.fullmatch(piece):
            yield html.escape(html.unescape(piece), quote=False)
        elif tags is _INLINE:
            yield piece
        elif not piece.startswith("</"):
            open_tags.append(name)
            yield piece
        elif name in open_tags:
            last = len(open_tags) - 1 - open_tags[::-1].index(name)
            yield "".join(f"</{tag}>" for tag in reversed(open_tags[last:]))
            del open_tags[last:]


class _Markdown(MarkdownIt):
    """CommonMark and tables; links lead to the web or stay here, and pictures are links."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": True}, renderer_cls=_Renderer)
        self.enable("table").disable("image")

    def validateLink(self, url: str) -> bool:  # noqa: N802
        try:
            address = urlsplit(url)
        except ValueError:
            return False
        return address.scheme in ("http", "https") or not (address.scheme or address.netloc)


_MARKDOWN = _Markdown()
