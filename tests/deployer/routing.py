"""A real HAProxy with the configuration that hosts get, a slot that tells what it was sent, and
a plain client."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from deployer.host.haproxy import Route
from deployer.host.layout import Layout
from deployer.hosts import Environment
from deployer.router.config import router_config

ROUTER_LOG = "router.log"
HAPROXY = shutil.which("haproxy") or "/usr/sbin/haproxy"


@dataclass(frozen=True)
class Reply:
    """What came back over a plain socket."""

    status: int
    body: str

    @property
    def headers_sent(self) -> dict[str, list[str]]:
        """The headers that the telling slot was sent, by their lower-case names."""
        return dict(json.loads(self.body)["headers"])


def ask(
    port: int,
    target: str,
    headers: Sequence[str] = (),
    *,
    host: str = "x",
    source: str = "127.0.0.1",
) -> Reply:
    """Send a request target as it stands, with header lines as they stand, from an address of
    the loopback."""
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: close", *headers, "", ""]
    with socket.create_connection(("127.0.0.1", port), 20, (source, 0)) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        response = http.client.HTTPResponse(connection)
        response.begin()
        return Reply(response.status, response.read().decode("utf-8", "replace"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def routed(folder: Path, slot: int, **settings: Any) -> Iterator[Environment]:
    """The router of one environment before a slot (blue, live) that listens on that port."""
    ports = {slot}
    while len(ports) < 4:
        ports.add(free_port())
    public, preview, green = ports - {slot}
    environment = Environment(
        "stage", public=f"127.0.0.1:{public}", preview=preview, blue=slot, green=green, **settings
    )
    rooms = Layout(folder)
    rooms.make()
    rooms.map.write_text(Route("blue").text())
    rooms.config.write_text(router_config(environment, str(folder)))
    with (folder / ROUTER_LOG).open("wb") as log:
        process = subprocess.Popen([HAPROXY, "-db", "-f", str(rooms.config)], stdout=log)
    try:
        while not rooms.admin.exists():
            assert process.poll() is None, "HAProxy refuses its configuration"
            time.sleep(0.02)
        yield environment
    finally:
        process.kill()
        process.wait()


class _Telling(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        headers: dict[str, list[str]] = {}
        for name, value in self.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        body = json.dumps({"path": self.path, "headers": headers}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def telling_slot() -> Iterator[int]:
    """A slot that answers every path with what it was sent; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Telling)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
