"""Facts of a host, as the host programs give them."""

from __future__ import annotations

import json
from typing import Any

from deployer.command import Command
from deployer.fleet import Fleet, HostSession
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host
from deployer.state import Pair
from deployer.transport.machine import Rehearsal

IMAGE = "sha256:" + "a" * 64
ONE, TWO = Pair("1" * 64, IMAGE), Pair("2" * 64, IMAGE)


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
        "now": "2026-01-01T12:00:00Z",
        "disk_free": 10**11,
        "memory_available": 10**11,
        "route": route,
        "router": {"running": True, "route": route, "up": ["blue"], "requests": 0, "failed": 0},
        "containers": {"blue": container(ONE)},
        "has_image": True,
        "image_formats": "1-3",
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


def rehearsed(host_facts: dict[str, Any], *, rehearsing: bool = True) -> tuple[Fleet, list[str]]:
    """An environment of one host with these facts, and what would have been done to it."""
    environment, host = Environment("stage"), Host("h", "192.0.2.1")
    written: list[str] = []

    def read(command: Command) -> Any:
        verb = command.argv[4] if command.argv[0] == "python3" else command.argv[1]
        missing: dict[str, Any] = {"missing": [], "begun": {}}
        return {"facts": host_facts, "missing": missing, "probes": {"probes": []}}[verb]

    session = HostSession(Rehearsal(host, written.append, read), HostCommands(environment, host))
    return Fleet(environment, [session], rehearsing=rehearsing), written
