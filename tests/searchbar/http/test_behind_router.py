"""The real server behind the real router: made-up addresses and odd spellings get a client
nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from release_format.config.server import ServerSettings
from release_format.secrets.secret import Secret
from searchbar.engine import Engine
from searchbar.http.wrong_keys import TRIES_A_MINUTE
from tests.deployer.routing import Reply, ask, routed
from tests.searchbar.http.servers import serving, wait_until_ready

KEY = "a-key-of-this-test-0815"
LIMIT, ASKED = 5, 12
ONE, OTHER = "127.0.0.2", "127.0.0.3"
# What only these pages say.
TOLD = ("searchbar_requests_total", "swagger", '"openapi"', "Judge", "Asked lately")


@pytest.fixture(scope="module")
def ports(tools: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """The router's public port, and the port of the slot behind it."""
    folder = tmp_path_factory.mktemp("r")
    files = {"questions": str(folder / "q.jsonl"), "judgments": str(folder / "j.jsonl")}
    with serving(tools, ServerSettings(key=Secret(KEY), **files)) as client:  # type: ignore[arg-type]
        wait_until_ready(client)
        slot = int(client.base_url.port or 0)
        with routed(folder, slot) as environment:
            yield environment.public_port, slot


def limited(
    tools: Engine, folder: Path, headers: list[list[str]], source: str, **settings: bool
) -> list[int]:
    """What a client gets that sends these headers, one list a request, past a limit; then
    another client's."""
    with serving(tools, ServerSettings(requests_a_minute=LIMIT)) as client:
        wait_until_ready(client)
        with routed(folder, int(client.base_url.port or 0), **settings) as environment:
            statuses = [
                ask(environment.public_port, "/release", h, source=source).status for h in headers
            ]
            return [*statuses, ask(environment.public_port, "/release", source=OTHER).status]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded: for", "X-Real-IP"])
def test_made_up_addresses_do_not_lengthen_a_limit(
    tools: Engine, tmp_path: Path, header: str
) -> None:
    separator = "=" if header.startswith("Forwarded") else ": "
    made_up = [[f"{header}{separator}198.51.100.{n}"] for n in range(ASKED)]
    statuses = limited(tools, tmp_path, made_up, ONE)
    assert statuses == [200] * LIMIT + [429] * (ASKED - LIMIT) + [200]


def test_behind_a_balancer_made_up_addresses_do_not_either(tools: Engine, tmp_path: Path) -> None:
    """A balancer adds the address that it sees behind what the client sent."""
    made_up = [[f"X-Forwarded-For: 198.51.100.{n}, 203.0.113.9"] for n in range(ASKED)]
    statuses = limited(tools, tmp_path, made_up, ONE, forwarded=True)
    assert statuses == [200] * LIMIT + [429] * (ASKED - LIMIT) + [200]


def test_behind_a_balancer_visitors_have_a_limit_each(tools: Engine, tmp_path: Path) -> None:
    visitors = [[f"X-Forwarded-For: 203.0.113.{n}"] for n in range(ASKED)]
    assert limited(tools, tmp_path, visitors, ONE, forwarded=True) == [200] * (ASKED + 1)


def test_made_up_addresses_lengthen_no_guessing_and_lock_out_no_neighbour(
    ports: tuple[int, int], tmp_path: Path
) -> None:
    with (
        routed(tmp_path, ports[1], open=("/judge",)) as environment,
        ThreadPoolExecutor(ASKED) as many,
    ):
        public = environment.public_port

        def guess(n: int) -> int:
            headers = [
                f"X-API-Key: a-wrong-key-{n}",
                f"X-Forwarded-For: 198.51.100.{n}",
                f"User-Agent: {n}",
            ]
            return ask(public, "/judge", headers, source=ONE).status

        statuses = sorted(many.map(guess, range(ASKED)))
        assert statuses == [401] * TRIES_A_MINUTE + [429] * (ASKED - TRIES_A_MINUTE)
        assert ask(public, "/judge", [f"X-API-Key: {KEY}"], source=OTHER).status == 200


ROUNDABOUT = [
    "/metrics",
    "//metrics",
    "///metrics",
    "/metrics/",
    "/metrics//",
    "/METRICS",
    "/Metrics",
    "/%6detrics",
    "/%6Detrics",
    "/%6d%65%74%72%69%63%73",
    "/metrics%0a",
    "/metrics%0A%0a",
    "/metrics%00",
    "/metrics%20",
    "/metrics%2f",
    "/%2fmetrics",
    "/metrics?",
    "/metrics?x=/search",
    "/metrics;x",
    "/metrics#x",
    "/metrics%23",
    "/metrics%3f",
    "/./metrics",
    "/search/../metrics",
    "/search/..%2fmetrics",
    "/metrics/.",
    "/%256detrics",
    "/metrics%zz",
    "http://x/metrics",
    "HTTP://x/metrics",
    "http://x//metrics",
    "http://x/%6detrics",
    "http:///metrics",
    "http:/metrics",
    "http://x?/metrics",
    "http://x#/metrics",
    "metrics",
    "*/metrics",
    "/\\metrics",
    "\\metrics",
    "/docs",
    "/docs/",
    "/docs/scripts/swagger-ui.css",
    "/docs%2fscripts%2fswagger-ui.css",
    "/openapi.json",
    "/openapi%2ejson",
    "/openapi.json%0a",
    "/judge",
    "/judge%0a",
    "/judge/judgments.jsonl",
    "/asked",
    "/asked%0a",
    "/replay?id=x",
    "/%72eplay%0a?id=x",
]


def shows_nothing(reply: Reply) -> bool:
    return reply.status in (400, 404) and not [text for text in TOLD if text in reply.body]


@pytest.mark.parametrize("target", ROUNDABOUT)
def test_no_way_around_leads_to_a_private_page(ports: tuple[int, int], target: str) -> None:
    assert shows_nothing(ask(ports[0], target, [f"X-API-Key: {KEY}"]))


@pytest.mark.parametrize(
    "target",
    [
        "/metrics",
        "/%6detrics",
        "/metrics%0a",
        "/metrics?x=1",
        "http://x/metrics",
        "/docs",
        "/docs%2fscripts%2fswagger-ui.css",
        "/openapi%2ejson",
        "/judge%0a",
        "/asked",
        "/replay",
    ],
)
def test_on_the_host_the_same_spellings_lead_there(ports: tuple[int, int], target: str) -> None:
    """So the router's refusal is what keeps them in."""
    assert ask(ports[1], target, [f"X-API-Key: {KEY}"]).status == 200


def spelt(character: str) -> st.SearchStrategy[str]:
    """A character as it is, in the other case, or as bytes in hexadecimal, once or twice over."""
    code = f"{ord(character):02x}"
    ways = [character, character.swapcase(), f"%{code}", f"%{code.upper()}", f"%25{code}"]
    return st.sampled_from(ways)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    page = draw(
        st.sampled_from(
            [
                "metrics",
                "docs",
                "openapi.json",
                "judge",
                "asked",
                "replay",
                "docs/scripts/swagger-ui.css",
            ]
        )
    )
    before = draw(
        st.sampled_from(
            ["/", "//", "/./", "/x/../", "/%2f", "/%2e/", "http://x/", "http://x//", "/%0a"]
        )
    )
    behind = draw(
        st.sampled_from(
            ["", "/", "//", "?q=1", "%0a", "%0d%0a", "%00", "/..", "/%2e%2e/judge", ";a", "%", "#"]
        )
    )
    return before + "".join(draw(spelt(character)) for character in page) + behind


@how(max_examples=60, deadline=None, derandomize=True)
@given(target=spellings())
def test_however_it_is_spelt_a_private_page_stays_private(
    ports: tuple[int, int], target: str
) -> None:
    assert shows_nothing(ask(ports[0], target, [f"X-API-Key: {KEY}"]))


@pytest.mark.proof
@how(max_examples=2_000, deadline=None)
@given(target=spellings())
def test_many_spellings_stay_private(ports: tuple[int, int], target: str) -> None:
    assert shows_nothing(ask(ports[0], target, [f"X-API-Key: {KEY}"]))


def test_the_search_itself_goes_through(ports: tuple[int, int]) -> None:
    for path in (
        "/",
        "/search?q=metrics",
        "/items/c%2B%2B",
        "/about",
        "/suggest?q=do",
        "/release",
        "/readyz",
    ):
        assert ask(ports[0], path).status == 200, path
