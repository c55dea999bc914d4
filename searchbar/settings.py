"""The settings of the server, read from the environment."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from release_format.secret import Secret
from searchbar.errors import Cause, SearchError

PREFIX = "SEARCHBAR_"


def _setting(default: Any, sentence: str) -> Any:
    return field(default=default, metadata={"sentence": sentence})


@dataclass(frozen=True)
class ServerSettings:
    """All settings, read once and handed down; each is SEARCHBAR_<NAME> in the environment."""

    host: str = _setting("127.0.0.1", "The address to listen on.")
    port: int = _setting(8000, "The port to listen on.")
    threads: int = _setting(
        0, "Questions that are answered at the same time; 0: one for each core, at most 4."
    )
    queue: int = _setting(64, "Questions that may wait; one more is answered 503 with Retry-After.")
    batch: int = _setting(16, "Waiting questions that are encoded together at most.")
    requests_a_minute: int = _setting(
        0, "Requests a minute of one client, at once or spread; 0 for no limit."
    )
    trusted_proxies: str = _setting(
        "127.0.0.1", "Addresses, with commas, whose X-Forwarded-For names the client."
    )
    withdrawn: str = _setting(
        "", "A file of ids, one a line, that must not be shown; read again when it changes."
    )
    questions: str = _setting(
        "", "A file to log questions and feedback to (no addresses); empty for none."
    )
    image: str = _setting(
        "", "The digest of the image that this server runs from, as /release tells it."
    )
    title: str = _setting("Search", "The name that stands on the page.")
    examples: str = _setting(
        "", "Questions that the page offers to begin with, with | between; empty for three probes."
    )
    images: str = _setting(
        "https:", "Where the page may load images of items from, as in a content security policy."
    )
    feedback: int = _setting(
        1, "1: the page offers thumbs and tells clicks, logged with the questions; 0: neither."
    )
    judgments: str = _setting("", "A file that /judge saves judgments to; empty for no judging.")
    key: Secret = _setting(  # noqa: RUF009
        Secret(""), "The key of /judge and /asked, 16 characters or more; none: they are closed."
    )
    key_file: str = _setting("", "A file that holds the key, in place of SEARCHBAR_KEY.")
    key_for: str = _setting(
        "admin",
        "What needs the key: `admin` (/judge and /asked) or `all` (all but health and the page's"
        " own files).",
    )
    origins: str = _setting(
        "", "Origins, with commas, whose pages may embed the search box; * for every page."
    )
    address: str = _setting(
        "",
        "The public address of the page, such as https://search.example/; browsers add the search"
        " by it.",
    )
    verify: str = _setting(
        "full", "How the seal is checked at the start: `full` (contents) or `sizes`."
    )

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> ServerSettings:
        """Read the SEARCHBAR_ variables; one that looks like a misspelt setting is refused.

        Raises:
            SearchError: misspelt, or not readable.
        """
        known = {PREFIX + setting.name.upper(): setting for setting in fields(cls)}
        values: dict[str, Any] = {}
        for variable in (name for name in environment if name.startswith(PREFIX)):
            if setting := known.get(variable):
                text, default = environment[variable], setting.default
                values[setting.name] = _value(variable, text, default, sentence(setting))
            elif near := difflib.get_close_matches(variable, known, 1, cutoff=0.85):
                raise _bad(f"{variable} is no setting. Did you mean {near[0]}?")
        settings = cls(**values)
        if settings.verify not in ("full", "sizes"):
            raise _bad(f"{PREFIX}VERIFY is {settings.verify!r}. Give `full` or `sizes`.")
        if settings.address and not _is_address(settings.address):
            text = "Give one like https://search.example/, with nothing else."
            raise _bad(f"{PREFIX}ADDRESS is {settings.address!r}. {text}")
        return settings


def sentence(setting: Any) -> str:
    """What a setting does."""
    return str(setting.metadata["sentence"])


def help_text() -> str:
    """Every setting with its default and its sentence, for the console."""
    lines = (
        f"  {PREFIX}{s.name.upper():<16} {s.default!r:<12} {sentence(s)}"
        for s in fields(ServerSettings)
    )
    return "settings (environment):\n" + "\n".join(lines)


def _value(variable: str, text: str, default: Any, meaning: str) -> Any:
    if isinstance(default, Secret):
        return Secret(text)
    if isinstance(default, str):
        return text
    if not text.isascii() or not text.isdigit():
        raise _bad(f"{variable} is {text!r}. {meaning} Give a whole number.")
    return int(text)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    bare = not (
        parts.query
        or parts.fragment
        or "@" in parts.netloc
        or any(c in '"<>{}' or c <= " " for c in text)
    )
    return parts.scheme in ("http", "https") and bool(parts.hostname) and bare


def _bad(text: str) -> SearchError:
    return SearchError(Cause.BAD_SETTING, text)
