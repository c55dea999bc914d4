"""Who may post feedback, and what a server says of its own address: never what a request claims."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from release_format import questions
from release_format.config.registry import read_settings
from release_format.config.server import ServerSettings
from release_format.config.table import ConfigError
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.http.app import create_app
from searchbar.http.origins import check_origin, embedding_origins, from_our_page, public_address
from tests.searchbar.commands.test_commands import program

OURS = "search.example"
SHOP = "https://shop.example"
SETTINGS = ServerSettings(origins=f"{SHOP}/, https://Other.example:443")
CLICK = {"kind": "click", "question": "lamp", "id": "gimp"}


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"origin": f"https://{OURS}"}, True),
        ({"origin": f"http://{OURS.upper()}"}, True),
        ({"origin": f"https://{OURS}:8443"}, False),
        ({"origin": f"https://evil.example/{OURS}"}, False),
        ({"origin": f"https://{OURS}.evil.example"}, False),
        ({"sec-fetch-site": "cross-site", "origin": SHOP}, True),
        ({"sec-fetch-site": "cross-site", "origin": "https://other.example"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, False),
        ({"sec-fetch-site": "cross-site", "origin": f"https://{OURS}"}, False),
        ({"sec-fetch-site": "same-site", "origin": "https://blog.search.example"}, False),
        ({"origin": "http://shop.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"referer": f"https://{OURS}/"}, False),
        ({}, False),
    ],
)
def test_feedback_is_taken_from_our_page_and_those_that_embed_it(
    headers: dict[str, str], taken: bool
) -> None:
    request_headers = Headers({"host": OURS, **headers})
    if taken:
        check_origin(request_headers, SETTINGS)
    else:
        with pytest.raises(SearchError, match=r"is not taken: send it from .*\.$"):
            check_origin(request_headers, SETTINGS)


def test_every_page_may_send_where_every_page_may_embed_but_a_browser_names_its_page() -> None:
    everybody = ServerSettings(origins="*")
    check_origin(Headers({"host": OURS, "origin": "https://anybody.example"}), everybody)
    with pytest.raises(SearchError, match="without an Origin"):
        check_origin(Headers({"host": OURS}), everybody)


def test_with_a_public_address_the_host_of_a_request_says_nothing() -> None:
    settings = ServerSettings(address=f"https://{OURS}/find/")
    assert from_our_page(Headers({"host": "10.0.0.7:8000", "origin": f"https://{OURS}"}), settings)
    assert not from_our_page(
        Headers({"host": "evil.example", "origin": "https://evil.example"}), settings
    )


def test_origins_are_read_as_browsers_write_them() -> None:
    assert embedding_origins(SETTINGS) == [SHOP, "https://other.example"]
    assert embedding_origins(
        ServerSettings(origins=" *,http://[::1]:8000/, https://a.example:80/x ")
    ) == [
        "*",
        "http://[::1]:8000",
        "https://a.example:80",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "shop.example",
        "shop.example:443",
        "localhost:3000",
        "//shop.example",
        "https:shop.example",
        "https//shop.example",
        "https://",
        "https://:443",
        "https://shop.example:x",
        "https://*.shop.example",
        "https://shop.example/*",
        "*.shop.example",
        "https://a.example https://b.example",
        "https://user:pa55word@shop.example",
        "https://shop.example?x",
        "https://[::1",
        "https://b\u00fc..cher.example",
        "null",
    ],
)
def test_what_is_no_origin_is_refused_with_what_to_give(text: str) -> None:
    with pytest.raises(
        SearchError, match=r"SEARCHBAR_ORIGINS names .* no origin\. Give .*https://shop.example, "
    ) as caught:
        embedding_origins(ServerSettings(origins=f"https://fine.example,{text}"))
    assert caught.value.exit_code == 2
    assert "pa55word" not in str(caught.value)


def test_a_server_with_a_wrong_origin_does_not_start(tools_release: Release) -> None:
    ended = program("serve", str(tools_release.path), "--port", "1", SEARCHBAR_ORIGINS="a.example")
    assert ended.returncode == 2
    assert "SEARCHBAR_ORIGINS names 'a.example'" in ended.stderr
    assert "answers at" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("B\u00dcCHER.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("stra\u00dfe.example", "xn--strae-oqa.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_an_international_name_is_compared_as_browsers_send_it(name: str, sent: str) -> None:
    settings = ServerSettings(origins=f"https://{name}:8443/, chrome-extension://abc")
    assert embedding_origins(settings) == [f"https://{sent}:8443", "chrome-extension://abc"]
    check_origin(Headers({"host": OURS, "origin": f"https://{sent}:8443"}), settings)
    with pytest.raises(SearchError, match="is not taken"):
        check_origin(Headers({"host": OURS, "origin": "https://strasse.example:8443"}), settings)
    ours = ServerSettings(address=f"https://{name}/")
    assert from_our_page(Headers({"host": "10.0.0.7", "origin": f"https://{sent}"}), ours)


@pytest.mark.parametrize(
    ("host", "server", "address"),
    [
        ("127.0.0.1:8000", ("127.0.0.1", 8000), "http://127.0.0.1:8000/"),
        ("localhost:8000", ("127.0.0.1", 8000), "http://127.0.0.1:8000/"),
        ("[::1]:8000", ("::1", 8000), "http://[::1]:8000/"),
        ("127.0.0.1", ("127.0.0.1", 80), "http://127.0.0.1:80/"),
        ("evil.example:8000", ("127.0.0.1", 8000), ""),
        ("localhost:18000", ("127.0.0.1", 8000), ""),
        ("localhost:8000", ("10.0.0.7", 8000), ""),
        ("localhost:x", ("127.0.0.1", 8000), ""),
        ("127.0.0.1:8000@evil.example", ("127.0.0.1", 8000), ""),
        ("[", ("127.0.0.1", 8000), ""),
        ("", None, ""),
    ],
)
def test_an_address_is_the_setting_or_this_machine(
    host: str, server: tuple[str, int] | None, address: str
) -> None:
    headers = Headers({"host": host})
    assert public_address(ServerSettings(), headers, server) == address
    settings = ServerSettings(address=f"https://{OURS}/find")
    assert public_address(settings, headers, server) == f"https://{OURS}/find/"


@pytest.mark.parametrize(
    "address",
    [
        "search.example",
        "ftp://a.example",
        "https://",
        "https://user:pw@a.example",
        "https://a.example/?q=",
        "https://a.example/#x",
        'https://a.example/"x',
        "https://a.example:x/",
        "https://[broken",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_none_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(
        ConfigError, match=r"SEARCHBAR_ADDRESS is .* Give one like https://search.example/"
    ):
        read_settings(ServerSettings, {"SEARCHBAR_ADDRESS": address})


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("origins") / "questions.jsonl"


@pytest.fixture(scope="module")
def client(tools_release: Release, log: Path) -> Iterator[TestClient]:
    settings = ServerSettings(questions=str(log), origins=SHOP, address=f"https://{OURS}/")
    with TestClient(create_app(Engine.open(tools_release), settings)) as client:
        yield client


def test_a_click_of_another_site_is_refused_and_never_logged(client: TestClient, log: Path) -> None:
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.example", "Host": "evil.example"},
        {},
    ):
        refused = client.post("/feedback", json=CLICK, headers=headers)
        assert refused.status_code == 403
        assert refused.headers["content-type"] == "application/problem+json"
    assert not log.exists()
    for origin in (f"https://{OURS}", SHOP):
        assert client.post("/feedback", json=CLICK, headers={"Origin": origin}).status_code == 204
    assert [logged.feedback["kind"] for logged in questions.read(log)] == ["click", "click"]


def test_no_answer_repeats_the_host_of_a_request(client: TestClient) -> None:
    for path in (
        "/opensearch.xml",
        "/",
        "/?q=vim",
        "/about",
        "/about/",
        "/search/?q=vim",
        "/docs",
        "/docs/scripts",
        "/openapi.json",
        "/judge",
    ):
        reply = client.get(
            path,
            headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
            follow_redirects=False,
        )
        assert "evil.example" not in reply.text + str(reply.headers), path
    assert f'template="https://{OURS}/?q={{searchTerms}}"' in client.get("/opensearch.xml").text
    assert 'rel="search"' in client.get("/").text


def test_without_an_address_nothing_is_described(tools_release: Release) -> None:
    with TestClient(create_app(Engine.open(tools_release), ServerSettings())) as client:
        reply = client.get("/opensearch.xml")
        assert (reply.status_code, "SEARCHBAR_ADDRESS" in reply.json()["detail"]) == (404, True)
        assert 'rel="search"' not in client.get("/").text


def test_files_that_other_origins_may_have_vary_by_them(client: TestClient) -> None:
    assert "Origin" in client.get("/searchbar.css").headers["vary"]
    assert (
        client.get("/searchbar.css", headers={"Origin": SHOP}).headers[
            "access-control-allow-origin"
        ]
        == SHOP
    )
