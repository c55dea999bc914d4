"""Any text is a question: 200 with pages that add up, or 422 where it is too long."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from release_format.config.server import ServerSettings
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.http.app import create_app
from searchbar.query.question import LONGEST

PAGE = 5
WRITTEN = r"""
" “ ” „ « » ' - -- -" : :: .. ! + * ? ~ ^ \ / ( ) [ ] { } < > && || AND OR NOT TO
topic: -topic: colour: price: language: words: plain: topic:graphics price:10..50 -video http://x
27" vim photos ffmpeg-doc sku-48290 שלום مرحبا हिन्दी 手机 İ ß 🎬 👩‍💻
"""
UNSEEN = ("\u202e", "\u200f", "e\u0301", "\u0301", "\u200d", "\ufeff", "\u00a0", "\t", "")
SIGNS = (*WRITTEN.split(), *UNSEEN)
TEXT = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(SIGNS), max_size=14).map("".join),
    st.lists(st.sampled_from(SIGNS), max_size=14).map(" ".join),
    st.text(st.sampled_from('"-: a'), min_size=LONGEST - 1, max_size=LONGEST + 1),
)


@pytest.fixture(scope="module")
def client(tools_release: Release) -> Iterator[TestClient]:
    app = create_app(Engine.open(tools_release), ServerSettings())
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@example('-"')
@example('topic:"" -topic:"a')
@example("photo\x0b\x07editor\x00")
@example("\x00")
@example("\ufffd")
@example('"' * LONGEST)
@example("-a" * (LONGEST // 2))
@example(" ".join(f'"{n}a"' for n in range(150)))
@example(" ".join(f"topic:{n}" for n in range(90)))
@example(" ".join(f"-b{n}" for n in range(190)))
@given(TEXT)
def test_any_text_is_answered_and_its_pages_add_up(client: TestClient, text: str) -> None:
    if any(unicodedata.category(c) == "Cs" for c in text):
        return  # No address can hold it.
    ids: list[str] = []
    while True:
        reply = client.get("/search", params={"q": text, "k": PAGE, "offset": len(ids)})
        assert reply.status_code in (200, 422), reply.text
        if reply.status_code == 422:
            assert len(text) > LONGEST, reply.text
            return
        answer = reply.json()
        ids += [hit["id"] for hit in answer["hits"]]
        if len(answer["hits"]) < PAGE:
            break
    assert len(ids) == len(set(ids)) == answer["total"]
    assert "ffmpeg-doc" not in ids
    assert client.get("/", params={"q": text}).status_code == 200
