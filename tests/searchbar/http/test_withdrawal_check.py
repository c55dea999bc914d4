"""What the deployer takes as proof that an item is gone, asked of the real server."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from deployer.host import prober
from release_format.config.server import ServerSettings
from release_format.items import Item
from searchbar.engine import Engine
from searchbar.http.app import create_app
from searchbar.retrieval.withdrawn import Withdrawn
from tests.searchbar.conftest import MakeRelease

ITEMS = [Item(id, f"Clay {id}", "A pot of clay.") for id in ("jug-1", "krüge/2", "pot-3")]
DECOMPOSED = unicodedata.normalize("NFD", "krüge/2")


def test_an_item_is_gone_once_any_spelling_of_its_id_is_listed(
    make_release: MakeRelease, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "withdrawn"
    path.write_text("")
    row = {"id": "lost-4", "rule": "empty", "reason": "no title"}
    release = make_release(ITEMS, quarantine=[row])
    engine = Engine.open(release, withdrawn=Withdrawn(path))
    with TestClient(create_app(engine, ServerSettings())) as client:

        def get(port: int, address: str) -> dict[str, Any]:
            reply = client.get(address)
            return {"status": reply.status_code, "body": reply.text}

        monkeypatch.setattr(prober, "get", get)
        ids = ["jug-1", DECOMPOSED, "pot-3", "lost-4", "jgu-1"]

        def answers() -> list[str]:
            return [answer["answer"] for answer in prober.still_shown(1, ids).values()]

        assert answers() == ["shown", "shown", "shown", "unknown", "unknown"]
        path.write_text(f"jug-1\n{DECOMPOSED}\n")
        assert answers() == ["gone", "gone", "shown", "unknown", "unknown"]
