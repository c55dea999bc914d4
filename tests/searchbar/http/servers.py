"""A real server in a thread, for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from release_format.config.server import ServerSettings
from searchbar.engine import Engine
from searchbar.http.app import create_app


@contextmanager
def serving(engine: Engine, settings: ServerSettings | None = None) -> Iterator[httpx.Client]:
    """A real server in a thread; yields a client of it."""
    config = uvicorn.Config(
        create_app(engine, settings or ServerSettings()),
        port=0,
        log_level="warning",
        forwarded_allow_ips="127.0.0.1",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        assert not thread.is_alive()


def wait_until_ready(client: httpx.Client) -> httpx.Response:
    deadline = time.monotonic() + 20
    while (answer := client.get("/readyz")).status_code != 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.02)
    return answer
