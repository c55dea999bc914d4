"""Wrong usage, and what nobody can tell, of every verb; its other tests hold what else it says."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from release_format.cli import run_program
from release_format.release import Release
from searchbar.__main__ import PROGRAM

LINES = {
    "serve": ["stage"],
    "ask": ["stage", "lamp"],
    "batch": ["stage", "questions.jsonl", "--out", "answers"],
    "releases": [],
}


@pytest.fixture(autouse=True)
def _a_store_whose_channel_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (channel := tmp_path / "var/store/channels/stage").mkdir(parents=True)
    (channel / "00000001.json").write_text("{")
    monkeypatch.chdir(tmp_path)


def test_every_verb_is_here() -> None:
    assert LINES.keys() == PROGRAM.verbs.keys()


@pytest.mark.parametrize("verb", LINES)
def test_an_option_that_there_is_not_is_wrong_usage(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program("searchbar", PROGRAM.main, [verb, *LINES[verb], "--qick"]) == 2
    assert "unrecognized arguments: --qick. See `python -m searchbar" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["serve", "ask", "batch"])
def test_a_setting_that_cannot_be_is_wrong_usage(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEARCHBAR_QUEUE", "long")
    assert run_program("searchbar", PROGRAM.main, [verb, *LINES[verb]]) == 2
    assert "SEARCHBAR_QUEUE must be a whole number, not 'long'. Mend it." in capsys.readouterr().err


@pytest.mark.parametrize("verb", LINES)
def test_a_channel_that_cannot_be_read_is_could_not_tell(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program("searchbar", PROGRAM.main, [verb, *LINES[verb]]) == 3
    assert "Restore it from a copy." in capsys.readouterr().err


def test_a_port_that_is_taken_is_wrong_usage(
    tools_release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = ["serve", str(tools_release.path), "--port", port]
        assert run_program("searchbar", PROGRAM.main, line) == 2
    told = capsys.readouterr().err
    assert f"nothing can listen at port {port} of 127.0.0.1" in told
    assert "Choose another with --host and --port, or with PORT= after `make up`." in told


def test_a_server_that_does_not_start_is_could_not_tell(
    tools_release: Release, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.asynccontextmanager
    async def broken(_: FastAPI) -> AsyncIterator[None]:
        raise OSError("no such device")
        yield

    monkeypatch.setattr("searchbar.http.app.create_app", lambda *_: FastAPI(lifespan=broken))
    before = signal.getsignal(signal.SIGTERM)
    try:
        line = ["serve", str(tools_release.path), "--port", "0"]
        assert run_program("searchbar", PROGRAM.main, line) == 3
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "no such device" in capsys.readouterr().err


def test_questions_that_are_no_utf_8_are_wrong_usage(
    tools_release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "questions.jsonl").write_text('{"question": "Schlüssel"}', encoding="latin-1")
    line = ["batch", str(tools_release.path), *LINES["batch"][1:]]
    assert run_program("searchbar", PROGRAM.main, line) == 2
    assert "questions.jsonl is not UTF-8" in (told := capsys.readouterr().err)
    assert "Convert it." in told
