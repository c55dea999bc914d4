"""The comment as an HTML page, shown whole under Jenkins' content security policy. (Pure.)

That policy allows no script and no inline style, so the stylesheet is a file beside the page. What
reports say comes from catalogues and pull requests: of their HTML, only the few tags that our own
reports write become tags.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from forge.pages.comment_body import Page, sections
from forge.reports import Reports

Env = MutableMapping[str, Any]
STYLE = Path(__file__).with_name("page.css")
SCRIPTS = "needs scripts, which Jenkins forbids: save it and open it from your disk"
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
    body = [_html("\n\n".join(sections(page, reports)))]
    if files:
        links = [_link(address, needs_scripts) for address, needs_scripts in files.items()]
        body += ["<h3>Reports</h3>", "<ul>", *links, "</ul>"]
    body += [
        f"<details><summary>{html.escape(name)}</summary>\n{_html(text)}</details>"
        for name, text in reports.texts.items()
    ]
    return _FRAME.format(title=html.escape(page.title), style=STYLE.name, body="\n".join(body))


def _link(address: str, needs_scripts: bool) -> str:
    note = f" <small>({SCRIPTS})</small>" if needs_scripts else ""
    target, name = html.escape(quote(address)), html.escape(address.rsplit("/", 1)[-1])
    return f'<li><a href="{target}">{name}</a>{note}</li>'


def _html(text: str) -> str:
    """Markdown as HTML in which every tag that a text opened is closed again."""
    open_tags: list[str] = []
    rendered: str = _MARKDOWN.render(text, {"open": open_tags})
    return rendered + "".join(f"</{tag}>" for tag in reversed(open_tags))


class _Renderer(RendererHTML):
    """HTML inside of Markdown is text, but for the tags that our own reports write."""

    def html_block(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:  # noqa: ARG002
        return "".join(_allowed(tokens[idx].content, _BLOCK, env["open"]))

    def html_inline(self, tokens: Sequence[Token], idx: int, options: object, env: Env) -> str:  # noqa: ARG002
        return "".join(_allowed(tokens[idx].content, _INLINE, []))


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
