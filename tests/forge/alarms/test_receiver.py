"""The webhook, over real connections: each answer is one that Alertmanager acts rightly by."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from forge.alarms import receiver as module
from forge.alarms.message import AlarmMessage
from forge.alarms.receiver import LARGEST, AlarmReceiver
from tests.forge.alarms.posted import alert, posted

JSON = {"Content-Type": "application/json"}


class Told:
    """Takes messages, or none."""

    def __init__(self) -> None:
        self.messages: list[AlarmMessage] = []
        self.takes = True

    def __call__(self, message: AlarmMessage) -> bool:
        self.messages.append(message)
        return self.takes


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def client(told: Told) -> Iterator[httpx.Client]:
    with AlarmReceiver(("127.0.0.1", 0), told) as receiver:
        serve = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.02})
        serve.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{receiver.server_port}") as client:
            yield client
        receiver.shutdown()
        serve.join()


def test_a_group_is_told_once_and_answered(client: httpx.Client, told: Told) -> None:
    answer = client.post("/alarms", content=posted(alert(), alert(host="b")), headers=JSON)
    assert (answer.status_code, answer.text) == (200, "told\n")
    assert [message.title for message in told.messages] == ["2 firing: Down prod"]


def test_what_nobody_took_is_to_be_posted_again(client: httpx.Client, told: Told) -> None:
    told.takes = False
    assert client.post("/alarms", content=posted(alert()), headers=JSON).status_code == 503


@pytest.mark.parametrize(
    ("path", "content", "headers", "status"),
    [
        ("/", b"{}", JSON, 404),
        ("/alarms/", b"{}", JSON, 404),
        ("/alarms?x", b"{}", JSON, 404),
        ("/alarms", b"{", JSON, 400),
        ("/alarms", b"", JSON, 400),
        ("/alarms", b"x" * (LARGEST + 1), JSON, 413),
        ("/alarms", posted(alert()), {"Content-Type": "text/plain"}, 415),
        ("/alarms", posted(alert()), {}, 415),
        ("/alarms", posted(alert()), {**JSON, "Origin": "https://elsewhere.example"}, 403),
    ],
)
def test_what_is_no_alarm_is_answered_4xx_and_told_to_nobody(
    client: httpx.Client,
    told: Told,
    path: str,
    content: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    answer = client.post(path, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.text.endswith("\n")
    assert told.messages == []


def test_health_and_other_methods(client: httpx.Client) -> None:
    assert client.get("/livez").status_code == 200
    assert client.get("/alarms").status_code == 405
    assert client.get("/nothing").status_code == 404
    assert client.delete("/alarms").status_code == 501


@pytest.mark.parametrize(
    "length", ["", "-1", "+5", "1e3", "9" * 400], ids=["none", "minus", "plus", "float", "huge"]
)
def test_a_length_that_is_none_is_refused(client: httpx.Client, told: Told, length: str) -> None:
    line = raw(client, length, b"{}")
    assert line.split()[1] in (b"411", b"413")
    assert told.messages == []


def test_a_client_that_stops_half_way_keeps_nobody_waiting(
    client: httpx.Client, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.AlarmRequest, "timeout", 0.2)
    with connected(client) as silent:
        assert client.post("/alarms", content=posted(alert()), headers=JSON).status_code == 200
        silent.sendall(head("100") + b"{")
        assert silent.recv(100).split()[1] == b"408"
    with connected(client) as leaving:
        leaving.sendall(head("100") + b"{")
        leaving.shutdown(socket.SHUT_WR)
        assert leaving.recv(100).split()[1] == b"400"
    assert len(told.messages) == 1


def connected(client: httpx.Client) -> socket.socket:
    return socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=10)


def head(length: str) -> bytes:
    lines = ("POST /alarms HTTP/1.1", "Content-Type: application/json", f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def raw(client: httpx.Client, length: str, body: bytes) -> bytes:
    with connected(client) as connection:
        connection.sendall(head(length) + body)
        return connection.recv(100)
