"""Origins: which pages may embed the search box, and where a post comes from.

A browser names the page that a post comes from in headers that no page can set: `Sec-Fetch-Site`
(on https and on this very machine) and `Origin` (always, with a post). Whoever sends neither, or
another, is not taken at his word.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import idna
from starlette.datastructures import Headers

from release_format.config.server import ServerSettings
from release_format.secrets.redaction import redacted
from searchbar.errors import Cause, SearchError

EVERY = "*"
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d+)?")
PORTS = {"http": 80, "https": 443}
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Server = tuple[str, int | None]


def embedding_origins(settings: ServerSettings) -> list[str]:
    """The origins of the setting, as browsers write them.

    Raises:
        SearchError: what stands there is no origin, so that no page could ever come from it.
    """
    texts = (origin.strip() for origin in settings.origins.split(","))
    return [text if text == EVERY else _origin(text) for text in texts if text]


def check_origin(headers: Headers, settings: ServerSettings) -> None:
    """Refuse a post of a page that is neither ours nor one that may embed the box.

    Raises:
        SearchError: it comes from somewhere else, or does not say from where.
    """
    origin = headers.get("origin", "")
    allowed = embedding_origins(settings)
    if from_our_page(headers, settings) or (
        origin and (EVERY in allowed or _written(origin) in allowed)
    ):
        return
    where = f"from {origin[:200]!r}" if origin else "without an Origin header"
    text = (
        f"a post {where} is not taken: send it from this server's page, or from a page named in"
        " SEARCHBAR_ORIGINS."
    )
    raise SearchError(Cause.FOREIGN, text)


def from_our_page(headers: Headers, settings: ServerSettings) -> bool:
    """Whether a browser says that our own page sent this."""
    site = headers.get("sec-fetch-site", "")
    if site in ("same-origin", "none"):  # `none`: typed by the visitor, which no page can do.
        return True
    if site in ("cross-site", "same-site"):
        return False
    origin = headers.get("origin", "")
    if settings.address:
        return _written(origin) == _written(settings.address)
    # Behind a proxy that ends TLS the scheme differs; name and port do not, unless it renames us.
    _, _, own = origin.partition("://")
    return bool(own) and own.lower() == headers.get("host", "").lower()


def public_address(settings: ServerSettings, headers: Headers, server: Server | None) -> str:
    """Where browsers find the page, with a slash at its end; nothing where nobody said so.

    Never what a request says in its Host, which is anybody's word and may stay in a cache: the
    setting; or this machine's own socket, for somebody who sits at it.
    """
    if settings.address:
        return settings.address.rstrip("/") + "/"
    host, port = _host(headers.get("host", ""))
    if (
        not server
        or server[0] not in LOOPBACK
        or host not in LOOPBACK
        or (port or PORTS["http"]) != server[1]
    ):
        return ""
    name = f"[{server[0]}]" if ":" in server[0] else server[0]
    return f"http://{name}:{server[1]}/"


def _host(text: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{text}")
        return parts.hostname or "", parts.port
    except ValueError:
        return "", None


def _origin(text: str) -> str:
    origin = _written(text)
    if set(text) & set("*@?#") or not ORIGIN.fullmatch(origin):
        sentence = (
            f"SEARCHBAR_ORIGINS names {redacted(text)[:200]!r}, which is no origin. Give each in"
            " full, such as https://shop.example, with commas between, or * for every page."
        )
        raise SearchError(Cause.BAD_SETTING, sentence)
    return origin


def _written(address: str) -> str:
    """An origin as browsers write it: in lower case, without a path or the scheme's own port, an
    international name in ASCII."""
    try:
        parts = urlsplit(address.lower())
        port, host = parts.port, parts.hostname or ""
        # As browsers do; the codec of that name in Python takes `ß` for another name.
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except ValueError:
        return address
    if not parts.scheme or not parts.netloc:
        return address
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (
        f":{port}" if port and port != PORTS.get(parts.scheme) else ""
    )
