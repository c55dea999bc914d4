"""A real server that was asked all kinds of things, and what programs leave for node-exporter."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deployer.host.layout import Layout, write_record
from deployer.host.live_metrics import show_live
from monitoring.drift.text_file import NAME, text_file
from release_format.release import Release
from release_format.verdict import Condition, Outcome, Verdict
from searchbar.engine import Engine
from tests.monitoring.watch.programs import node_exporter
from tests.searchbar.http.servers import serving

QUESTIONS = ("edit a photo", "editer", "plot a function", "mortgage rates", "vim", "edit a photo")
PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="session")
def server(bundled_release: Release) -> Iterator[httpx.Client]:
    with serving(Engine.open(bundled_release)) as client:
        yield client


def load(client: httpx.Client, number: int) -> None:
    """Ask and react; no two rounds alike, so that not all is answered from memory."""
    for question in QUESTIONS:
        client.get("/search", params={"q": f"{question} {number}"}).raise_for_status()
        client.get("/search", params={"q": question}).raise_for_status()
    for told in (
        {"kind": "click", "id": "vim", "position": 1 + number % 5},
        {"kind": "good", "id": "vim"},
        {"kind": "bad", "id": "vim"},
    ):
        client.post("/feedback", json=told, headers=PAGE).raise_for_status()


ROUNDS = itertools.count()


@pytest.fixture(scope="session")
def text_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders with drift.prom and live.prom, each written by the program that writes it."""
    folder = tmp_path_factory.mktemp("text-files")
    series = {"novel-questions": [0.1, 0.3], "no-results": [0.0, 0.0]}
    no = Condition("novel-questions", Outcome.NO, "30 %", "10 %", measured=0.3, bound=0.1)
    yes = Condition("no-results", Outcome.YES, "0 %", "0 %", measured=0.0, bound=0.0)
    verdict = Verdict("drift", "r", "", [no, yes], {"questions": 40, "series": series})
    (folder / "line").mkdir()
    (folder / "line" / NAME).write_text(text_file(verdict), encoding="utf-8")
    layout = Layout(folder)
    record = {"live": "blue", "release": "a" * 64, "image": "sha256:b"}
    write_record(layout.slots, {**record, "since": "2026-11-29T08:00:00Z"})
    show_live(layout)
    return folder


@pytest.fixture(scope="session")
def live_metrics(
    server: httpx.Client, text_files: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Everything that Prometheus may scrape, in its text format."""
    load(server, next(ROUNDS))
    log = tmp_path_factory.mktemp("node") / "log"
    with node_exporter(log, text_files) as port:
        return server.get("/metrics").text + httpx.get(f"http://127.0.0.1:{port}/metrics").text
