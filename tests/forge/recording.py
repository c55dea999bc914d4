"""A recording server on loopback, whoever's answers it gives."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol


class Hub(Protocol):
    """What answers stand on; it is told where it is."""

    url: str


@contextlib.contextmanager
def answering(hub: Hub, answers: type[BaseHTTPRequestHandler]) -> Iterator[None]:
    """Serve a hub's answers, on a port of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (answers,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    with contextlib.ExitStack() as stack:
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        yield
