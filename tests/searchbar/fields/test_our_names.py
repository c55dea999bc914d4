"""Columns that are called as ours are, beside ours: what is asked of the name is about ours."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from release_format.config.server import ServerSettings
from release_format.fields import Field, FieldType, Schema
from release_format.items import Item
from searchbar.engine import Engine
from searchbar.http.app import create_app
from tests.searchbar.conftest import MakeRelease

USES = {"filter": True, "sort": True, "facet": True, "show": 1}
VALUES = {FieldType.NUMBER: (7, 8), FieldType.BOOLEAN: (True, False), FieldType.KEYWORD: ("x", "y")}


@pytest.mark.parametrize("kind", VALUES)
def test_a_column_called_topic_takes_nothing_from_the_topics(
    make_release: MakeRelease, kind: FieldType
) -> None:
    schema = Schema({"topic": Field("topic", kind, **USES)})  # type: ignore[arg-type]
    items = [
        Item(f"n{n}", f"Lamp {n}", "A lamp.", (f"t{n % 2}",), extra={"topic": VALUES[kind][n % 2]})
        for n in range(4)
    ]
    engine = Engine.open(make_release(items, schema=schema))
    with TestClient(create_app(engine, ServerSettings())) as client:
        answer = client.get("/search", params={"topic": "t1"}).json()
        assert {hit["id"]: hit["fields"]["topic"] for hit in answer["hits"]} == {
            "n1": VALUES[kind][1],
            "n3": VALUES[kind][1],
        }
        assert answer["facets"]["topic"] == {"values": {"t1": 2}}
        assert client.get("/facets/topic").json()["values"] == {"t0": 2, "t1": 2}
        assert [hit["id"] for hit in client.get("/search?q=topic:t0 lamp").json()["hits"]] == [
            "n0",
            "n2",
        ]
        (described,) = client.get("/release").json()["fields"]
        assert (described["name"], described["filter"], described["facet"]) == (
            "topic",
            False,
            False,
        )
        page = client.get("/?topic=t1").text
        assert page.count('class="hit"') == 2
        assert 'name="topic" value="t1" checked' in page
