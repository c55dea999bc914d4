"""The server's own log as JSON, an object a line: what happened and what was asked of it, but
neither who asked nor for what."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from release_format.config.line import LineSettings
from release_format.config.registry import settings_unchecked
from release_format.progress import say
from release_format.secrets.redaction import redacted

# The request that a line is about.
request_id: ContextVar[str] = ContextVar("request_id", default="")
# What a line says in place of its text, where that names an address.
WITHOUT_ADDRESS = "without_address"
_FIELDS = "fields"
_requests, _server = logging.getLogger("searchbar.requests"), logging.getLogger("searchbar")


class JsonFormatter(logging.Formatter):
    """A line of JSON: time, level, message, request_id, release, and what is known besides.

    An exception is told by its class and where it was raised. What it says may hold a question:
    that is left out, unless `with_texts`.
    """

    def __init__(self, release: str, *, with_texts: bool = False) -> None:
        super().__init__()
        self._release, self._with_texts = release, with_texts

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = getattr(record, _FIELDS, None)
        line: dict[str, Any] = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.msg if fields else self._message(record),
            "request_id": request_id.get(),
            "release": self._release,
            **(fields or {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["exception"] = self._exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True, separators=(",", ":"), default=str)

    def _message(self, record: logging.LogRecord) -> str:
        without: str = getattr(record, WITHOUT_ADDRESS, "")
        return without or redacted(record.getMessage())

    def _exception(self, error: BaseException) -> dict[str, Any]:
        frames = traceback.extract_tb(error.__traceback__)
        told: dict[str, Any] = {
            "class": type(error).__name__,
            "raised": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }
        if self._with_texts:
            told["text"] = redacted(str(error))
        if cause := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
            told["after"] = type(cause).__name__
        return told


def log_as_json(release: str) -> Callable[[str], None]:
    """Write all that is logged from here on as JSON on standard error, every request, too.

    Returns what says a sentence there. What exceptions say stands there with SEARCHBAR_DEBUG only.
    """
    with_texts = bool(settings_unchecked(LineSettings).debug)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(release, with_texts=with_texts))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    _server.setLevel(logging.INFO)
    return _server.info


def log_request(route: str, status: int, seconds: float) -> None:
    """Log one request, where requests are logged: not in a log of text."""
    if _requests.isEnabledFor(logging.INFO):
        fields = {"route": route, "status": status, "milliseconds": round(1000 * seconds, 1)}
        _requests.info("request", extra={_FIELDS: fields})


def log_as_text(_release: str) -> Callable[[str], None]:
    """Leave the log as it is; returns what says a sentence."""
    return say
