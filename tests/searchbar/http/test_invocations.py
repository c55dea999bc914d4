"""SageMaker's contract over HTTP: `/ping` and `/invocations`, there where a setting says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from release_format.config.server import ServerSettings
from release_format.release import Release
from release_format.secrets.secret import Secret
from searchbar.engine import Engine
from searchbar.http.app import create_app
from searchbar.http.invocations.body import JSON, JSON_LINES, LARGEST, LINES, MOST_QUESTIONS
from searchbar.http.rate_limit import RateLimiter
from searchbar.query.question import LONGEST
from tests.searchbar.http.servers import serving, wait_until_ready

HOSTED = ServerSettings(invocations=True)
KEY = "a-key-of-this-test-0815"


@pytest.fixture(scope="module")
def client(tools: Engine) -> Iterator[httpx.Client]:
    with serving(tools, HOSTED) as client:
        wait_until_ready(client)
        yield client


def invoke(client: Any, body: Any, media_type: str = JSON) -> httpx.Response:
    """Send a body as SageMaker does; rows become JSON, a list of them lines."""
    if isinstance(body, list):
        body, media_type = "\n".join(map(json.dumps, body)), JSON_LINES
    content = json.dumps(body) if isinstance(body, dict) else body
    reply: httpx.Response = client.post(
        "/invocations", content=content, headers={"Content-Type": media_type}
    )
    return reply


def asker(app: Any) -> Any:
    """A client of an app in this process; starlette's types are not those of httpx."""
    return TestClient(app, raise_server_exceptions=False)


def found(answer: dict[str, Any]) -> list[str]:
    return [hit["id"] for hit in answer["hits"]]


def refused(reply: httpx.Response) -> tuple[int, str]:
    assert reply.headers["content-type"] == "application/problem+json", reply.text
    detail = reply.json()["detail"]
    assert detail.endswith((".", "?")), detail
    return reply.status_code, detail


def test_neither_route_is_there_unless_a_setting_says_so(tools: Engine) -> None:
    plain = asker(create_app(tools, ServerSettings()))
    assert plain.get("/ping").status_code == 404
    assert invoke(plain, {"question": "vim"}).status_code in (404, 405)
    routes = {"/ping", "/invocations"}
    assert not routes & set(plain.get("/openapi.json").json()["paths"])
    hosted = create_app(tools, HOSTED).openapi()["paths"]
    assert set(hosted) - set(create_app(tools, ServerSettings()).openapi()["paths"]) == routes


def test_ping_says_what_readyz_says(tools: Engine) -> None:
    app = create_app(tools, HOSTED)
    before = asker(app)  # Its lifespan has not begun: nothing is probed yet.
    assert before.get("/ping").status_code == before.get("/readyz").status_code == 503
    assert before.get("/ping").json()["reasons"] == ["the probes are being answered"]
    app.state.app_state.probe()
    assert (before.get("/ping").status_code, before.get("/ping").json()) == (
        200,
        before.get("/readyz").json(),
    )


@pytest.mark.parametrize("name", ["question", "q"])
def test_an_invocation_is_answered_as_a_search_is(client: httpx.Client, name: str) -> None:
    reply = invoke(client, {name: "edit pictures", "k": 2, "filters": {"topic": ["graphics"]}})
    params: dict[str, Any] = {"q": "edit pictures", "k": 2, "topic": "graphics"}
    searched = client.get("/search", params=params).json()
    answer = reply.json()
    assert reply.headers["content-type"] == JSON
    assert found(answer) == found(searched) == ["gimp", "jpegoptim"]
    assert answer["request_id"] == reply.headers["x-request-id"]
    for each in (answer, searched):
        del each["took_ms"], each["request_id"]
    assert answer == searched


def test_a_filter_that_begins_with_an_exclamation_mark_leaves_out(client: httpx.Client) -> None:
    answer = invoke(client, {"q": "tool", "k": 100, "filters": {"colour": ["!red"]}}).json()
    assert found(answer)
    assert "sku-48291" not in found(answer)


@pytest.mark.parametrize("media_type", [*LINES, "application/jsonlines; charset=utf-8"])
def test_lines_are_answered_a_line_each_in_their_order(
    client: httpx.Client, media_type: str
) -> None:
    asked = ["write text", "retouch\u2028photos", "linear algebra"]
    lines = [json.dumps({"q": text, "k": 1}, ensure_ascii=False) for text in asked]
    body = "\ufeff" + "\r\n\n".join(lines) + "\n"
    reply = invoke(client, body.encode(), media_type)
    answers = [json.loads(line) for line in reply.text.split("\n")[:-1]]
    assert reply.headers["content-type"].partition(";")[0] == media_type.partition(";")[0]
    assert [answer["query"] for answer in answers] == asked
    assert [found(answer)[0] for answer in answers] == ["emacs", "gimp", "numpy"]
    assert len({answer["request_id"] for answer in answers}) == 3


def test_as_many_as_one_body_may_hold_are_answered_though_few_may_wait(tools: Engine) -> None:
    few = ServerSettings(invocations=True, queue=1, threads=1)
    rows = [{"q": f"tool {n % 4}", "k": n % 3 + 1} for n in range(MOST_QUESTIONS)]
    with asker(create_app(tools, few)) as client:
        wait_until_ready(client)
        reply = invoke(client, rows)
    answers = [json.loads(line) for line in reply.text.splitlines()]
    assert [(answer["query"], len(answer["hits"])) for answer in answers] == [
        (row["q"], row["k"]) for row in rows
    ]


WRONG = [
    ("", 422, "no JSON"),
    ("vim", 422, "no JSON"),
    ('{"question": "vim"', 422, "no JSON"),
    ('{"question": NaN}', 422, "no JSON"),
    ("[" * 100_000, 422, "too deep"),
    ('[{"question": "vim"}]', 422, JSON_LINES),
    ('"vim"', 422, "no object"),
    ("null", 422, "no object"),
    (b'{"question": "caf\xe9"}', 422, "UTF-8"),
    ({}, 422, "one text"),
    ({"question": None}, 422, "one text"),
    ({"question": 7}, 422, "one text"),
    ({"question": "vim", "q": "vim"}, 422, "one text"),
    ({"question": "vim", "topk": 3}, 422, "Known: question, q, k, filters."),
    ({"questoin": "vim"}, 422, "Did you mean 'question'?"),
    ({"question": "vim", "\x1b[2J": 3}, 422, "no part"),
    ({"question": "vim", "k": "3"}, 422, "k is '3'"),
    ({"question": "vim", "k": True}, 422, "k is true"),
    ({"question": "vim", "k": 0}, 422, "k is 0"),
    ({"question": "vim", "k": 101}, 422, "100"),
    ({"question": "a" * (LONGEST + 1)}, 422, "1,001"),
    ({"question": "\ud800"}, 422, "not text"),
    ({"question": "vim", "filters": ["topic"]}, 422, "filters"),
    ({"question": "vim", "filters": {"topic": "video"}}, 422, "filters"),
    ({"question": "vim", "filters": None}, 422, "filters"),
    ({"question": "vim", "filters": {"colr": ["red"]}}, 422, "'colr'"),
    ({"question": "vim", "filters": {"topic": ["a"] * 65}}, 422, "64"),
    ({"question": "a" * LARGEST}, 422, "at most"),
    ([], 422, "no question"),
    ([{"q": "vim"}, {"q": "vim", "k": 0}], 422, "line 2: k is 0"),
    ([{"q": "vim"}, {}], 422, "line 2: give one"),
    ([{"q": "vim"}] * (MOST_QUESTIONS + 1), 422, "101 questions"),
]


@pytest.mark.parametrize(("body", "status", "says"), WRONG)
def test_what_is_no_question_is_refused_with_a_sentence(
    client: httpx.Client, body: Any, status: int, says: str
) -> None:
    code, detail = refused(invoke(client, body))
    assert code == status
    assert says in detail
    assert "\x1b" not in detail


@pytest.mark.parametrize(
    "media_type", ["", "text/csv", "text/plain", "application/jsonx", "application/x-recordio\x80"]
)
def test_a_body_of_another_type_is_told_which_there_are(
    client: httpx.Client, media_type: str
) -> None:
    headers = {b"Content-Type": media_type.encode("latin-1")} if media_type else {}
    status, detail = refused(client.post("/invocations", content=b"vim", headers=headers))
    assert status == 415
    assert JSON in detail
    assert JSON_LINES in detail


def test_nothing_is_asked_of_a_body_with_a_wrong_line(tools: Engine, tmp_path: Path) -> None:
    log = tmp_path / "questions.jsonl"
    logging = ServerSettings(invocations=True, questions=str(log))
    with asker(create_app(tools, logging)) as client:
        wait_until_ready(client)
        refused(invoke(client, [{"q": "vim"}, {"q": "vim", "k": 0}]))
        assert not log.exists()
        ids = [
            json.loads(line)["request_id"]
            for line in invoke(client, [{"q": "vim"}, {"q": "gimp"}]).text.splitlines()
        ]
        logged = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        assert sorted(row["request_id"] for row in logged) == ids


def test_a_body_without_end_is_read_no_further_than_it_may_be_large(tools: Engine) -> None:
    app, read, sent = create_app(tools, HOSTED), 0, []

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 65_536
        return {"type": "http.request", "body": b" " * 65_536, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/invocations",
        "query_string": b"",
        "headers": [(b"content-type", JSON.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("x", 80),
        "scheme": "http",
        "root_path": "",
    }
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 422
    assert LARGEST < read <= LARGEST + 2 * 65_536


def test_each_question_of_a_body_counts_as_a_request(tools: Engine) -> None:
    limited = ServerSettings(invocations=True, requests_a_minute=5)
    with asker(create_app(tools, limited)) as client:
        wait_until_ready(client)
        assert refused(invoke(client, [{"q": "vim"}] * 6)) == (
            422,
            "these are 6 questions; send at most 5 a minute.",
        )
        assert invoke(client, [{"q": "vim"}] * 3).status_code == 200
        reply = invoke(client, [{"q": "vim"}] * 3)
        assert refused(reply)[0] == 429
        assert int(reply.headers["retry-after"]) > 0
        assert all(client.get("/ping").status_code == 200 for _ in range(9)), "health is free"


@pytest.mark.parametrize("requests", [0, 1, 3, 5])
def test_a_bucket_gives_all_or_nothing(requests: int) -> None:
    limiter = RateLimiter(5)
    assert limiter.wait("a", 0.0, requests) == 0
    assert limiter.wait("a", 0.0, 5 - requests) == 0
    assert limiter.wait("a", 0.0, 2) == 24, "two a minute's fifth each"
    assert limiter.wait("a", 12.0) == 0, "what was refused was not taken"


def test_a_full_queue_is_told_at_once_as_for_a_search(tools: Engine) -> None:
    nobody = ServerSettings(invocations=True, queue=-1)
    reply = invoke(asker(create_app(tools, nobody)), {"question": "vim"})
    assert refused(reply)[0] == 503
    assert reply.headers["retry-after"] == "1"


def test_with_a_key_for_all_only_ping_is_open(tools: Engine) -> None:
    keyed = ServerSettings(invocations=True, key=Secret(KEY), key_for="all")
    client = asker(create_app(tools, keyed))
    assert client.get("/ping").status_code == 503
    assert refused(invoke(client, {"question": "vim"}))[0] == 401
    body = {"content": '{"question": "vim"}', "headers": {"Content-Type": JSON, "X-API-Key": KEY}}
    assert client.post("/invocations", **body).status_code == 200


@pytest.fixture(scope="module")
def hosted(tools_release: Release) -> Iterator[Any]:
    app = create_app(Engine.open(tools_release), HOSTED)
    with asker(app) as client:
        wait_until_ready(client)
        yield client


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    body=st.one_of(
        st.binary(max_size=80),
        st.dictionaries(
            st.sampled_from(["question", "q", "k", "filters", "x"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=9),
                lambda inner: (
                    st.lists(inner, max_size=2)
                    | st.dictionaries(st.sampled_from(["topic", "x"]), inner, max_size=2)
                ),
                max_leaves=6,
            ),
            max_size=3,
        ).map(lambda table: json.dumps(table).encode()),
    ),
    media_type=st.sampled_from([JSON, JSON_LINES]),
)
def test_whatever_is_sent_is_answered_or_refused(hosted: Any, body: bytes, media_type: str) -> None:
    reply = invoke(hosted, body, media_type)
    if reply.status_code != 200:
        assert refused(reply)[0] == 422


def test_both_routes_answer_as_they_are_described(hosted: Any) -> None:
    document: Any = hosted.get("/openapi.json").json()
    kinds = document["paths"]["/invocations"]["post"]["requestBody"]["content"]
    assert set(kinds) == {JSON, JSON_LINES}
    # Lines of JSON are a text to schemathesis: what is described of one question is tried.
    del kinds[JSON_LINES]
    schema: Any = schemathesis.openapi.from_dict(document)
    schema.app = hosted.app
    statuses = set()
    for path, method in (("/ping", "GET"), ("/invocations", "POST")):

        @settings(
            max_examples=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
        @given(case=schema[path][method].as_strategy())
        def check(case: Any) -> None:
            reply = case.call(session=hosted)
            statuses.add(reply.status_code)
            case.validate_response(
                reply,
                excluded_checks=[schemathesis.checks.CHECKS.get_one("positive_data_acceptance")],
            )

        check()
    assert statuses >= {200, 422}


def test_a_stopped_asker_leaves_no_place_taken(tools: Engine) -> None:
    """The answers of a body whose asker has gone are thrown away, and the next body is answered."""
    app = create_app(tools, HOSTED)

    async def ask_and_leave() -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            body = "\n".join(json.dumps({"q": f"leave {n}"}) for n in range(MOST_QUESTIONS))
            headers = {"Content-Type": JSON_LINES}
            asked = asyncio.create_task(client.post("/invocations", content=body, headers=headers))
            await asyncio.sleep(0.01)
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
            return (await client.post("/invocations", content=body, headers=headers)).status_code

    assert asyncio.run(ask_and_leave()) == 200
