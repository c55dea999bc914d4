"""The settings of the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from annotated_types import Interval

from release_format.config.setting import YesNo, setting, settings_group
from release_format.config.table import Count
from release_format.secrets.secret import Secret


@settings_group
@dataclass(frozen=True)
class ServerSettings:
    """All settings, read once and handed down; each is SEARCHBAR_<NAME> in the environment."""

    host: str = setting("127.0.0.1", "The address to listen on.")
    port: Annotated[int, Interval(ge=0, le=65535)] = setting(
        8000, "The port to listen on; 0: any that is free."
    )
    threads: Count = setting(
        0, "Questions that are answered at the same time; 0: one for each core, at most 4."
    )
    queue: Count = setting(
        64, "Questions that may wait; one more is answered 503 with Retry-After."
    )
    batch: Annotated[int, Interval(ge=1, le=10_000)] = setting(
        16, "Waiting questions that are encoded together at most."
    )
    requests_a_minute: Count = setting(
        0, "Requests a minute of one client, at once or spread; 0 for no limit."
    )
    trusted_proxies: str = setting(
        "127.0.0.1",
        "Addresses, with commas, whose X-Forwarded-For names the client; empty: nobody's.",
        blank=True,
    )
    withdrawn: str = setting(
        "", "A file of ids, one a line, that must not be shown; read again when it changes."
    )
    values: str = setting(
        "",
        "A file of ids and values (price, stock), CSV or JSON lines, over those of the release;"
        " read again when it changes.",
    )
    questions: str = setting(
        "", "A file to log questions and feedback to (no addresses); empty for none."
    )
    questions_days: Count = setting(
        420, "Days that logged questions and feedback are kept; 0: for ever."
    )
    log_format: Literal["text", "json"] = setting(
        "text",
        "How the server's own log is written: `text`, or `json`, an object a line with every"
        " request in it, and neither questions nor addresses.",
    )
    cloudwatch: str = setting(
        "",
        "A CloudWatch namespace, such as Searchbar: once a minute one line of metrics on standard"
        " output, in its embedded metric format; empty for none.",
    )
    image: str = setting(
        "", "The digest of the image that this server runs from, as /release tells it."
    )
    title: str = setting("Search", "The name that stands on the page.")
    locale: str = setting(
        "",
        "The language of the page, such as de; empty: the one that a visitor's browser asks for.",
    )
    examples: str = setting(
        "",
        "Questions that the page offers to begin with, with | between; empty for what many"
        " asked, or what items say that they are.",
    )
    images: str = setting(
        "https:",
        "Where the page may load images of items from, as in a content security policy.",
        blank=True,
    )
    pictures: str = setting(
        "", "A folder of pictures that are served as /pictures/NAME; empty for none."
    )
    typing: Literal["results", "suggestions", "no"] = setting(
        "results",
        "What the page shows while somebody types: `results` with suggestions, `suggestions` alone"
        " (names, topics, popular questions), or `no`thing.",
    )
    popular: YesNo = setting(
        True,
        "yes: the page suggests questions of the log that were asked five times on three days and"
        " hold no word that the catalogue has not; no: none.",
    )
    feedback: YesNo = setting(
        True,
        "yes: the page offers thumbs and tells clicks, logged with the questions; no: neither.",
    )
    judgments: str = setting("", "A file that /judge saves judgments to; empty for no judging.")
    key: Secret = setting(
        Secret(""),
        "The key of /judge, /asked and /replay, 16 characters or more; none: they are closed.",
    )
    key_file: str = setting("", "A file that holds the key, in place of SEARCHBAR_KEY.")
    key_for: Literal["admin", "all"] = setting(
        "admin",
        "What needs the key: `admin` (/judge, /asked and /replay) or `all` (all but health and the"
        " page's own files).",
    )
    origins: str = setting(
        "",
        "Origins, with commas, whose pages may embed the search box, as an element or in a frame; *"
        " for every page.",
    )
    address: str = setting(
        "",
        "The public address of the page, such as https://search.example/; browsers add the search"
        " by it.",
    )
    invocations: YesNo = setting(
        False, "yes: /ping and /invocations answer, as SageMaker asks of a container; no: neither."
    )
    verify: Literal["full", "sizes"] = setting(
        "full", "How the seal is checked at the start: `full` (contents) or `sizes`."
    )

    def __post_init__(self) -> None:
        if self.address and not _is_address(self.address):
            raise ValueError(
                f"SEARCHBAR_ADDRESS is {self.address!r}. Give one like https://search.example/,"
                " with nothing else."
            )


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
