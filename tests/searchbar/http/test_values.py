"""Values that change by the minute, asked of a real server: shown, filtered, sorted, counted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from release_format.fields import Field, FieldType, Rank, Schema
from release_format.items import Item
from release_format.release import Release
from searchbar.engine import Engine
from tests.searchbar.commands.test_commands import started
from tests.searchbar.conftest import MakeRelease
from tests.searchbar.http.servers import serving, wait_until_ready

USES: dict[str, Any] = {"filter": True, "sort": True, "facet": True}
SCHEMA = Schema(
    {
        "price": Field("price", FieldType.NUMBER, **USES),
        "stock": Field("stock", FieldType.NUMBER, **USES),
        "sale": Field("sale", FieldType.BOOLEAN, **USES),
        "due": Field("due", FieldType.DATE, **USES),
        "shelf": Field("shelf", FieldType.KEYWORD, **USES),
        "note": Field("note", FieldType.TEXT),
    },
    rank=Rank("-stock"),
)
LAMPS = tuple(
    Item(
        f"lamp-{n}",
        f"Desk lamp {n}",
        f"A lamp with {n} arms and a reading light.",
        ("lamps",),
        extra={"price": n, "stock": 0, "sale": False, "shelf": "shelf 0", "note": "a note"},
    )
    for n in range(12)
)


@pytest.fixture(scope="module")
def release(make_release: MakeRelease) -> Release:
    return make_release(LAMPS, schema=SCHEMA)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "values.jsonl"


@pytest.fixture
def client(release: Release, path: Path) -> Iterator[httpx.Client]:
    with serving(Engine.open(release, values=path)) as client:
        wait_until_ready(client)
        yield client


def put(path: Path, rows: list[dict[str, Any]]) -> None:
    """Replace the file as whoever writes it should: whole."""
    aside = path.with_suffix(".new")
    aside.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    aside.replace(path)


def state_rows(number: int) -> list[dict[str, Any]]:
    """A state in which every value tells the number of it."""
    return [
        {"id": item.id, "price": 1000 * number + n, "stock": number, "shelf": f"shelf {number}"}
        for n, item in enumerate(LAMPS)
    ]


def search(client: httpx.Client, **asked: Any) -> Any:
    reply = client.get("/search", params={"q": "desk lamp", "k": 100, **asked})
    assert reply.status_code == 200, reply.text
    return reply.json()


def ids(answer: Any) -> list[str]:
    return [hit["id"] for hit in answer["hits"]]


def number_of_state(answer: Any) -> int:
    """The one state that all of an answer is of."""
    hits = answer["hits"]
    (number,) = {hit["fields"]["stock"] for hit in hits}
    assert all(hit["extra"] == hit["fields"] for hit in hits)
    assert [hit["fields"]["price"] // 1000 for hit in hits] == [number] * len(hits)
    assert {hit["fields"]["shelf"] for hit in hits} == {f"shelf {number}"}
    facets = answer["facets"]
    assert facets["shelf"] == {"values": {f"shelf {number}": answer["total"]}}
    assert facets["price"]["min"] // 1000 == facets["price"]["max"] // 1000 == number
    assert sum(bucket["count"] for bucket in facets["price"]["histogram"]) == answer["total"]
    assert facets["stock"]["min"] == facets["stock"]["max"] == number
    return int(number)


def test_what_the_file_says_is_shown_filtered_sorted_and_counted(
    client: httpx.Client, path: Path
) -> None:
    assert "values" not in search(client)
    assert client.get("/release").json()["values"] is None
    row = {"id": "lamp-3", "price": 99.5, "stock": 7, "sale": True, "shelf": ["Oben", "Unten"]}
    put(path, [row, {"id": "lamp-4", "price": None, "due": "2026-05-06"}])
    answer = search(client)
    fields = {hit["id"]: hit["fields"] for hit in answer["hits"]}
    assert fields["lamp-3"] == {**{n: v for n, v in row.items() if n != "id"}, "note": "a note"}
    assert "price" not in fields["lamp-4"]
    assert fields["lamp-4"]["due"] == "2026-05-06"
    assert fields["lamp-5"] == dict(LAMPS[5].extra)
    facets = answer["facets"]
    assert facets["shelf"]["values"] == {"shelf 0": 11, "Oben": 1, "Unten": 1}
    assert facets["sale"]["values"] == {"false": 11, "true": 1}
    assert (facets["price"]["max"], facets["due"]["max"]) == (99.5, "2026-05-06")
    assert ids(search(client, price="50..")) == ["lamp-3"]
    assert ids(search(client, sale="yes")) == ids(search(client, shelf="oben")) == ["lamp-3"]
    assert ids(search(client, due="2026-05")) == ["lamp-4"]
    assert set(ids(search(client, shelf="!Oben"))) == {item.id for item in LAMPS} - {"lamp-3"}
    assert search(client, shelf="shelf 0")["total"] == 11
    by_price = ids(search(client, sort="-price"))
    assert (by_price[0], by_price[-1]) == ("lamp-3", "lamp-4")
    assert ids(search(client, sort="shelf"))[0] == "lamp-3"
    assert ids(search(client, q=""))[0] == "lamp-3", "the rank is of now, too"
    assert client.get("/items/lamp-3").json()["fields"]["price"] == 99.5
    similar = client.get("/similar/lamp-4", params={"k": 100}).json()["hits"]
    assert {hit["id"]: hit["fields"]["price"] for hit in similar}["lamp-3"] == 99.5
    values = client.get("/facets/shelf", params={"q": "lamp", "prefix": "ob"}).json()["values"]
    assert values == {"Oben": 1}


def test_a_page_from_memory_is_of_the_values_of_now(client: httpx.Client, path: Path) -> None:
    for number in (1, 2, 3, 2):
        put(path, state_rows(number))
        assert number_of_state(search(client)) == number
        assert search(client, price=f"{number}000..{number}999")["total"] == len(LAMPS)
        assert search(client, shelf=f"shelf {number}")["total"] == len(LAMPS)
        assert search(client, shelf="shelf 0")["total"] == 0
    put(path, [])
    assert search(client, shelf="shelf 0")["total"] == len(LAMPS)


def test_the_file_is_named_with_its_age_and_what_of_it_does_not_count(
    client: httpx.Client, path: Path
) -> None:
    put(path, [{"id": "lamp-1", "price": "dear", "stock": 1, "note": "new"}, {"id": "lamp"}])
    with path.open("a", encoding="utf-8") as file:
        file.write("{\n")
    told = search(client)["values"]
    assert set(told) == {"written_at", "age_s"}
    assert 0 <= told["age_s"] < 60
    live = client.get("/release").json()["values"]
    counts = {"rows": 2, "unknown": 1, "left_out": 1, "broken": 1, "ignored": ["note"]}
    assert {name: live[name] for name in counts} == counts
    assert live["written_at"] == told["written_at"]
    metrics = dict(
        line.split() for line in client.get("/metrics").text.splitlines() if "_values_" in line[:20]
    )
    assert 0 <= float(metrics.pop("searchbar_values_age_seconds")) < 60
    assert metrics == {
        "searchbar_values_rows": "2.0",
        "searchbar_values_unknown": "1.0",
        "searchbar_values_left_out": "2.0",
        "searchbar_values_unreadable": "0.0",
    }
    path.write_bytes(b"\x00")
    warning = "the file of values cannot be read; what it said before still holds. The log says why"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["warnings"]) == (200, [f"{warning}."])
    assert "searchbar_values_unreadable 1.0" in client.get("/metrics").text
    assert search(client)["values"]["written_at"] == told["written_at"]


def test_every_answer_is_wholly_of_one_state_while_the_file_is_replaced(
    release: Release, path: Path
) -> None:
    states, threads = 12, 8
    put(path, state_rows(1))
    written = [1]
    answers: list[tuple[int, int, int]] = []
    failures: list[BaseException] = []
    stop = threading.Event()

    def ask(base: httpx.URL, thread: int) -> None:
        asked = ({}, {"sort": "-price"}, {"q": ""}, {"stock": "1..", "sort": "shelf"})[thread % 4]
        try:
            with httpx.Client(base_url=base, timeout=20) as client:
                while not stop.is_set():
                    before = written[0]
                    number = number_of_state(search(client, **asked))
                    answers.append((thread, before, number))
                    # One state's filter leaves all of it or nothing.
                    narrowed = search(client, price=f"{number}000..{number}999")
                    assert narrowed["total"] in (0, len(LAMPS))
                    assert not narrowed["hits"] or number_of_state(narrowed) == number
        except BaseException as error:
            failures.append(error)
            stop.set()

    with started(release.path, SEARCHBAR_VALUES=str(path), SEARCHBAR_QUEUE="1000") as (client, _):
        asking = [
            threading.Thread(target=ask, args=(client.base_url, thread))
            for thread in range(threads)
        ]
        for thread in asking:
            thread.start()
        for number in range(2, states + 1):
            put(path, state_rows(number))
            written[0] = number
            # The next one comes when somebody has seen this one, or nobody can any more.
            while not stop.is_set() and not any(seen == number for *_, seen in answers[-64:]):
                stop.wait(0.002)
        stop.set()
        for thread in asking:
            thread.join()
        assert not failures, failures[0]
        assert number_of_state(search(client)) == states
    assert {seen for *_, seen in answers} >= set(range(2, states + 1))
    # Others read on meanwhile with the state before, and never with one from before that.
    assert all(seen >= before - 1 for _, before, seen in answers)
