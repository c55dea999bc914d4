"""Here is a host: give me everything that the deployer decides by, in one record."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path
from typing import Any

from . import files, lock, router, slots, switch
from .rooms import HostError, Rooms, read_record


def facts(rooms: Rooms, site: str, image: str = "") -> dict[str, Any]:
    """All facts. What could not be found out is said as such, never left out."""
    return {
        "prepared": rooms.map.exists() and rooms.objects.is_dir(),
        "machine": platform.machine(),
        "disk_free": _disk_free(rooms.root),
        "memory_available": _memory_available(),
        "route": _route(rooms),
        "router": router.told(rooms),
        "router_config": _digest(rooms.config),
        **_docker(site, image),
        "releases": files.releases(rooms),
        "slots": read_record(rooms.slots),
        "lock": lock.told(rooms) if rooms.root.is_dir() else {},
        "frozen": read_record(rooms.frozen),
        "pending": _pending(rooms),
        "withdrawn": withdrawn(rooms),
        "journal": tail(rooms.journal, 8),
    }


def _digest(path: Path) -> str:
    """The SHA-256 of a small file, "" where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def _disk_free(path: Path) -> int:
    while not path.exists():
        path = path.parent
    seen = os.statvfs(path)
    return seen.f_bavail * seen.f_frsize


def _memory_available() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable"):
            return int(line.split()[1]) * 1024
    return 0


def _route(rooms: Rooms) -> dict[str, Any]:
    try:
        return router.route_in_file(rooms).lines()
    except HostError as error:
        return {"why": str(error)}


def _docker(site: str, image: str) -> dict[str, Any]:
    try:
        return {"containers": slots.containers(site), "has_image": bool(image) and slots.has_image(image)}
    except HostError as error:
        return {"containers": {}, "has_image": False, "docker_why": str(error)}


def _pending(rooms: Rooms) -> dict[str, Any]:
    pending = read_record(rooms.pending)
    if not pending:
        return {}
    return {"to": pending["to"], "fence": pending["fence"], "late": switch.is_late(pending),
            "guarded": switch.running_guard(rooms)}  # fmt: skip


def withdrawn(rooms: Rooms) -> list[str]:
    """The ids that were withdrawn."""
    return rooms.withdrawn.read_text(encoding="utf-8").splitlines() if rooms.withdrawn.exists() else []


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a journal."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 8192, 0))
        return file.read().decode("utf-8", "replace").splitlines()[-lines:]
