"""Rendering: a page from its template, in the visitor's language, with the headers that keep it
safe."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from searchbar.http.origins import embedding_origins
from searchbar.http.state import AppState, app_state_of
from searchbar.page.locale import Locale

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE = Path(__file__).parents[1] / "page"
FILES = {
    "searchbar.js": "text/javascript",
    "embed.js": "text/javascript",
    "searchbar.css": "text/css",
    "icon.svg": "image/svg+xml",
    "admin.css": "text/css",
    "judge.js": "text/javascript",
}
FRAMED = ("index.html", "about.html", "gates.html")
PAGES = ("about", "gates", "asked", "judge")


def locale_of(request: Request) -> Locale:
    """The language of the setting, else the one that the visitor's browser asks for."""
    accepted = ",".join(request.headers.getlist("accept-language"))
    return app_state_of(request).locales.choose(accepted)


def language_headers(app_state: AppState, locale: Locale) -> dict[str, str]:
    """In which language an answer is; and, for caches, what it was chosen by."""
    spoken = {"Content-Language": locale.lang}
    return spoken if app_state.locales.only else {**spoken, "Vary": "Accept-Language"}


def policy(images: str, frames: Iterable[str] = ()) -> str:
    """The content security policy: nothing but this server's own files, and images as set; pages
    of the origins `frames` may hold it in a frame."""
    ancestors = " ".join(["'self'", *frames])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        f"img-src 'self' {images}; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors {ancestors}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def show(
    app_state: AppState, locale: Locale, template: str, status: int = 200, **shown: Any
) -> Response:
    """A page from its template, with the headers that keep it safe."""
    settings = app_state.settings
    pages = PAGES if settings.key.reveal() or settings.key_file else PAGES[:2]
    # Who embeds the box may frame it; what needs a key is framed by nobody, nor clicked unseen.
    frames = embedding_origins(settings) if template in FRAMED else ()
    page = templates().get_template(template)
    words = {"locale": locale, "text": locale.text, "markup": locale.markup}
    html = page.render(name=settings.title, stamp=stamp(), pages=pages, **words, **shown)
    headers = {
        "Content-Security-Policy": policy(settings.images, frames),
        "Cache-Control": "no-cache",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        **language_headers(app_state, locale),
    }
    # A log or a catalogue may hold halves of characters, which no page can.
    return Response(html.encode("utf-8", "replace"), status, headers, media_type="text/html")


@cache
def templates() -> Environment:
    """The page's templates. What reads them is loaded when they are: a server is ready without."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(PAGE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["urlencode"] = partial(urlencode, errors="replace")
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    return environment


@cache
def bytes_of(name: str) -> bytes:
    """What one of the page's files holds."""
    return (PAGE / name).read_bytes()


@cache
def stamp() -> str:
    """Changes whenever one of the page's files does."""
    return hashlib.sha256(b"".join(bytes_of(name) for name in FILES)).hexdigest()[:12]
