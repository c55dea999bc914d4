"""The server's log as JSON: what a line holds, and what it never does."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format import questions
from release_format.release import Release
from searchbar.server_log import WITHOUT_ADDRESS, JsonFormatter, log_request, request_id
from tests.deployer.routing import ROUTER_LOG, routed
from tests.searchbar.commands.test_commands import started

KEY = "a-key-of-this-test-0815"
WISH = "zebra crossing"


def line_of(record: logging.LogRecord, *, with_texts: bool = False) -> dict[str, Any]:
    text = JsonFormatter("r1", with_texts=with_texts).format(record)
    assert "\n" not in text
    line: dict[str, Any] = json.loads(text)
    return line


def record(text: str, *arguments: object, **more: Any) -> logging.LogRecord:
    logger = logging.getLogger("tests")
    return logger.makeRecord(
        "n", logging.WARNING, "f", 1, text, arguments, more.pop("exc_info", None), extra=more
    )


def broken() -> Any:
    try:
        try:
            raise KeyError(WISH)
        except KeyError as error:
            raise ValueError(f"no such thing as {WISH}") from error
    except ValueError:
        return sys.exc_info()


def test_a_line_says_when_what_and_of_which_request() -> None:
    token = request_id.set("id-1")
    try:
        line = line_of(record("list %s is read again.", "w.txt"))
    finally:
        request_id.reset(token)
    assert line["time"].endswith("Z")
    assert line | {"time": ""} == {
        "time": "", "level": "warning", "message": "list w.txt is read again.",
        "request_id": "id-1", "release": "r1",
    }  # fmt: skip


def test_an_exception_says_where_and_not_what() -> None:
    line = line_of(record("request %s broke", "id", exc_info=broken()))
    assert (line["exception"]["class"], line["exception"]["after"]) == ("ValueError", "KeyError")
    assert "test_server_log.py" in line["exception"]["raised"][0]
    assert "zebra" not in json.dumps(line)
    with_texts = line_of(record("broke", exc_info=broken()), with_texts=True)
    assert WISH in with_texts["exception"]["text"]


def test_an_address_is_left_out_and_a_secret_is_redacted() -> None:
    line = line_of(record("wrong key from %s", "198.51.100.7", **{WITHOUT_ADDRESS: "wrong key"}))
    assert line["message"] == "wrong key"
    assert "swordfish" not in line_of(record("no %s", "postgresql://me:swordfish@db/x"))["message"]


@given(st.text(), st.text(max_size=30))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_any_text_is_one_line(text: str, argument: str) -> None:
    line_of(record(text.replace("%", "%%") + " %s", argument))


def test_requests_are_not_logged_as_text(caplog: pytest.LogCaptureFixture) -> None:
    log_request("/search", 200, 0.1)
    assert not caplog.records


def lines_of(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        yield json.loads(line)


def test_one_id_leads_from_the_router_to_the_answer_and_its_feedback(
    tools_release: Release, tmp_path: Path
) -> None:
    log = tmp_path / "questions.jsonl"
    environment = {
        "SEARCHBAR_LOG_FORMAT": "json",
        "SEARCHBAR_QUESTIONS": str(log),
        "SEARCHBAR_KEY": KEY,
        "SEARCHBAR_LOG": str(tmp_path / "run.jsonl"),
    }
    with started(tools_release.path, **environment) as (slot, process):
        port = int(slot.base_url.port or 0)
        with (
            routed(tmp_path, port) as routing,
            httpx.Client(base_url=f"http://127.0.0.1:{routing.public_port}") as client,
        ):
            reply = client.get("/search", params={"q": WISH}, headers={"X-Request-Id": "made-up"})
            id = reply.json()["request_id"]
            assert reply.headers["x-request-id"] == id != "made-up"
            told = {"kind": "bad", "question": WISH, "request_id": id}
            same = {"Origin": str(client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
            assert client.post("/feedback", json=told, headers=same).status_code == 204
            assert client.get(f"/items/{WISH}").status_code == 404
            assert client.get(f"/nowhere/{WISH}").status_code == 404
        assert slot.get("/asked", headers={"X-API-Key": "wrong-" + KEY}).status_code == 401
        router = (tmp_path / ROUTER_LOG).read_text()
        process.terminate()
        text = process.stderr.read() if process.stderr else ""
    assert [logged.request_id for logged in questions.read(log)] == [id, id]
    assert f'"request_id":"{id}","status":200' in router
    lines = list(lines_of(text))
    requests = [line for line in lines if line["message"] == "request"]
    assert [(line["route"], line["status"]) for line in requests] == [
        ("/search", 200), ("/feedback", 204), ("/items/{id:path}", 404), ("other", 404),
        ("/asked", 401),
    ]  # fmt: skip
    assert requests[0]["request_id"] == id
    assert requests[0]["milliseconds"] > 0
    assert {line["release"] for line in lines} == {tools_release.id}
    assert any(line["message"].startswith("searchbar answers at") for line in lines)
    (wrong,) = (line for line in lines if line["message"] == "wrong key")
    assert wrong["request_id"] == requests[-1]["request_id"]
    assert "zebra" not in text.lower()
    assert KEY not in text
    assert "from" not in wrong


def test_what_breaks_within_is_a_line_with_the_id_that_the_visitor_is_told(
    tools_release: Release, tmp_path: Path
) -> None:
    """The question log is a folder that cannot be one, and the engine's files go while it runs."""
    environment = {
        "SEARCHBAR_LOG_FORMAT": "json",
        "SEARCHBAR_QUESTIONS": "/proc/nowhere/questions.jsonl",
        "SEARCHBAR_LOG": str(tmp_path / "run.jsonl"),
    }
    with started(tools_release.path, **environment) as (slot, process):
        reply = slot.get("/search", params={"q": WISH})
        assert reply.status_code == 200
        process.terminate()
        text = process.stderr.read() if process.stderr else ""
    (unlogged,) = (line for line in lines_of(text) if line["level"] == "error")
    assert "cannot be logged" in unlogged["message"]
    assert unlogged["request_id"] == reply.headers["x-request-id"]
    assert "zebra" not in text
