"""Keys: which are refused at the start, what a wrong one costs, and whom it does not hold up."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from fastapi.routing import iter_route_contexts
from prometheus_client import CollectorRegistry, Counter
from starlette.testclient import TestClient
from starlette.types import Message, Scope

from release_format.config.server import ServerSettings
from release_format.release import Release
from release_format.secrets.secret import Secret
from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.http import admin_routes, wrong_keys
from searchbar.http.app import create_app
from searchbar.http.auth import KeyGuard, key_in, key_of, require_key
from searchbar.http.client import client_of
from searchbar.http.problems import answer_problems
from searchbar.http.rate_limit import RateLimiter
from searchbar.http.wrong_keys import TRIES_A_MINUTE, WrongKeys
from tests.deployer.routing import ask
from tests.searchbar.commands.test_commands import program
from tests.searchbar.http.servers import serving

KEY = "a-key-of-this-test-0815"
HOME, ELSEWHERE = "203.0.113.7", "198.51.100.8"


@pytest.mark.parametrize(
    "key", ["x", "open-sesame", "fifteen-letters", " " * 20, "fifteen-letters\n"]
)
def test_a_short_key_is_refused_with_a_way_to_make_one(key: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(key)
    for settings in (ServerSettings(key=Secret(key)), ServerSettings(key_file=str(file))):
        if settings.key_file or key.strip():
            with pytest.raises(
                SearchError, match=r"at least 16 are needed.*token_urlsafe"
            ) as caught:
                key_of(settings)
            assert caught.value.exit_code == 2
            assert not key.strip()[1:] or key.strip() not in str(caught.value)


def test_sixteen_characters_are_a_key_and_none_is_none(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sixteen-letters!\n")
    assert key_of(ServerSettings(key=Secret("sixteen-letters!"))) == "sixteen-letters!"
    assert key_of(ServerSettings(key_file=str(tmp_path / "key"))) == "sixteen-letters!"
    assert key_of(ServerSettings()) == ""


@pytest.mark.parametrize("key", ["schlüssel-der-küche", "a key with\ta tab", "钥匙" * 8, "x\0" * 8])
def test_a_key_that_no_header_carries_is_refused_at_the_start(key: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(key, encoding="utf-8")
    for settings in (ServerSettings(key=Secret(key)), ServerSettings(key_file=str(file))):
        with pytest.raises(SearchError, match=r"a header cannot carry; write .*token_ur") as caught:
            key_of(settings)
        assert caught.value.exit_code == 2
        assert key not in str(caught.value)


def test_a_key_file_may_begin_with_a_mark_and_end_as_windows_writes(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(f"{KEY}\r\n".encode("utf-8-sig"))
    assert key_of(ServerSettings(key_file=str(tmp_path / "key"))) == KEY
    (tmp_path / "key").write_bytes(KEY.encode("utf-16"))
    with pytest.raises(SearchError, match=r"cannot be read .* Write it"):
        key_of(ServerSettings(key_file=str(tmp_path / "key")))


@pytest.mark.parametrize("key", [KEY, f"{KEY} ", f" {KEY}\t", f"{KEY}\n"])
def test_spaces_around_a_key_do_not_count(key: str) -> None:
    password = b64encode(f"me:{key}".encode()).decode()
    for headers in (
        {"x-api-key": key},
        {"authorization": f"Bearer {key}"},
        {"authorization": f"Bearer  {key}"},
        {"authorization": f"Basic {password} "},
    ):
        assert sent(headers) == KEY, headers


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({}, ""),
        ({"x-api-key": ""}, ""),
        ({"authorization": "Basic !!!"}, ""),
        ({"authorization": "Basic"}, ""),
        ({"authorization": f"Basic {b64encode(bytes([255])).decode()}"}, ""),
        ({"authorization": f"basic {b64encode(f'Jürgen:{KEY}'.encode()).decode()}"}, KEY),
        ({"authorization": f"bEARER {KEY}"}, KEY),
        ({"authorization": "Digest of something", "x-api-key": KEY}, KEY),
        ({"authorization": "Bearer another", "x-api-key": KEY}, "another"),
    ],
)
def test_a_key_comes_in_three_ways(headers: dict[str, str], key: str) -> None:
    assert sent(headers) == key


def sent(headers: dict[str, str]) -> str:
    """The key that is read from a request with these headers."""
    app = FastAPI()

    @app.get("/")
    async def key(key: Annotated[str, Depends(key_in)]) -> str:
        return key

    return str(TestClient(app).get("/", headers=headers).json())


def test_a_server_with_a_short_key_does_not_start(tools_release: Release) -> None:
    ended = program("serve", str(tools_release.path), "--port", "1", SEARCHBAR_KEY="open-sesame")
    assert ended.returncode == 2
    assert "the key in SEARCHBAR_KEY has 11 characters" in ended.stderr
    assert "open-sesame" not in ended.stderr
    assert "answers at" not in ended.stderr


def app_of(guard: KeyGuard) -> FastAPI:
    app = FastAPI()
    app.state.key_guard = guard
    answer_problems(app, "")
    for path, keys in (("/judge{rest:path}", [Depends(require_key)]), ("/search", [])):

        @app.get(path, dependencies=keys)
        async def _() -> str:
            return "in"

    return app


class House:
    """The keys before an app that always answers, asked without a network; answers are held back
    until `let`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.counter = Counter("wrong", "", ["status"], registry=CollectorRegistry())
        self.held: list[float] = []
        self.let = asyncio.Event()
        self.now = 1000.0
        monkeypatch.setattr(wrong_keys, "sleep", self._sleep)
        monkeypatch.setattr(wrong_keys, "monotonic", lambda: self.now)
        self.guard = KeyGuard(KEY, WrongKeys(self.counter))
        self.app = app_of(self.guard)

    async def _sleep(self, seconds: float) -> None:
        self.held.append(seconds)
        await self.let.wait()

    async def ask(
        self, key: str, client: str = HOME, browser: str = "b", path: str = "/judge"
    ) -> int:
        headers = [(b"x-api-key", key.encode()), (b"user-agent", browser.encode())]
        scope: Scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": headers,
            "client": (client, 1),
        }
        statuses: list[int] = []

        async def send(message: Message) -> None:
            if "status" in message:
                statuses.append(message["status"])

        await self.app(scope, _never, send)
        return statuses[0]

    def counted(self, status: str) -> int:
        return int(self.counter.labels(status)._value.get())


async def _never() -> Message:
    raise AssertionError("nothing is read")


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    return House(monkeypatch)


def test_a_wrong_key_is_held_back_while_all_others_are_answered(house: House) -> None:
    async def play() -> None:
        wrong = [
            asyncio.create_task(house.ask(f"wrong {n}", browser=str(n)))
            for n in range(TRIES_A_MINUTE - 1)
        ]
        await _until(lambda: len(house.held) == len(wrong))
        assert await house.ask(KEY) == 200
        assert await house.ask(KEY, ELSEWHERE) == 200
        assert await house.ask("", path="/search") == 200
        assert await house.ask("") == 401
        assert not any(task.done() for task in wrong)
        house.let.set()
        assert await asyncio.gather(*wrong) == [401] * len(wrong)
        assert house.held == [wrong_keys.SECONDS] * len(wrong)

    asyncio.run(play())


def test_after_a_few_wrong_keys_a_client_waits_and_nobody_else(house: House) -> None:
    house.let.set()

    async def play() -> None:
        assert await _guess(house, 50) == [401] * TRIES_A_MINUTE + [429] * (50 - TRIES_A_MINUTE)
        # Not even the right one is looked at, or guessing would go on.
        assert await house.ask(KEY) == 429
        assert await house.ask(KEY, ELSEWHERE) == 200
        house.now += 60 / TRIES_A_MINUTE
        assert await house.ask(KEY) == 200
        assert (await _guess(house, 9, "later")).count(401) == TRIES_A_MINUTE

    asyncio.run(play())
    assert house.counted("401") == 2 * TRIES_A_MINUTE
    assert house.counted("429") == 50 - TRIES_A_MINUTE + 1 + 9 - TRIES_A_MINUTE


def test_who_came_in_before_is_not_locked_out_by_a_stranger_at_the_same_address(
    house: House,
) -> None:
    house.let.set()

    async def play() -> None:
        assert await house.ask(KEY, browser="of the holder") == 200
        strangers = {await house.ask(f"wrong {n}", browser=f"stranger {n}") for n in range(50)}
        assert strangers == {401, 429}
        assert [await house.ask(KEY, browser="of the holder") for _ in range(50)] == [200] * 50
        # One who takes the same name has the same few tries, and no more.
        guesses = await _guess(house, 50, "same", browser="of the holder")
        assert guesses == [401] * TRIES_A_MINUTE + [429] * (50 - TRIES_A_MINUTE)

    asyncio.run(play())


def test_a_page_with_an_old_key_holds_nobody_up_however_often_it_asks(
    house: House, server_log: pytest.LogCaptureFixture
) -> None:
    house.let.set()

    async def play() -> None:
        for _ in range(100):
            assert await house.ask("the key of last month") == 401
            assert await house.ask(KEY) == 200
        assert await house.ask(KEY, browser="a colleague's, for the first time") == 200
        # Counted once, so the rest of the tries are left; from elsewhere it counts anew.
        assert (await _guess(house, 9, browser="new")).count(401) == TRIES_A_MINUTE - 1
        assert await house.ask("the key of last month", browser="new") == 401
        await house.ask("the key of last month", ELSEWHERE)
        assert (await _guess(house, 9, client=ELSEWHERE)).count(401) == TRIES_A_MINUTE - 1

    asyncio.run(play())
    assert house.counted("401") == 100 + 1 + 1 + 2 * (TRIES_A_MINUTE - 1)
    lines = [record.getMessage() for record in server_log.records]
    assert len(lines) == 2 * TRIES_A_MINUTE
    assert not [line for line in lines if "last month" in line]


def test_a_holder_is_let_in_while_one_of_the_same_name_and_address_guesses(house: House) -> None:
    house.let.set()

    async def play() -> None:
        assert await house.ask(KEY) == 200
        await _guess(house, 50)
        assert [await house.ask(KEY) for _ in range(50)] == [200] * 50
        # None of these filled the guesser's bucket again.
        assert set(await _guess(house, 5, "later")) == {429}

    asyncio.run(play())


def test_guessing_past_the_tries_is_bounded_and_meets_a_key_that_came_from_there_only(
    house: House,
) -> None:
    house.let.set()

    async def play() -> None:
        assert await house.ask(KEY) == 200
        await _guess(house, TRIES_A_MINUTE + wrong_keys.LOOKS_A_MINUTE)
        assert await house.ask(KEY) == 429, "a flood of guesses ends in looking at none"
        await _guess(house, TRIES_A_MINUTE, client=ELSEWHERE)
        assert [await house.ask(KEY, ELSEWHERE) for _ in range(3)] == [429] * 3
        house.now += 1
        assert await house.ask(KEY) == 200

    asyncio.run(play())


def test_no_key_is_kept(house: House) -> None:
    house.let.set()

    async def play() -> None:
        await house.ask(KEY)
        await house.ask("the key of last month")

    asyncio.run(play())
    kept = repr(vars(house.guard._wrong))
    assert KEY not in kept
    assert "last month" not in kept


def test_the_right_key_costs_no_try(house: House) -> None:
    async def play() -> None:
        assert {await house.ask(KEY, browser=str(n)) for n in range(5 * TRIES_A_MINUTE)} == {200}

    asyncio.run(play())


def test_what_is_remembered_and_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrong_keys, "BROWSERS", 10)
    monkeypatch.setattr(wrong_keys, "HELD_AT_MOST", 3)
    monkeypatch.setattr(wrong_keys, "MARKS", 7)
    house = House(monkeypatch)

    async def play() -> None:
        for n in range(30):
            await house.ask(KEY, browser=str(n))
        wrong = [asyncio.create_task(house.ask("wrong", f"192.0.2.{n}")) for n in range(20)]
        await _until(lambda: sum(task.done() for task in wrong) == 17)
        house.let.set()
        assert set(await asyncio.gather(*wrong)) == {401}

    asyncio.run(play())
    assert len(house.guard._wrong._browsers) == 10
    assert len(house.guard._wrong._known_wrong) == 7
    assert len(house.held) == 3


def test_each_wrong_key_is_one_line_without_the_key_and_lines_are_bounded(
    house: House, server_log: pytest.LogCaptureFixture
) -> None:
    house.let.set()
    secret = "nearly-" + KEY

    async def play() -> None:
        await house.ask(secret, "forged\n2026 all is well", path="/judge\n")
        for n in range(1, 200):
            await house.ask(secret, f"192.0.2.{n}")
        house.now += 60
        await house.ask(secret, ELSEWHERE)

    asyncio.run(play())
    lines = [record.getMessage() for record in server_log.records]
    assert len(lines) == wrong_keys.LINES_A_MINUTE + 1
    assert not [line for line in lines if "\n" in line or KEY in line]
    assert r"'forged\n2026 all is well' for '/judge\n'" in lines[0]
    assert ELSEWHERE in lines[-1]
    assert f"{200 - wrong_keys.LINES_A_MINUTE} more were not logged" in lines[-1]


def test_over_http_a_wrong_key_is_late_and_counted(tools: Engine) -> None:
    with serving(tools, ServerSettings(key=Secret(KEY))) as client:
        started = time.monotonic()
        reply = client.get("/judge", headers={"Authorization": "Bearer of-nothing-at-all"})
        assert (reply.status_code, time.monotonic() - started >= wrong_keys.SECONDS) == (401, True)
        assert "Basic" in reply.headers["www-authenticate"]
        counted = client.get("/metrics").text
        assert 'searchbar_wrong_keys_total{status="401"} 1.0' in counted
        assert 'searchbar_wrong_keys_total{status="429"} 0.0' in counted


LEAD_THERE = [
    "/judge",
    "/judge%0a",
    "/asked%0A",
    "/replay",
    "/%72eplay%0a",
    "/judge%0a?q=x",
    "/%6audge",
    "/judge/judgments.jsonl",
    "/judge/judgments.jsonl%0a",
    "/judge%2fjudgments.jsonl",
]
LEAD_NOWHERE = [
    "/judge/",
    "/asked/",
    "/replay/",
    "//judge",
    "/JUDGE",
    "/judge%00",
    "/judge;x",
    "/judge%0a/",
    "/asked%0a%0a",
]


def test_no_spelling_of_a_page_goes_around_its_key(tools: Engine, tmp_path: Path) -> None:
    files = {"questions": str(tmp_path / "q.jsonl"), "judgments": str(tmp_path / "j.jsonl")}
    with serving(tools, ServerSettings(key=Secret(KEY), **files)) as client:  # type: ignore[arg-type]
        port = int(client.base_url.port or 0)
        for spellings, without, with_it in ((LEAD_THERE, 401, 200), (LEAD_NOWHERE, 404, 404)):
            assert {path: ask(port, path).status for path in spellings} == dict.fromkeys(
                spellings, without
            )
            key = [f"X-API-Key: {KEY}"]
            assert {ask(port, path, key).status for path in spellings} == {with_it}
        assert [ask(port, path).status for path in ("/judge.js", "/admin.css", "/about", "/")] == [
            200
        ] * 4


def test_a_new_page_for_those_who_run_it_is_closed_unless_it_is_opened(
    tools: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for router in (admin_routes.router, admin_routes.about):
        monkeypatch.setattr(router, "routes", list(router.routes))

    @admin_routes.router.get("/new")
    async def new() -> str:
        return "of the catalogue"

    @admin_routes.about.get("/opened")
    async def opened() -> str:
        return "for all"

    right = {"X-API-Key": KEY}
    for key, statuses in ((KEY, [401, 200]), ("", [404, 404])):
        with TestClient(create_app(tools, ServerSettings(key=Secret(key)))) as client:
            refused = client.get("/new")
            assert [refused.status_code, client.get("/new", headers=right).status_code] == statuses
            assert "catalogue" not in refused.text
            assert client.get("/opened").json() == "for all"


def test_with_a_key_for_all_every_route_asks_for_it_but_health_and_the_open_files(
    tools: Engine,
) -> None:
    app = create_app(tools, ServerSettings(key=Secret(KEY), key_for="all"))
    routes = [(str(r.path), m) for r in iter_route_contexts(app.routes) for m in r.methods or ()]
    paths = {path for path, _ in routes}
    assert paths >= {*OPEN, "/", "/search", "/metrics", "/docs", "/openapi.json", "/judge"}
    with TestClient(app) as client:
        for path, method in routes:
            address = path.replace("{name}", "swagger-ui.css").replace("{id:path}", "vim")
            status = client.request(method, address).status_code
            assert (status == 401) == (path not in OPEN), (path, status)
            status = client.request(method, address, headers={"X-API-Key": KEY}).status_code
            assert status not in (401, 404) or path in NOT_HERE, path


# No address, no folder of pictures and no file of judgments is set.
NOT_HERE = ("/opensearch.xml", "/pictures/{name}", "/judge", "/judge/judgments.jsonl")
OPEN = ("/livez", "/readyz", "/embed.js", "/searchbar.js", "/searchbar.css", "/icon.svg")


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:1:2:3", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::7", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_a_client_is_an_address_or_a_network_of_ipv6(address: str, client: str) -> None:
    assert client_of({"client": (address, 1)}) == client
    assert client_of({"client": None}) == ""


def test_addresses_of_one_ipv6_network_share_one_limit(tools: Engine) -> None:
    with serving(tools, ServerSettings(requests_a_minute=3)) as client:
        statuses = [
            client.get("/release", headers={"X-Forwarded-For": f"2001:db8::{n}"}).status_code
            for n in range(5)
        ]
        assert statuses == [200] * 3 + [429] * 2
        assert (
            client.get("/release", headers={"X-Forwarded-For": "2001:db8:0:1::1"}).status_code
            == 200
        )


def test_a_request_given_back_fills_no_bucket_over_its_brim() -> None:
    shares = RateLimiter(2)
    shares.give_back("new")
    assert [shares.wait("new", 0.0) for _ in range(3)] == [0, 0, 30]


async def _guess(
    house: House, times: int, word: str = "wrong", client: str = HOME, browser: str = "b"
) -> list[int]:
    return [await house.ask(f"{word} {n}", client, browser) for n in range(times)]


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0)


def test_a_key_for_all_that_there_is_not_is_refused_at_the_start() -> None:
    with pytest.raises(SearchError, match=r"but there is no key\. Set SEARCHBAR_KEY") as refused:
        key_of(ServerSettings(key_for="all"))
    assert refused.value.exit_code == 2
