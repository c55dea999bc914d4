"""Pictures of a folder are served, and nothing else that lies there or beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from release_format.config.server import ServerSettings
from searchbar.engine import Engine
from searchbar.http.app import create_app

SVG = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.fixture
def client(tools: Engine, tmp_path: Path) -> Iterator[TestClient]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("lamp.svg", "lamp.PNG", "notes.txt", ".hidden.png", "no-kind"):
        (folder / name).write_text(SVG)
    (folder / "folder.png").mkdir()
    (tmp_path / "secret.png").write_text("secret")
    settings = ServerSettings(pictures=str(folder))
    with TestClient(create_app(tools, settings)) as client:
        yield client


def test_a_picture_is_served_so_that_it_can_do_nothing_but_be_looked_at(client: TestClient) -> None:
    reply = client.get("/pictures/lamp.svg")
    assert (reply.status_code, reply.text) == (200, SVG)
    assert reply.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert "sandbox" in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert client.get("/pictures/lamp.PNG").headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    "name",
    [
        "none.png",
        "notes.txt",
        ".hidden.png",
        "no-kind",
        "folder.png",
        "..%2fsecret.png",
        "..%5csecret.png",
        "%2e%2e/secret.png",
        "lamp.svg%00.png",
        "lamp.svg%0a",
        "%2fetc%2fpasswd.png",
        "a" * 500 + ".png",
    ],
)
def test_what_is_no_picture_of_the_folder_is_not_there(client: TestClient, name: str) -> None:
    reply = client.get(f"/pictures/{name}")
    assert reply.status_code == 404
    assert "secret" not in reply.text.replace(name, "").replace("secret.png", "")


def test_without_the_setting_there_are_no_pictures(tools: Engine) -> None:
    with TestClient(create_app(tools, ServerSettings())) as client:
        assert client.get("/pictures/lamp.svg").status_code == 404
