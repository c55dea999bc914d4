"""Messages to people: sent for real to a webhook and a mail server on loopback, and never a
reason to fail."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.forge.conftest import Forge


@pytest.fixture
def webhook() -> Iterator[tuple[int, list[str]]]:
    taken: list[str] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Take) as server:
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        yield server.server_port, taken
        server.shutdown()


@pytest.fixture
def mail() -> Iterator[tuple[int, list[str]]]:
    taken: list[str] = []

    class Take(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    taken.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Take) as server:
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        yield server.server_address[1], taken
        server.shutdown()


def test_a_webhook_and_a_mail_server_are_told(
    forge: Forge, webhook: tuple[int, list[str]], mail: tuple[int, list[str]]
) -> None:
    addresses = (
        f"json://127.0.0.1:{webhook[0]}"
        f" mailto://127.0.0.1:{mail[0]}?from=line@example.org&to=team@example.org"
    )
    result = forge(
        "notify", "stage is green", FORGE_NOTIFY=addresses, JOB_NAME="line/stage", BUILD_NUMBER="7"
    )
    assert (result.returncode, result.stderr.count("2 took the message")) == (0, 1)
    message = json.loads(webhook[1][0])
    assert (message["title"], message["message"]) == ("line/stage 7", "stage is green")
    assert "stage is green" in mail[1][0]


@pytest.mark.parametrize(
    "addresses",
    [
        "json://127.0.0.1:9/secret-path",
        "nonsense",
        "slack://secret-path",
        "",
        "://",
        "json://user:secret-path@127.0.0.1:9",
    ],
)
def test_nobody_to_be_reached_is_told_and_never_fails(forge: Forge, addresses: str) -> None:
    result = forge("notify", "red", FORGE_NOTIFY=addresses)
    assert result.returncode == 0
    assert "0 took the message" in result.stderr
    assert "secret-path" not in result.stdout + result.stderr


def test_a_wrong_setting_never_fails_it_either(forge: Forge) -> None:
    result = forge("notify", "red", FORGE_NOTIFY_FILE="/nowhere")
    assert result.returncode == 0
    assert "Nobody was notified" in result.stderr
