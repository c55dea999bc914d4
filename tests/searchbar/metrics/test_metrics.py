"""What /metrics says of a real server: nothing refused is an answer, nothing is counted twice."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as families

from release_format.config.server import ServerSettings
from release_format.questions import REACTIONS
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.metrics.metrics import Metrics
from searchbar.query.question import Question
from tests.searchbar.http.servers import serving

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
# As our own page sends what it tells.
PAGE = {"Sec-Fetch-Site": "same-origin"}


def samples(client: httpx.Client) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families(client.get("/metrics").text)
        for sample in family.samples
    }


def value(of: Samples, name: str, **labels: str) -> float:
    return of.get((f"searchbar_{name}", tuple(sorted(labels.items()))), 0.0)


@pytest.fixture
def visitor(tools_release: Release) -> Iterator[httpx.Client]:
    """A client of a server of its own, whose counts nobody else changes."""
    with serving(Engine.open(tools_release)) as client:
        yield client


def test_what_is_refused_takes_no_time_of_answers(tools_release: Release) -> None:
    settings = ServerSettings(requests_a_minute=5)
    with serving(Engine.open(tools_release), settings) as client:
        statuses = [client.get("/search?q=brass").status_code for _ in range(40)]
        seen = samples(client)
    answered = statuses.count(200)
    assert 0 < answered < 40
    assert value(seen, "request_duration_seconds_count", route="/search") == answered
    assert value(seen, "refused_total", reason="too many") == statuses.count(429) == 40 - answered
    assert value(seen, "requests_total", route="/search", status="429") == 40 - answered


def test_a_full_queue_counts_as_busy(tools_release: Release) -> None:
    held, let = threading.Event(), threading.Event()

    class Held(Engine):
        def search_many(self, questions: Any) -> Any:
            # The server asks its probes, too, while it starts: these are not held.
            if questions[0].text == "brass":
                held.set()
                assert let.wait(60)
            return super().search_many(questions)

    settings = ServerSettings(queue=0, threads=1)
    with serving(Held.open(tools_release), settings) as client:
        first = threading.Thread(target=client.get, args=("/search?q=brass",))
        second = threading.Thread(target=client.get, args=("/search?q=wood",))
        first.start()
        assert held.wait(30)
        second.start()
        assert any(value(samples(client), "waiting") for _ in range(10_000))
        assert client.get("/search?q=paint").status_code == 503
        let.set()
        first.join(30)
        second.join(30)
        seen = samples(client)
    assert value(seen, "refused_total", reason="busy") == 1
    assert value(seen, "request_duration_seconds_count", route="/search") == 2
    assert value(seen, "queue_wait_seconds_count") == 2
    assert value(seen, "batch_size_sum") == 2


def test_a_refused_question_is_no_answer_and_a_mistake_is_no_refusal(
    visitor: httpx.Client,
) -> None:
    assert visitor.get("/search?k=0").status_code == 422
    seen = samples(visitor)
    assert value(seen, "requests_total", route="/search", status="422") == 1
    assert value(seen, "request_duration_seconds_count", route="/search") == 0
    refused = [n for (name, _), n in seen.items() if name == "searchbar_refused_total"]
    assert refused == [0, 0, 0]


def test_a_server_that_is_not_ready_refuses_nobody(tools_release: Release) -> None:
    metrics = Metrics(tools_release, None, "")
    for route in ("/readyz", "/ping"):
        metrics.request(route, 503, 0.001)
    assert not any(sample.value for sample in next(iter(metrics.refused.collect())).samples)
    metrics.request("/search", 503, 0.001)
    counted = next(iter(metrics.refused.collect())).samples
    assert {sample.labels["reason"]: sample.value for sample in counted} == {
        "key": 0,
        "too many": 0,
        "busy": 1,
    }


def test_questions_are_counted_once_by_what_they_found(visitor: httpx.Client) -> None:
    answer = visitor.get("/search?q=brass+nozzle&k=1").json()
    visitor.get("/search?q=brass+nozzle&k=1&offset=1")  # another page of it
    visitor.get("/search?q=")  # browsing is no question
    visitor.get("/search?q=brass+nozzle")
    seen = samples(visitor)
    number = "10+" if answer["total"] >= 10 else "1-9" if answer["total"] else "0"
    if answer["no_good_match"]:
        number = "0"
    assert value(seen, "results_total", kind="fits", number=number) == 2
    less = answer["less_likely"]
    number = "10+" if less >= 10 else "1-9" if less else "0"
    assert value(seen, "results_total", kind="less_likely", number=number) == 2
    assert value(seen, "no_good_match_total") == 2 * answer["no_good_match"]
    assert value(seen, "repeated_total") == 1
    assert value(seen, "step_duration_seconds_count", step="lexical") == 1
    assert value(seen, "request_duration_seconds_count", route="/search") == 4


def test_confidence_stands_beside_the_level_of_the_release(tools_release: Release) -> None:
    engine = Engine.open(tools_release)
    question = Question("brass nozzle", explain=True)
    explained = engine.search(question).hits[0].explain or {}
    with serving(engine) as client:
        body = client.get("/search?q=brass+nozzle").json()
        seen = samples(client)
    assert value(seen, "top_confidence_sum") == pytest.approx(explained["confidence"], abs=1e-5)
    assert "confidence" not in body  # It is for those who run this.
    level = value(seen, "no_good_match_level")
    assert math.isnan(level) if engine.level is None else level == pytest.approx(engine.level)


def test_every_kind_of_reaction_begins_at_nothing(visitor: httpx.Client) -> None:
    shown = {
        dict(labels)["kind"]: number
        for (name, labels), number in samples(visitor).items()
        if name == "searchbar_feedback_total"
    }
    assert shown == dict.fromkeys(REACTIONS, 0)


def test_what_visitors_do_is_counted_whether_it_is_logged_or_not(visitor: httpx.Client) -> None:
    told = [
        {"kind": "click", "id": "vim", "position": 3},
        {"kind": "click", "id": "vim"},
        {"kind": "bad", "id": "vim"},
        {"kind": "buy"},
    ]
    statuses = [visitor.post("/feedback", json=one, headers=PAGE).status_code for one in told]
    assert statuses == [204, 204, 204, 422]
    seen = samples(visitor)
    assert value(seen, "feedback_total", kind="click") == 2
    assert value(seen, "feedback_total", kind="bad") == 1
    assert (value(seen, "click_position_sum"), value(seen, "click_position_count")) == (3, 1)


def test_a_log_that_cannot_be_written_costs_nobody_the_answer(
    tools_release: Release, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    settings = ServerSettings(questions=str(tmp_path / "file/below/questions.jsonl"))
    with serving(Engine.open(tools_release), settings) as client:
        answers = [client.get(f"/search?q=brass+{n}").status_code for n in range(3)]
        good = {"kind": "good", "id": "vim"}
        told = client.post("/feedback", json=good, headers=PAGE).status_code
        seen = samples(client)
        (tmp_path / "file").unlink()
        assert client.get("/search?q=brass").status_code == 200
    assert (answers, told) == ([200] * 3, 204)
    assert value(seen, "log_failures_total") == 4
    assert capfd.readouterr().err.count("cannot be logged") == 1  # not once a question
    assert "brass" in (tmp_path / "file/below/questions.jsonl").read_text(encoding="utf-8")


def test_the_release_is_told_by_name_size_and_age(
    visitor: httpx.Client, tools_release: Release
) -> None:
    seen = samples(visitor)
    assert value(seen, "release_info", release=tools_release.id, image="") == 1
    assert value(seen, "items") == len(tools_release.items)
    made = value(seen, "release_created_timestamp_seconds")
    assert made == pytest.approx(1.7e9, rel=0.2)
    assert ("process_resident_memory_bytes", ()) in seen


def test_names_are_openmetrics_own_and_nothing_is_told_twice(visitor: httpx.Client) -> None:
    visitor.get("/search?q=brass")
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = visitor.get("/metrics", headers=accept)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    # It refuses what is no OpenMetrics.
    told = list(open_families(answer.text))  # type: ignore[no-untyped-call]
    names = [family.name for family in told]
    assert len(names) == len(set(names))
    assert not [name for name in names if name.endswith("_created")]
    assert "_created{" not in answer.text
    steps = [family for family in told if family.name == "searchbar_step_duration_seconds"]
    labels = {sample.labels["step"] for sample in steps[0].samples}
    assert labels == {"encode", "dense", "lexical", "fuse"}  # no total among its parts


def test_strange_addresses_make_no_series(visitor: httpx.Client) -> None:
    for n in range(20):
        visitor.get(f"/items/{n}")
        visitor.get(f"/strange/{n}?x={n}")
        visitor.get(f"/facets/{n}")
    routes = {dict(labels).get("route") for name, labels in samples(visitor) if "requests" in name}
    assert routes <= {"/items/{id:path}", "other", "/facets/{field:path}", "/metrics", None}
