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
from release_format.seal import FORMAT, OLDEST_READABLE_FORMAT

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


# What a host records where ONE is live in blue and replaced TWO.
LEFT = {
    "live": "blue",
    "release": ONE.release,
    "image": ONE.image,
    "since": "2026-01-01T00:00:00Z",
    "left": {"release": TWO.release, "image": TWO.image, "colour": "green"},
}


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
        "image_formats": f"{OLDEST_READABLE_FORMAT}-{FORMAT}",
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
    return rehearsed_hosts({"h": host_facts}, rehearsing=rehearsing)


def rehearsed_hosts(
    hosts: dict[str, dict[str, Any]],
    *,
    rehearsing: bool = True,
    unreachable: dict[str, str] | None = None,
) -> tuple[Fleet, list[str]]:
    """The same of several hosts, of which some may not answer."""
    unreachable = unreachable or {}
    machines = {name: Host(name, f"192.0.2.{n}") for n, name in enumerate([*hosts, *unreachable])}
    environment = Environment("stage", tuple(machines.values()))
    written: list[str] = []

    def session(name: str) -> HostSession:
        def read(command: Command) -> Any:
            verb = command.argv[4] if command.argv[0] == "python3" else command.argv[1]
            missing: dict[str, Any] = {"missing": [], "begun": {}}
            return {"facts": hosts[name], "missing": missing, "probes": {"probes": []}}[verb]

        machine = Rehearsal(machines[name], written.append, read)
        return HostSession(machine, HostCommands(environment, machines[name]))

    sessions = [session(name) for name in hosts]
    fleet = Fleet(environment, sessions, rehearsing=rehearsing, unreachable=unreachable)
    return fleet, written
