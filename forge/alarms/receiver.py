"""The webhook that Alertmanager posts to: each group of alarms is told to people once."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

from forge.alarms.message import AlarmMessage, message_of

PATH, HEALTH = "/alarms", "/livez"
LARGEST = 1_000_000
PATIENCE = 10.0

# Tells people; false: nobody took it, and Alertmanager shall post it again.
Tell = Callable[[AlarmMessage], bool]


class AlarmReceiver(ThreadingHTTPServer):
    """Answers what may be posted; people are told of one group at a time."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], tell: Tell) -> None:
        super().__init__(address, AlarmRequest)
        self._tell, self._one_at_a_time = tell, Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is no error of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def tell(self, message: AlarmMessage) -> bool:
        with self._one_at_a_time:
            return self._tell(message)


class AlarmRequest(BaseHTTPRequestHandler):
    """One request. Errors of who posts are 4xx, which Alertmanager does not try again; 503 is."""

    server: AlarmReceiver
    server_version, sys_version = "searchbar", ""
    # Of a client that sends nothing.
    timeout = PATIENCE

    def do_GET(self) -> None:
        if self.path == HEALTH:
            self._answer(HTTPStatus.OK, "alive")
        elif self.path == PATH:
            self._answer(HTTPStatus.METHOD_NOT_ALLOWED, "alarms are posted here")
        else:
            self._no_such_path()

    def do_POST(self) -> None:
        if self.path != PATH:
            self._no_such_path()
        # A page in somebody's browser may post to this machine, too; Alertmanager is no page.
        elif "Origin" in self.headers:
            self._answer(HTTPStatus.FORBIDDEN, "web pages post no alarms")
        elif self.headers.get_content_type() != "application/json":
            self._answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "post application/json")
        elif self._length() < 0:
            self._answer(HTTPStatus.LENGTH_REQUIRED, "say how long it is")
        elif self._length() > LARGEST:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"post at most {LARGEST} bytes")
        else:
            self._take()
            return
        self._drain()

    def _length(self) -> int:
        """The length that the client names, as far as it counts; -1 for none."""
        length = self.headers.get("Content-Length", "")
        return int(length[:8]) if length.isascii() and length.isdigit() else -1

    def _take(self) -> None:
        try:
            body = self.rfile.read(self._length())
            if len(body) < self._length():
                raise ValueError("it ends too early")
            message = message_of(body)
        except TimeoutError:
            self._answer(HTTPStatus.REQUEST_TIMEOUT, "it did not come in time")
        except ValueError as error:
            self._answer(HTTPStatus.BAD_REQUEST, f"that is no alarm of Alertmanager: {error}")
        else:
            if self.server.tell(message):
                self._answer(HTTPStatus.OK, "told")
            else:
                self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "nobody took it; post it again")

    def _drain(self) -> None:
        """Read on for a while: what lies unread at the end costs the client the answer."""
        self.connection.settimeout(1.0)
        with contextlib.suppress(OSError):
            for _ in range(256):
                if not self.rfile.read1(65536):
                    return

    def _no_such_path(self) -> None:
        self._answer(HTTPStatus.NOT_FOUND, f"alarms are posted to {PATH}")

    def _answer(self, status: HTTPStatus, sentence: str) -> None:
        body = (sentence + "\n").encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of a request: what was told is said by who tells it."""
