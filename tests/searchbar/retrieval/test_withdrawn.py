"""What was taken back is nowhere: not in any route, whichever way the list of ids was written."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from release_format.config.server import ServerSettings
from release_format.fields import Field, FieldType, Schema
from release_format.items import Item
from release_format.probes import Probe
from release_format.release import Release
from release_format.secrets.secret import Secret
from searchbar.__main__ import main
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.http import admin_routes, docs, page_routes, search_routes
from searchbar.http.app import create_app
from searchbar.http.rendering import FILES
from searchbar.query.question import Question
from searchbar.retrieval.withdrawn import Withdrawn, ids_of, lines_of
from tests.searchbar.conftest import MakeRelease

KEY = "open-sesame-open-sesame"
SECRET = (
    Item(
        "x-1",
        "Vorplex lantern",
        "A vorplex lantern with a quimbled wick.",
        ("hushlaunch", "lamps"),
        language="xv",
        extra={"codename": "Ostrava", "price": 98765, "vorplexity": 7},
    ),
    Item(
        "größe-7",
        "Vorplex mirror",
        "A quimbled mirror that nobody may see.",
        ("hushlaunch",),
        extra={"codename": "Ostrava", "colour": "vermilionish"},
    ),
)
SHOWN = tuple(
    Item(
        f"lamp-{n}",
        f"Desk lamp {n}",
        f"A lamp with {n} arms and a reading light.",
        ("lamps", "desks"),
        extra={"colour": "red", "price": 10 + n},
    )
    for n in range(6)
)
NAMES = ("vorplex", "quimbled", "hushlaunch", "ostrava", "codename", "vermilionish", "98765")
# A number is told by itself only: within the digits of a time, it is there by chance.
WORDS = re.compile("|".join([*NAMES[:-1], rf"(?<![\d.]){NAMES[-1]}(?!\d)"]), re.IGNORECASE)
PROBES = [
    Probe("vorplex lantern wick", "x-1"),
    Probe("quimbled mirror", "größe-7"),
    Probe("Desk lamp 0", "lamp-0"),
]
IDS = [item.id for item in SECRET]


@pytest.fixture(scope="module")
def release(make_release: MakeRelease) -> Release:
    return make_release([*SHOWN, *SECRET], probes=PROBES)


@pytest.fixture(scope="module")
def hiding(make_release: MakeRelease) -> Release:
    """The same, with rules that hide what the others withdraw."""
    rules = "".join(f'[[hides]]\nid = "{id}"\n' for id in IDS)
    return make_release([*SHOWN, *SECRET], probes=PROBES, rules=rules)


@pytest.fixture(scope="module")
def typed(make_release: MakeRelease) -> Release:
    """The same with typed fields: what is withdrawn is in no facet, histogram or list of fields."""
    uses: dict[str, Any] = {"filter": True, "sort": True, "facet": True}
    kinds = {"codename": FieldType.KEYWORD, "colour": FieldType.KEYWORD} | {
        "price": FieldType.NUMBER,
        "vorplexity": FieldType.NUMBER,
    }
    fields = {name: Field(name, kind, **uses) for name, kind in kinds.items()}
    return make_release([*SHOWN, *SECRET], probes=PROBES, schema=Schema(fields))


@contextmanager
def asking(release: Release, folder: Path, *, withdrawn: Path | None) -> Iterator[TestClient]:
    questions, judged = str(folder / "questions.jsonl"), str(folder / "judgments.jsonl")
    server_settings = ServerSettings(key=Secret(KEY), questions=questions, judgments=judged)
    with TestClient(
        create_app(Engine.open(release, withdrawn=Withdrawn(withdrawn)), server_settings)
    ) as client:
        while "being answered" in (reply := client.get("/readyz")).text:
            time.sleep(0.01)
        assert reply.status_code == 200, reply.text
        yield client


def addresses() -> list[str]:
    """Every address that can be got, with questions that are near to what was taken back but do
    not name it."""
    texts = ["lantern", "mirror", "vorplx lamp", "quimbeld wick", "lamp", "hushlunch"]
    paths = [
        f"/{name}?q={q}"
        for name in ("search", "suggest", "opensearch/suggest", "judge", "", "loosen")
        for q in texts
    ]
    paths += [f"/search?q={q}&k=100&explain=1" for q in texts] + [
        f"/suggest?q={b}" for b in ("v", "vo", "q", "hu", "l")
    ]
    paths += [f"/search?q=lamp&{name}=Ostrava" for name in ("code", "f.code")] + [
        "/search?q=lamp&sort=code",
        "/?q=lamp&language=xv",
        "/search?sort=price&k=100",
        "/search?topic=lamps&explain=1",
        "/facets/topic",
        "/facets/topic?q=lamp&prefix=hu",
        "/facets/colour?prefix=v",
        "/facets/code",
        "/facets/language",
    ]
    paths += [f"/{what}/{id}" for what in ("items", "similar") for id in (*IDS, "lamp-0")] + [
        "/?like=lamp-0",
        "/?like=x-1",
    ]
    paths += [f"/why-not?q=lamp&id={id}" for id in (*IDS, "lamp-0", "x-1 ")] + ["/why?q=lamp&at=0"]
    routers = (
        search_routes.router,
        search_routes.health,
        docs.router,
        page_routes.router,
        page_routes.files,
        admin_routes.about,
        admin_routes.router,
    )
    fixed = {
        route.path for router in routers for route in router.routes if isinstance(route, APIRoute)
    }
    plain = sorted(path for path in fixed if "{" not in path and path != "/feedback")
    assert {
        "/",
        "/about",
        "/asked",
        "/judge",
        "/metrics",
        "/readyz",
        "/release",
        "/opensearch.xml",
        "/openapi.json",
    } <= set(plain)
    return [*paths, *plain, *(f"/{name}" for name in FILES), "/judge/judgments.jsonl"]


def leaks(client: TestClient) -> list[tuple[str, str]]:
    headers = {"X-API-Key": KEY}
    replies = {path: client.get(path, headers=headers).text for path in addresses()}
    return [(path, word) for path, text in replies.items() for word in WORDS.findall(text)]


def test_nothing_of_a_withdrawn_item_is_told_by_any_route(release: Release, tmp_path: Path) -> None:
    path = tmp_path / "withdrawn"
    path.write_text("")
    with asking(release, tmp_path, withdrawn=path) as client:
        assert {word.lower() for _, word in leaks(client)} == set(NAMES), "they can be found at all"
        path.write_text("\n".join(IDS))
        assert leaks(client) == []
        assert client.get("/why-not?q=lamp&id=x-1").json()["reason"] == "withdrawn"
        assert client.get("/search?q=lamp&codename=Ostrava").status_code == 422
        path.write_text("another")
        assert leaks(client) != [], "what is given back is shown again"


def test_nothing_of_a_withdrawn_item_is_told_by_typed_fields(
    typed: Release, tmp_path: Path
) -> None:
    path = tmp_path / "withdrawn"
    path.write_text("")
    with asking(typed, tmp_path, withdrawn=path) as client:
        priced = client.get("/search?q=lamp").json()["facets"]["price"]
        assert (priced["min"], priced["max"]) == (10, 98765)
        assert "vorplexity" in client.get("/release").text
        path.write_text("\n".join(IDS))
        assert leaks(client) == []
        priced = client.get("/search?q=lamp").json()["facets"]["price"]
        assert (priced["min"], priced["max"], len(priced["histogram"])) == (10, 15, 6)
        for refused in ("vorplexity=7", "sort=vorplexity", "codename=Ostrava"):
            assert client.get(f"/search?{refused}").status_code == 422


def test_nothing_of_a_hidden_item_is_told_by_any_route(hiding: Release, tmp_path: Path) -> None:
    with asking(hiding, tmp_path, withdrawn=None) as client:
        assert leaks(client) == []
        assert client.get("/why-not?q=lamp&id=x-1").json()["reason"] == "hidden"


def weighed(engine: Engine, word: str) -> list[object]:
    """What an answer says of how much of a question each hit covers, and how sure it is."""
    answer = engine.search(Question(f"desk lamp {word}", explain=True))
    told = [hit.explain or {} for hit in answer.hits]
    return [
        (row["covered"], row["bm25"], hit.matched)
        for row, hit in zip(told, answer.hits, strict=True)
    ]


def test_a_word_of_withdrawn_items_only_weighs_as_one_that_nothing_holds(
    release: Release, hiding: Release, tmp_path: Path
) -> None:
    path = _written(tmp_path / "withdrawn", b"")
    engine, hider = Engine.open(release, withdrawn=Withdrawn(path)), Engine.open(hiding)
    for word in ("vorplex", "quimbled", "mirror", "vorplex quimbled"):
        nothing = " ".join("zzyxqq" for _ in word.split())
        path.write_text("")
        assert weighed(engine, word) != weighed(engine, nothing), "it can be told at all"
        path.write_text("\n".join(IDS))
        assert weighed(engine, word) == weighed(engine, nothing)
        assert weighed(hider, word) == weighed(hider, nothing)


def test_what_others_hold_too_is_still_told(release: Release, tmp_path: Path) -> None:
    path = tmp_path / "withdrawn"
    path.write_text("x-1\n")
    engine = Engine.open(release, withdrawn=Withdrawn(path))
    assert engine.suggest("hush") == ["hushlaunch"]
    assert engine.search(Question("quimbeld")).did_you_mean == "quimbled"
    assert "codename" in engine.fields
    assert set(engine.suggest("lam")) == {"lamps", *(f"Desk lamp {n}" for n in range(6))}


def test_a_batch_foretells_no_topic_of_a_withdrawn_item(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "withdrawn").write_text("\n".join(IDS))
    (tmp_path / "questions.jsonl").write_text(
        '{"question": "a lantern with a wick"}\n{"question": "vorplx"}\n'
    )

    def answered(name: str) -> str:
        batch = [
            "batch",
            str(release.path),
            str(tmp_path / "questions.jsonl"),
            "--out",
            str(tmp_path / name),
        ]
        assert main(batch) == 0
        import pyarrow.parquet as pq

        files = (tmp_path / name).rglob("*.parquet")
        return "".join(f"{path} {json.dumps(pq.read_table(path).to_pylist())}" for path in files)

    assert "hushlaunch" in answered("open")
    monkeypatch.setenv("SEARCHBAR_WITHDRAWN", str(tmp_path / "withdrawn"))
    assert WORDS.findall(answered("closed")) == []


WRITTEN: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "utf-8 with its mark": lambda text: text.encode("utf-8-sig"),
    "utf-16 as PowerShell writes": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16, the other way": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "composed": lambda text: unicodedata.normalize("NFC", text).encode(),
    "decomposed": lambda text: unicodedata.normalize("NFD", text).encode("utf-8-sig"),
    "lines of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "lines of old Macs": lambda text: text.replace("\n", "\r").encode(),
    "spaces at the ends": lambda text: text.replace("\n", "\t  \n  ").encode(),
    "comments": lambda text: f"# recalled\n\n{text}".replace("\n", "  # since May\n").encode(),
    "files joined": lambda text: text.encode("utf-8-sig").replace(b"\n", b"\n\xef\xbb\xbf"),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_a_list_is_read_however_it_was_written(release: Release, tmp_path: Path, way: str) -> None:
    path = tmp_path / "withdrawn"
    path.write_bytes(WRITTEN[way]("x-1\ngröße-7\n"))
    engine = Engine.open(release, withdrawn=Withdrawn(path))
    assert [engine.retriever.hides(id) for id in (*IDS, "lamp-0")] == [True, True, False]
    assert engine.retriever.unknown == 0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=12))
def test_any_id_is_found_in_its_line(id: str) -> None:
    id = unicodedata.normalize("NFC", id.strip().strip("\ufeff\u200b\u2060").strip())
    for write in WRITTEN.values():
        lines = lines_of(write(f"{id}\n"))
        assert any(id in ids_of(line) for line in lines) or not id, write


def test_an_id_may_look_like_a_comment(make_release: MakeRelease, tmp_path: Path) -> None:
    ids = ["#1", "# 2", "a #3", "b"]
    release = make_release([Item(id, f"Lamp {id}", "A lamp.") for id in ids])
    (tmp_path / "withdrawn").write_text("#1\n# 2\na #3\n# b\n")
    retriever = Engine.open(release, withdrawn=Withdrawn(tmp_path / "withdrawn")).retriever
    assert [retriever.hides(id) for id in ids] == [True, True, True, False]


UNREADABLE = (
    "the list of withdrawn ids cannot be read; what it said before still holds. The log says why."
)
UNKNOWN = (
    "2 of 4 lines of the list of withdrawn ids name no item of this release: 'x-2', 'X-1'."
    " Look at them."
)
BROKEN = {
    "latin-1": "größe-7\n".encode("latin-1"),
    "cut utf-16": b"\xff\xfex\x00-",
    "utf-16 without its mark": "x-1\n".encode("utf-16-le"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_list_that_cannot_be_read_is_told_and_shows_nothing_again(
    release: Release, tmp_path: Path, kind: str, server_log: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "withdrawn"
    path.write_text("x-1\n")
    with asking(release, tmp_path, withdrawn=path) as client:
        path.write_bytes(BROKEN[kind])
        for _ in range(3):
            assert client.get("/items/x-1").status_code == 404
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["warnings"]) == (
            200,
            [UNREADABLE],
        )
        assert "searchbar_withdrawn_unreadable 1.0" in client.get("/metrics").text
        assert [record.getMessage().count("cannot be read") for record in server_log.records] == [
            1
        ], "once"
        path.write_text("größe-7\n")
        assert [client.get(f"/items/{id}").status_code for id in IDS] == [200, 404]
        assert "warnings" not in client.get("/readyz").json()
    with pytest.raises(SearchError, match=r"cannot be read .* Write it as UTF-8"):
        Withdrawn(_written(tmp_path / "other", BROKEN[kind]))


def test_a_list_that_vanishes_is_told_too(release: Release, tmp_path: Path) -> None:
    path = _written(tmp_path / "withdrawn", b"x-1\n")
    with asking(release, tmp_path, withdrawn=path) as client:
        path.unlink()
        assert client.get("/readyz").json()["warnings"]
        assert client.get("/items/x-1").status_code == 404


def test_ids_that_name_nothing_are_counted_and_told_once(
    release: Release, tmp_path: Path, server_log: pytest.LogCaptureFixture
) -> None:
    path = _written(tmp_path / "withdrawn", b"x-1\nx-2\nX-1\n# a note\n")
    with asking(release, tmp_path, withdrawn=path) as client:
        for _ in range(3):
            client.get("/search?q=lamp")
        counted = client.get("/metrics").text
        assert "searchbar_withdrawn_items 1.0" in counted
        assert "searchbar_withdrawn_unknown 2.0" in counted
    logged = [
        record.getMessage()
        for record in server_log.records
        if "name no item" in record.getMessage()
    ]
    assert logged == [UNKNOWN]


def test_a_probe_that_was_not_found_no_longer_counts_once_it_is_withdrawn(
    make_release: MakeRelease, tmp_path: Path
) -> None:
    path = _written(tmp_path / "withdrawn", b"")
    lost = make_release(SHOWN + SECRET, probes=[Probe("reading light", "größe-7")])
    engine = Engine.open(lost, withdrawn=Withdrawn(path))
    with TestClient(create_app(engine, ServerSettings())) as client:
        while "being answered" in (reply := client.get("/readyz")).text:
            time.sleep(0.01)
        assert reply.status_code == 503
        path.write_text("größe-7\n")
        assert client.get("/readyz").status_code == 200


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
