"""The description of the API: whole, true of every error, and enough to make a client from."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.core.failures import FailureGroup
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from release_format.config.server import ServerSettings
from release_format.questions import REACTIONS
from release_format.secrets.secret import Secret
from searchbar.engine import Engine
from searchbar.http import problems
from searchbar.http.app import create_app
from tests.searchbar.http.servers import serving

KEY = "a-key-of-this-test-0815"
WITH_KEY = {"X-API-Key": KEY}
PLAIN = ServerSettings()
ADMIN, ALL = (ServerSettings(key=Secret(KEY), key_for=who) for who in ("admin", "all"))
HOSTED = ServerSettings(invocations=True)
OPEN, HEALTH = ("/livez", "/readyz", "/ping"), ("/readyz", "/ping")
KEYED = "/judge/judgments.jsonl"


def description(engine: Engine, settings: ServerSettings) -> dict[str, Any]:
    return create_app(engine, settings).openapi()


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(node, dict):
        yield node
    for inner in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from nodes(inner)


@pytest.mark.parametrize("settings", [PLAIN, ADMIN, ALL, HOSTED])
def test_every_reference_leads_to_a_schema_and_every_schema_is_used(
    tools: Engine, settings: ServerSettings
) -> None:
    document = description(tools, settings)
    references = {node["$ref"] for node in nodes(document) if "$ref" in node}
    schemas = document["components"]["schemas"]
    assert references == {f"#/components/schemas/{name}" for name in schemas}
    assert {"Problem", "OtherReleaseProblem", "SearchResponse"} <= set(schemas)


@pytest.mark.parametrize("settings", [PLAIN, ADMIN, ALL, HOSTED])
def test_every_error_is_described_as_a_problem(tools: Engine, settings: ServerSettings) -> None:
    errors = [
        (path, status, response)
        for path, ways in description(tools, settings)["paths"].items()
        for way in ways.values()
        for status, response in way["responses"].items()
        if status >= "400"
    ]
    for path, status, response in errors:
        kind, name = "application/problem+json", "Problem"
        if status == "409":
            name = "OtherReleaseProblem"
        elif path in HEALTH:
            kind, name = "application/json", "Readiness"
        schema = {"$ref": f"#/components/schemas/{name}"}
        assert response["content"] == {kind: {"schema": schema}}, (path, status)
        waits = status in ("429", "503") and path not in HEALTH
        assert ("Retry-After" in response.get("headers", {})) == waits, (path, status)
    of_hosted = {"415"} if settings is HOSTED else set()
    statuses = {"401", "403", "404", "409", "422", "429", "503"} | of_hosted
    assert {status for _, status, _ in errors} == statuses


def test_the_key_is_described_in_each_way_that_it_may_come(tools: Engine) -> None:
    for settings in (PLAIN, ADMIN, ALL, replace(ALL, invocations=True)):
        document = description(tools, settings)
        schemes = document["components"]["securitySchemes"]
        told = {
            name: [scheme.get(word) for word in ("type", "in", "name", "scheme")]
            for name, scheme in schemes.items()
        }
        assert told == {
            "key": ["apiKey", "header", "X-API-Key", None],
            "bearer": ["http", None, None, "bearer"],
            "password": ["http", None, None, "basic"],
        }
        for path, ways in document["paths"].items():
            keyed = path == KEYED or (settings.key_for == "all" and path not in OPEN)
            for way in ways.values():
                offered = [name for ways_in in way.get("security", []) for name in ways_in]
                assert offered == (list(schemes) if keyed else []), path
                assert ("401" in way["responses"]) == keyed, path


NEVER = ServerSettings(queue=-1)  # Nobody may wait.
FOREIGN = {"headers": {"Origin": "https://evil.example"}, "body": {"kind": "click"}}


@pytest.mark.parametrize(
    ("settings", "path", "sent", "status"),
    [
        (ALL, "/search", {"query": {"q": "vim"}}, 401),
        (ALL, "/metrics", {}, 401),
        (ALL, "/items/{id}", {"path_parameters": {"id": "vim"}}, 401),
        (ADMIN, KEYED, {"headers": {"Authorization": "Basic ???"}}, 401),
        (PLAIN, KEYED, {}, 404),
        (ADMIN, KEYED, {"headers": WITH_KEY}, 404),
        (PLAIN, "/feedback", FOREIGN, 403),
        (PLAIN, "/feedback", {"headers": {"Sec-Fetch-Site": "none"}, "body": {}}, 422),
        (PLAIN, "/items/{id}", {"path_parameters": {"id": "nope"}}, 404),
        (PLAIN, "/similar/{id}", {"path_parameters": {"id": "nope"}}, 404),
        (PLAIN, "/search", {"query": {"q": "vim", "release": "f" * 64}}, 409),
        (PLAIN, "/search", {"query": {"q": "", "k": 0}}, 422),
        (PLAIN, "/suggest", {"query": {"q": ""}}, 422),
        (PLAIN, "/suggest", {"query": {"q": " "}}, 422),
        (PLAIN, "/suggest", {}, 422),
        (PLAIN, "/why-not", {"query": {"q": "", "id": "vim"}}, 422),
        (ServerSettings(requests_a_minute=1), "/release", {}, 429),
        (NEVER, "/search", {"query": {"q": "vim"}}, 503),
        (NEVER, "/why-not", {"query": {"q": "vim", "id": "vim"}}, 503),
    ],
)
def test_an_error_is_as_it_is_described(
    tools: Engine, settings: ServerSettings, path: str, sent: dict[str, Any], status: int
) -> None:
    case, client = described_case(tools, settings, path, sent)
    client.get("/release")
    reply = case.call(session=client)
    assert reply.status_code == status
    assert str(status) in case.operation.definition.raw["responses"]
    assert reply.json()["detail"].endswith(".")
    # A full server is none that broke.
    broke = schemathesis.checks.CHECKS.get_one("not_a_server_error")
    case.validate_response(reply, excluded_checks=[broke] if status == 503 else [])


def described_case(
    engine: Engine, settings: ServerSettings, path: str, sent: dict[str, Any]
) -> tuple[Any, TestClient]:
    """A request as the description has it, and a client to send it."""
    client = TestClient(create_app(engine, settings))
    document = description(engine, settings)
    schema: Any = schemathesis.openapi.from_dict(document)
    schema.app = client.app
    method = "POST" if path == "/feedback" else "GET"
    body = {"media_type": "application/json"} if "body" in sent else {}
    return schema[path][method].Case(**sent, **body), client


@pytest.mark.parametrize("wrong", [{"detail": "Only this."}, {"more": 1}])
def test_an_error_of_another_shape_is_seen(
    tools: Engine, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    right = problems.problem

    def changed(*arguments: Any, **more: Any) -> JSONResponse:
        reply = right(*arguments, **more)
        body = json.loads(bytes(reply.body)) | wrong
        if "more" not in wrong:
            body = wrong
        return JSONResponse(body, reply.status_code, media_type=problems.PROBLEM_JSON)

    monkeypatch.setattr(problems, "problem", changed)
    case, client = described_case(tools, PLAIN, "/suggest", {"query": {"q": ""}})
    with pytest.raises(FailureGroup, match="schema"):
        case.validate_response(case.call(session=client))


def test_feedback_that_the_description_allows_is_taken(tools: Engine) -> None:
    client = TestClient(create_app(tools, PLAIN))
    schema: Any = schemathesis.openapi.from_dict(description(tools, PLAIN))
    operation = schema["/feedback"]["POST"]
    body = operation.definition.raw["requestBody"]["content"]["application/json"]["schema"]
    assert tuple(body["properties"]["kind"]["enum"]) == REACTIONS
    valid = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)

    @hypothesis.settings(max_examples=25, deadline=None, derandomize=True)
    @hypothesis.given(case=valid)
    def check(case: Any) -> None:
        page = {"Sec-Fetch-Site": "same-origin"}
        assert client.post("/feedback", json=case.body, headers=page).status_code == 204

    check()


def test_a_generated_client_asks_a_question_and_reads_the_errors(
    tools: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tools, ALL) as server:
        document = server.get("/openapi.json", headers=WITH_KEY)
        generate(document.text, tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        generated = import_module("made_from_description")
        routes = import_module("made_from_description.api.default")
        for name in ("search", "suggest", "item"):
            import_module(f"{routes.__name__}.{name}")
        address = str(server.base_url)
        stranger = generated.Client(base_url=address)
        client = generated.AuthenticatedClient(
            base_url=address, token=KEY, prefix="", auth_header_name="X-API-Key"
        )
        answer = routes.search.sync(client=client, q="edit pictures", k=2, topic=["graphics"])
        assert [hit.id for hit in answer.hits] == ["gimp", "jpegoptim"]
        assert answer.took_ms["total"] > 0
        assert routes.suggest.sync(client=client, q="gi").suggestions == ["GIMP"]
        assert routes.item.sync(client=client, id="c++").title == "C++"
        bearer = generated.AuthenticatedClient(base_url=address, token=KEY)
        assert routes.item.sync(client=bearer, id="vim").title == "Vim"
        for reply, status, says in (
            (routes.search.sync(client=stranger, q="vim"), 401, "X-API-Key"),
            (routes.suggest.sync(client=client, q=""), 422, "empty"),
            (routes.item.sync(client=client, id="nope"), 404, "nope"),
            (routes.search.sync(client=client, q="vim", release="f"), 409, tools.release.id),
        ):
            assert (reply.status, says in reply.detail) == (status, True), reply
        assert reply.release == tools.release.id


def generate(document: str, folder: Path) -> None:
    """A client's code from a description, in the folder."""
    (folder / "openapi.json").write_text(document, encoding="utf-8")
    (folder / "config.json").write_text('{"post_hooks": []}', encoding="utf-8")
    made = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
            *("--path", str(folder / "openapi.json"), "--config", str(folder / "config.json")),
            *("--output-path", str(folder / "made_from_description"), "--fail-on-warning"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
