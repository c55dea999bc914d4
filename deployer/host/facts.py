"""Facts of a host: everything that the deployer decides by, in one record."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path
from typing import Any

from . import containers, files, haproxy, lock, switch, withdrawn
from .layout import HostError, Layout, read_record, stamp


def facts(layout: Layout, site: str, image: str = "") -> dict[str, Any]:
    """All facts; what could not be found out has a reason in its stead."""
    return {
        "prepared": layout.map.exists() and layout.objects.is_dir(),
        # Whatever this host noted is as old as this clock says, whatever the deployer's says.
        "now": stamp(),
        "machine": platform.machine(),
        "disk_free": _disk_free(layout.root),
        "memory_available": _memory_available(),
        "route": _route(layout),
        "router": haproxy.facts(layout),
        "router_config": _digest(layout.config),
        **_docker(site, image),
        "releases": files.releases(layout),
        "slots": read_record(layout.slots),
        "lock": lock.current_holder(layout) if layout.root.is_dir() else {},
        "frozen": read_record(layout.frozen),
        "pending": _pending(layout),
        **_withdrawn(layout),
        "journal": tail(layout.journal, 8),
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
    statistics = os.statvfs(path)
    return statistics.f_bavail * statistics.f_frsize


def _memory_available() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable"):
            return int(line.split()[1]) * 1024
    return 0


def _route(layout: Layout) -> dict[str, Any]:
    try:
        return haproxy.route_in_file(layout).lines()
    except HostError as error:
        return {"why": str(error)}


def _docker(site: str, image: str) -> dict[str, Any]:
    try:
        formats = containers.formats_of_image(image) if image else None
        return {
            "containers": containers.containers(site),
            "has_image": formats is not None,
            "image_formats": formats or "",
        }
    except HostError as error:
        return {"containers": {}, "has_image": False, "docker_why": str(error)}


def _pending(layout: Layout) -> dict[str, Any]:
    pending = read_record(layout.pending)
    if not pending:
        return {}
    return {
        "to": pending["to"],
        "fence": pending["fence"],
        "late": switch.is_late(pending),
        "guarded": switch.running_guard(layout),
    }


def _withdrawn(layout: Layout) -> dict[str, Any]:
    try:
        return {"withdrawn": withdrawn.read(layout)}
    except HostError as error:
        return {"withdrawn": [], "withdrawn_why": str(error)}


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a journal."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 8192, 0))
        return file.read().decode("utf-8", "replace").splitlines()[-lines:]
