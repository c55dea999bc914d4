"""The search queue on a real server: overload, threads, and one question that fails."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from release_format.config.server import ServerSettings
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.errors import Cause, SearchError
from searchbar.http.search_queue import FULL, SearchQueue
from searchbar.query.question import Answer, Question
from tests.searchbar.http.servers import serving, wait_until_ready


class Slow(Engine):
    """The real engine, on a machine that is too slow for its visitors."""

    def search_many(self, questions: Any) -> list[Answer]:
        time.sleep(0.2)
        return super().search_many(questions)


def test_beyond_the_queue_who_asks_is_told_when_to_come_back(tools_release: Release) -> None:
    with (
        serving(Slow.open(tools_release), ServerSettings(queue=2, batch=1)) as client,
        ThreadPoolExecutor(16) as many,
    ):
        replies = list(many.map(lambda n: client.get(f"/search?q=question+{n}"), range(16)))
        metrics = client.get("/metrics").text
    refused = [reply for reply in replies if reply.status_code == 503]
    answered = [reply for reply in replies if reply.status_code == 200]
    assert len(refused) + len(answered) == 16
    assert 3 <= len(answered) < 16
    assert {reply.headers["retry-after"] for reply in refused} == {"1"}
    assert {reply.json()["detail"] for reply in refused} == {FULL}
    assert all(reply.headers["x-request-id"] and reply.headers["x-release"] for reply in refused)
    assert f'searchbar_requests_total{{route="/search",status="503"}} {len(refused)}.0' in metrics


def test_as_many_questions_as_there_are_threads_are_answered_at_the_same_time(
    tools_release: Release,
) -> None:
    class Meeting(Engine):
        barrier = threading.Barrier(2, timeout=20)

        def search_many(self, questions: Any) -> list[Answer]:
            if questions[0].text.startswith("meet"):
                self.barrier.wait()
            return super().search_many(questions)

    engine = Meeting.open(tools_release)
    with (
        serving(engine, ServerSettings(threads=2, batch=1)) as client,
        ThreadPoolExecutor(2) as many,
    ):
        wait_until_ready(client)
        replies = list(many.map(lambda n: client.get(f"/search?q=meet+{n}"), range(2)))
    assert [reply.status_code for reply in replies] == [200, 200]


def test_one_question_that_fails_spoils_none_that_waits_with_it(
    tools_release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    class Picky(Slow):
        def search_many(self, questions: Any) -> list[Answer]:
            if any(question.text == "bad" for question in questions):
                raise RuntimeError("planted")
            return super().search_many(questions)

    with serving(Picky.open(tools_release)) as client, ThreadPoolExecutor(6) as many:
        texts = ["one", "two", "bad", "three", "four", "five"]
        replies = list(many.map(lambda text: client.get("/search", params={"q": text}), texts))
    assert [reply.status_code for reply in replies] == [200, 200, 500, 200, 200, 200]
    assert replies[2].headers["content-type"] == "application/problem+json"
    assert "planted" not in replies[2].text
    logged = capsys.readouterr().err
    assert f"request {replies[2].headers['x-request-id']} broke" in logged
    assert "RuntimeError: planted" in logged, "the traceback is in the log"
    assert replies[2].headers["x-request-id"] in replies[2].json()["detail"]


def test_one_question_more_than_may_wait_is_refused(tools_release: Release) -> None:
    search_queue = SearchQueue(Slow.open(tools_release), places=0, batch=1, threads=1)
    try:
        with pytest.raises(SearchError, match=re.escape(FULL)) as refused:
            for number in range(9):
                search_queue.ask(Question(f"question {number}"))
        assert refused.value.cause is Cause.BUSY
    finally:
        search_queue.close()
