"""Whatever is asked, in whatever way: a right status and a sentence, never a 500."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from release_format.config.server import ServerSettings
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.http.app import create_app
from searchbar.query.question import LONGEST, Question

SYNTAX = st.sampled_from(
    [
        '"',
        "'",
        "(",
        ")",
        "*",
        "~",
        "^",
        ":",
        "\\",
        "/",
        "[",
        "]",
        "{",
        "}",
        "AND",
        "OR",
        "NOT",
        "!",
        "<b>",
        "%",
        ";--",
        "🎬",
        "\u202e",
        "\u200d",
        "é",
    ]
)
TEXT = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.one_of(SYNTAX, st.sampled_from(["vim", "photo", "ffmpeg", "pictur"])), max_size=12
    ).map(" ".join),
    st.text(st.characters(), min_size=LONGEST - 2, max_size=LONGEST + 2),
)
CHECKED = settings(
    max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@CHECKED
@given(
    text=TEXT,
    k=st.integers(-1, 200),
    offset=st.integers(-1, 2_000_000),
    filters=st.dictionaries(
        st.one_of(st.sampled_from(["topic", "colour", "language"]), st.text(max_size=5)),
        st.lists(st.text(max_size=12), max_size=3),
        max_size=2,
    ),
    sort=st.one_of(
        st.sampled_from(["", "title", "-title", "-updated_at", "price", "id", "title,-price"]),
        st.text(max_size=6),
    ),
)
def test_the_engine_answers_or_says_why_not(
    tools: Engine, text: str, k: int, offset: int, filters: dict[str, list[str]], sort: str
) -> None:
    question = Question(text, k, offset, filters, sort, explain=True)
    try:
        answer = tools.search(question)
    except SearchError as error:
        if not str(error).endswith("."):
            raise
        return
    assert len(answer.hits) <= k
    assert len(answer.hits) == max(0, min(k, answer.total - offset))
    for hit in answer.hits:
        bare = hit.snippet.replace("<mark>", "").replace("</mark>", "")
        assert "<" not in bare
        assert ">" not in bare
    for id in ("vim", text) if text.strip() else ():
        assert tools.why_not(question, id)["sentence"]
    suggested = tools.suggest(text) if text.strip() else []
    assert all(isinstance(title, str) for title in suggested)


@CHECKED
@given(
    query=st.binary(max_size=80),
    path=st.sampled_from(
        ["/search", "/suggest", "/why-not", "/items/", "/similar/", "/facets/", "/facets/topic"]
    ),
)
def test_raw_bytes_over_http_are_never_a_500(client: TestClient, query: bytes, path: str) -> None:
    text = "".join(f"%{byte:02X}" for byte in query)
    for url in (f"{path}?q={text}", f"{path}?q=a&{text}", f"{path}{text}?q=vim&id={text}"):
        reply = client.get(url)
        assert reply.status_code < 500, (url, reply.text)
        if reply.status_code >= 400:
            assert reply.headers["content-type"] == "application/problem+json"
            assert reply.json()["detail"]


@pytest.fixture(scope="module")
def client(tools_release: Release) -> Any:
    app = create_app(Engine.open(tools_release), ServerSettings())
    with TestClient(app, raise_server_exceptions=False) as client:
        while client.get("/readyz").status_code != 200:
            pass
        yield client


def test_what_the_description_allows_is_answered_as_described(
    client: TestClient, tools_release: Release
) -> None:
    """schemathesis makes requests from the OpenAPI description and holds the answers against it."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    schema = schemathesis.openapi.from_asgi("/openapi.json", client.app)
    paths, statuses = set(), set()
    for result in schema.get_all_operations():
        parsed: Any = result
        operation = parsed.ok()

        @settings(
            max_examples=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            reply = case.call(session=client)
            paths.add(case.operation.path)
            statuses.add(reply.status_code)
            assert reply.status_code < 500, (case, reply.text)
            # What a description cannot say (a text of spaces only, a field that this catalogue has
            # not, the page that a post comes from) may be refused.
            case.validate_response(
                reply,
                excluded_checks=[schemathesis.checks.CHECKS.get_one("positive_data_acceptance")],
            )

        check()
    assert paths == set(schema.raw_schema["paths"])
    assert statuses >= {200, 403, 404, 422}, "the bodies of errors are looked at, too"
