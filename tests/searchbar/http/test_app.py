"""Over HTTP, on a real uvicorn: statuses, headers, problems, readiness."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from release_format import questions
from release_format.config.server import ServerSettings
from release_format.items import Item
from release_format.probes import Probe
from release_format.release import Release
from release_format.version import UNKNOWN, version
from searchbar.engine import Engine
from searchbar.query.question import Question
from searchbar.retrieval.withdrawn import Withdrawn
from tests.searchbar.http.servers import serving, wait_until_ready


@pytest.fixture(scope="module")
def client(tools: Engine) -> Iterator[httpx.Client]:
    with serving(tools) as client:
        wait_until_ready(client)
        yield client


def test_an_answer_has_everything_the_design_names(client: httpx.Client, tools: Engine) -> None:
    reply = client.get(
        "/search", params={"q": "edit pictures", "k": 2, "topic": "graphics", "explain": 1}
    )
    answer = reply.json()
    assert reply.status_code == 200
    assert [hit["id"] for hit in answer["hits"]] == ["gimp", "jpegoptim"]
    assert set(answer) >= {
        "query",
        "release",
        "request_id",
        "total",
        "no_good_match",
        "did_you_mean",
        "hits",
        "facets",
        "took_ms",
    }
    assert set(answer["hits"][0]) >= {
        "id",
        "title",
        "url",
        "topics",
        "snippet",
        "score",
        "matched",
        "explain",
    }
    assert set(answer["took_ms"]) >= {"encode", "dense", "lexical", "total"}
    assert answer["facets"]["topic"] == {"values": {"graphics": 2, "command-line": 1}}
    assert reply.headers["x-release"] == answer["release"] == tools.release.id
    assert reply.headers["x-request-id"] == answer["request_id"]


def test_a_given_request_id_is_kept_unless_it_is_odd(client: httpx.Client) -> None:
    reply = client.get("/search", params={"q": "a"}, headers={"X-Request-Id": "trace-1"})
    assert reply.headers["x-request-id"] == reply.json()["request_id"] == "trace-1"
    assert client.get("/livez", headers={"X-Request-Id": "a b"}).headers["x-request-id"] != "a b"


def test_filters_of_any_field_and_their_opposites(client: httpx.Client) -> None:
    def ids(**params: Any) -> set[str]:
        return {
            hit["id"]
            for hit in client.get("/search", params={"q": "tool", "k": 100, **params}).json()[
                "hits"
            ]
        }

    assert ids(topic=["python", "garden"]) == {"numpy", "scipy", "sku-48290", "sku-48291"}
    assert ids(topic="garden", colour="red") == {"sku-48291"}
    assert ids(topic=["garden"], colour="!red") == {"sku-48290"}
    assert ids(language="fr") == {"café"}
    assert ids(topic="unheard-of") == set()


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/search?q=&colr=red", 422, "'colr'"),
        ("/search?q=a&k=0", 422, "k is 0"),
        ("/search?q=a&k=x", 422, "k:"),
        ("/search?q=a&colr=red", 422, "'colr'"),
        ("/search?q=a&topic=%00", 422, "not text"),
        (f"/search?q={'a' * 2000}", 422, "2,000"),
        ("/search?q=a&offset=99999999999999999999", 422, "offset"),
        ("/search?q=a&release=0", 409, "live"),
        ("/items/nope", 404, "nope"),
        ("/similar/nope", 404, "nope"),
        ("/suggest?q=", 422, "empty"),
        ("/why-not?q=a", 422, "id"),
        ("/nothing/here", 404, "/docs"),
        ("/search?q=a&k=10000", 422, "100"),
    ],
)
def test_what_is_wrong_is_a_problem_with_a_sentence(
    client: httpx.Client, path: str, status: int, says: str
) -> None:
    reply = client.get(path)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert says in reply.json()["detail"]
    assert reply.json()["status"] == status


def test_another_release_names_the_live_one(client: httpx.Client, tools: Engine) -> None:
    assert (
        client.get("/search", params={"q": "a", "release": "f" * 64}).json()["release"]
        == tools.release.id
    )
    assert client.get("/search", params={"q": "a", "release": tools.release.id}).status_code == 200


def test_items_similar_and_suggestions(client: httpx.Client) -> None:
    assert client.get("/items/vim").json()["title"] == "Vim"
    assert client.get("/items/c++").json()["title"] == "C++"
    assert client.get("/similar/numpy?k=1").json()["hits"][0]["id"] == "scipy"
    assert client.get("/suggest?q=gi").json()["suggestions"] == ["GIMP"]


def test_why_not_over_http(client: httpx.Client) -> None:
    reason = client.get("/why-not", params={"q": "video", "id": "vim", "topic": "video"}).json()
    assert (reason["reason"], reason["filters"]) == ("filtered", ["topic"])
    assert (
        client.get("/why-not", params={"q": "video", "id": "broken-1"}).json()["reason"]
        == "quarantined"
    )


def test_release_names_what_is_live(client: httpx.Client, tools: Engine) -> None:
    live = client.get("/release").json()
    assert (live["release"], live["items"], live["image"]) == (tools.release.id, 13, "")
    assert live["encoder"]["dimension"] == 384
    assert live["version"] == version() != UNKNOWN


def test_metrics_count_by_route_and_status(client: httpx.Client) -> None:
    client.get("/search?q=")
    text = client.get("/metrics").text
    assert 'searchbar_requests_total{route="/search",status="422"}' in text
    assert "searchbar_ready 1.0" in text


def test_steps_are_counted_where_they_were_taken_and_sum_up(tools_release: Release) -> None:
    def steps() -> dict[str, float]:
        pattern = r'searchbar_step_duration_seconds_sum{step="(\w+)"} (\S+)'
        text = visitor.get("/metrics").text
        return {name: float(value) for name, value in re.findall(pattern, text)}

    with serving(Engine.open(tools_release)) as visitor:
        took = visitor.get("/search?q=brass+nozzle").json()["took_ms"]
        counted = steps()
        assert set(counted) == {"encode", "dense", "lexical", "fuse"} == set(took) - {"total"}
        assert counted == {name: pytest.approx(took[name] / 1000) for name in counted}
        again = visitor.get("/search?q=brass+nozzle&offset=1").json()["took_ms"]
        assert {again[name] for name in counted} == {0.0}
        assert steps() == counted


def test_docs_come_from_here_alone(client: httpx.Client) -> None:
    page = client.get("/docs").text
    assert "http://" not in page
    assert "https://" not in page
    for script in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f"/docs/scripts/{script}" in page
        assert client.get(f"/docs/scripts/{script}").status_code == 200
    assert client.get("/openapi.json").json()["paths"].keys() >= {
        "/search",
        "/suggest",
        "/similar/{id}",
        "/why-not",
    }


def test_readiness_waits_for_the_probes_and_tells_which_fail(make_release: Any) -> None:
    release: Release = make_release(
        [Item("a", "Apple"), Item("b", "Bread")], probes=[Probe("Apple", "missing-id")]
    )
    with serving(Engine.open(release)) as client:
        assert client.get("/livez").status_code == 200
        deadline = time.monotonic() + 10
        while (
            "'Apple' does not find" not in (reply := client.get("/readyz")).text
            and time.monotonic() < deadline
        ):
            time.sleep(0.02)
        assert reply.status_code == 503
        assert reply.json()["reasons"] == ["'Apple' does not find 'missing-id'"]
        assert client.get("/search?q=apple").status_code == 200


def test_what_is_withdrawn_is_gone_at_once_and_comes_back(
    tools_release: Release, tmp_path: Path
) -> None:
    path = tmp_path / "withdrawn"
    path.write_text("")
    with serving(Engine.open(tools_release, withdrawn=Withdrawn(path))) as client:
        wait_until_ready(client)

        def shown() -> list[bool]:
            hits = client.get("/search?q=gimp&k=100").json()["hits"]
            return [
                "gimp" in [hit["id"] for hit in hits],
                client.get("/items/gimp").status_code == 200,
                "GIMP" in client.get("/suggest?q=gi").json()["suggestions"],
                "gimp"
                in [hit["id"] for hit in client.get("/similar/jpegoptim?k=100").json()["hits"]],
            ]

        assert shown() == [True] * 4
        path.write_text("gimp\n")
        assert shown() == [False] * 4
        assert client.get("/why-not?q=a&id=gimp").json()["reason"] == "withdrawn"
        path.unlink()
        assert shown() == [False] * 4
        path.write_text("another\n")
        assert shown() == [True] * 4


def test_a_probe_of_a_withdrawn_item_is_passed_over(tools_release: Release, tmp_path: Path) -> None:
    (tmp_path / "withdrawn").write_text("gimp\n")
    with serving(Engine.open(tools_release, withdrawn=Withdrawn(tmp_path / "withdrawn"))) as client:
        wait_until_ready(client)


def test_questions_are_logged_without_addresses(tools: Engine, tmp_path: Path) -> None:
    log = tmp_path / "log" / "questions.jsonl"
    with serving(tools, ServerSettings(questions=str(log))) as client:
        client.get(
            "/search",
            params={"q": "video", "topic": "!audio"},
            headers={"X-Forwarded-For": "198.51.100.7"},
        )
        client.get(
            "/search", params={"q": "video", "topic": "!audio", "offset": 1}
        )  # more of the same
    (logged,) = questions.read(log)
    assert (logged.question, logged.filters, logged.release) == (
        "video",
        {"topic": ["!audio"]},
        tools.release.id,
    )
    assert next(iter(logged.hits))
    assert "198.51" not in log.read_text()


def test_a_logged_question_can_be_asked_again(tools: Engine, tmp_path: Path) -> None:
    log = tmp_path / "questions.jsonl"
    asked: dict[str, str | int] = {"q": "draw pictuers", "k": 3, "sort": "title", "cut": "none"}
    with serving(tools, ServerSettings(questions=str(log))) as client:
        answer = client.get("/search", params=asked).json()
    (logged,) = questions.read(log)
    again = tools.search(
        Question(
            logged.question, logged.k, filters=logged.filters, sort=logged.sort, cut=logged.cut
        )
    )
    assert logged.hits == [hit.id for hit in again.hits] == [hit["id"] for hit in answer["hits"]]
    assert (logged.total, logged.did_you_mean) == (answer["total"], answer["did_you_mean"])
    assert logged.level == tools.level
    assert logged.confidence is None or 0 <= logged.confidence <= 1
    assert logged.request_id == answer["request_id"]


def test_answers_are_json_with_every_letter_kept(client: httpx.Client) -> None:
    reply = client.get("/search", params={"q": "café"})
    hit = json.loads(reply.content)["hits"][0]
    assert hit["title"] == "Café finder"
    assert "&lt;b&gt;" in hit["snippet"] or "&amp;" in hit["snippet"] or "coffee" in hit["snippet"]
    assert Question("café").text == reply.json()["query"]


def test_the_page_holds_its_answer_as_json_that_ends_no_element(client: httpx.Client) -> None:
    asked = {"q": "</script><!-- edit & 'draw' \u2028 pictures café"}
    _, _, rest = client.get("/", params=asked).text.partition('class="state">')
    text, closed, _ = rest.partition("</script>")
    assert closed
    assert not set(text) & set("<>&'")
    assert "café" in text
    answer, expected = json.loads(text)["answer"], client.get("/search", params=asked).json()
    assert answer["query"] == asked["q"]
    assert json.dumps(answer["facets"]) == json.dumps(expected["facets"]), "frequent ones first"
