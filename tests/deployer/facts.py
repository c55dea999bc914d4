"""Facts of a host, as the host programs give them."""

from __future__ import annotations

import json
from typing import Any

from deployer.state import Pair

ONE, TWO = Pair("1" * 64, "sha256:" + "a" * 64), Pair("2" * 64, "sha256:" + "a" * 64)


def container(pair: Pair, **differs: Any) -> dict[str, Any]:
    return {
        "release": pair.release,
        "image": pair.image,
        "running": True,
        "started": "",
        "restarts": 0,
        "exit_code": 0,
        "out_of_memory": False,
        "bytes": 10_000_000,
    } | differs


def facts(**differs: Any) -> dict[str, Any]:
    """A healthy host where ONE is live in blue, but for what differs."""
    route = {"live": "blue", "canary": "none", "share": "0"}
    return {
        "prepared": True,
        "disk_free": 10**11,
        "memory_available": 10**11,
        "route": route,
        "router": {"running": True, "route": route, "up": ["blue"], "requests": 0, "failed": 0},
        "containers": {"blue": container(ONE)},
        "has_image": True,
        "releases": [ONE.release],
        "slots": {
            "live": "blue",
            "release": ONE.release,
            "image": ONE.image,
            "since": "2026-01-01T00:00:00Z",
            "left": {},
        },
        "lock": {},
        "frozen": {},
        "pending": {},
        "withdrawn": [],
        "journal": [json.dumps({"at": "x", "event": "live"})],
    } | differs
