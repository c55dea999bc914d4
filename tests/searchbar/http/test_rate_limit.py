"""The rate limiter alone, and on a real server."""

from __future__ import annotations

import re

from release_format.config.server import ServerSettings
from searchbar.engine import Engine
from searchbar.http.rate_limit import RateLimiter
from tests.searchbar.http.servers import serving


def test_a_share_fills_in_a_minute() -> None:
    shares = RateLimiter(6)
    assert [shares.wait("a", 0.0) for _ in range(7)] == [0] * 6 + [10]
    assert shares.wait("b", 0.0) == 0
    assert [
        shares.wait("a", 4.0),
        shares.wait("a", 9.9),
        shares.wait("a", 10.0),
        shares.wait("a", 10.0),
    ] == [
        6,
        1,
        0,
        10,
    ]
    assert [shares.wait("a", 1000.0) for _ in range(7)] == [0] * 6 + [10]


def test_of_more_clients_than_it_has_room_for_the_one_longest_silent_is_forgotten() -> None:
    shares = RateLimiter(1, clients=2)
    assert [shares.wait(client, 0.0) for client in "aba"] == [0, 0, 60]
    assert shares.wait("c", 0.0) == 0, "in the place of b, which asked longest ago"
    assert [shares.wait(client, 0.0) for client in "acb"] == [60, 60, 0]


def test_a_client_beyond_its_share_is_told_to_wait(tools: Engine) -> None:
    with serving(tools, ServerSettings(requests_a_minute=2)) as client:
        replies = [client.get("/release") for _ in range(4)]
        assert [reply.status_code for reply in replies] == [200, 200, 429, 429]
        assert 20 <= int(replies[2].headers["retry-after"]) <= 30
        assert re.search(
            r"you ask too often; wait \d+ seconds, then ask again", replies[2].json()["detail"]
        )
        assert client.get("/readyz").status_code != 429
        other = client.get("/release", headers={"X-Forwarded-For": "203.0.113.9"})
        assert other.status_code == 200
