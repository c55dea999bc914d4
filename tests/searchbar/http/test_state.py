"""Answers that take long: few at once, and nobody else waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from release_format.config.server import ServerSettings
from release_format.questions import LoggedQuestion, append
from release_format.secrets.secret import Secret
from searchbar.engine import Engine
from searchbar.feedback import judging, query_log
from searchbar.http import admin_routes
from searchbar.http.search_queue import FULL, MOST_THREADS
from searchbar.replay import logged_request
from tests.searchbar.http.servers import serving

KEY = "a-key-of-this-test-0815"
WAIT, TOO_MANY = 1, 3
HELD = MOST_THREADS + WAIT


@pytest.mark.parametrize(
    ("method", "path", "work"),
    [
        ("GET", "/why-not?q=draw&id=vim", "why_not"),
        ("GET", "/asked", "summarise_recent"),
        ("GET", "/replay?id=r1", "logged_request"),
        ("GET", "/judge", "judged"),
        ("GET", "/judge?q=draw", "pool"),
        ("POST", "/judge", "keep"),
    ],
)
def test_with_all_workers_held_the_server_lives_and_who_comes_late_is_refused(
    tools: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    work: str,
) -> None:
    let, at_work = threading.Event(), threading.Semaphore(0)

    def held(does: Callable[..., Any]) -> Callable[..., Any]:
        def work(*arguments: Any) -> Any:
            at_work.release()
            assert let.wait(60)
            return does(*arguments)

        return work

    places = (tools, query_log, logged_request, judging)
    place = next(place for place in places if hasattr(place, work))
    monkeypatch.setattr(tools if place is tools else admin_routes, work, held(getattr(place, work)))
    files = {"questions": str(tmp_path / "q.jsonl"), "judgments": str(tmp_path / "j.jsonl")}
    append(tmp_path / "q.jsonl", LoggedQuestion("draw", request_id="r1"))
    settings = ServerSettings(key=Secret(KEY), queue=WAIT, **files)  # type: ignore[arg-type]
    with serving(tools, settings) as client, ThreadPoolExecutor(HELD + TOO_MANY) as visitors:
        client.headers["X-API-Key"], client.timeout = KEY, httpx.Timeout(120)
        form = {"content": "q=draw&grade%3Avim=3"} if method == "POST" else {}
        try:
            asked = [
                visitors.submit(client.request, method, path, **form)  # type: ignore[arg-type]
                for _ in range(HELD + TOO_MANY)
            ]
            refused = [future.result() for future in islice(as_completed(asked, 60), TOO_MANY)]
            # Saving is one at a time; who waits for that has a place all the same.
            for _ in range(1 if work == "keep" else MOST_THREADS):
                assert at_work.acquire(timeout=60)
            assert client.get("/livez").json() == {"live": True}
            assert client.get("/search?q=draw").status_code == 200
            assert not at_work.acquire(blocking=False), "no more work at the same time"
        finally:
            let.set()
        statuses = sorted(future.result().status_code for future in asked)
    assert [(reply.status_code, reply.headers["retry-after"]) for reply in refused] == [
        (503, "1")
    ] * TOO_MANY
    assert {reply.json()["detail"] for reply in refused} == {FULL}
    assert statuses == [303 if method == "POST" else 200] * HELD + [503] * TOO_MANY
