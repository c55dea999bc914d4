"""HAProxy of a host: its route, in the map file and at run time, and its statistics."""

from __future__ import annotations

import csv
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .layout import COLOURS, HostError, Layout, other, write_text

PATIENCE = 8.0
RESTARTS_WITHIN = 2.0


@dataclass(frozen=True)
class Route:
    """The map file: the only truth of who is live.

    `standby` may stand in for live; a canary takes its share.
    """

    live: str
    standby: bool = False
    canary: bool = False
    share: int = 0

    @property
    def backend(self) -> str:
        return f"{self.live}-{other(self.live)}" if self.standby else self.live

    def lines(self) -> dict[str, str]:
        """Key and value of every line."""
        idle = other(self.live)
        return {
            "live": self.backend,
            "canary": f"{idle}-{self.live}" if self.canary else "none",
            "share": str(self.share if self.canary else 0),
        }

    def text(self) -> str:
        return "".join(f"{key} {value}\n" for key, value in self.lines().items())

    @classmethod
    def read(cls, lines: dict[str, str]) -> Route:
        """Read the lines of a map; whatever is not understood is refused."""
        live, _, standby = lines.get("live", "").partition("-")
        if live not in COLOURS or standby not in ("", other(live)):
            raise HostError(
                f"the router's map says live is {lines.get('live')!r}. Run prepare, then look at"
                " the status."
            )
        canary = lines.get("canary", "none") != "none"
        return cls(live, bool(standby), canary, int(lines.get("share", "0")) if canary else 0)


def route_in_file(layout: Layout) -> Route:
    """What the map file says."""
    try:
        pairs = [line.split() for line in layout.map.read_text().splitlines() if line.strip()]
    except FileNotFoundError:
        raise HostError(f"{layout.map} is missing. Run prepare on this host.") from None
    return Route.read({pair[0]: pair[1] for pair in pairs if len(pair) == 2})


def route_in_router(layout: Layout) -> Route:
    """What the running router believes."""
    rows = [
        line.split()
        for line in send_command(layout, f"show map {layout.map}").splitlines()
        if line.strip()
    ]
    return Route.read({row[1]: row[2] for row in rows if len(row) == 3})


def put(layout: Layout, route: Route, *, even_unwritten: bool = False) -> None:
    """Make a route the truth: rename the file into place, set it at run time, read it back.

    Whoever is live changes in one word, first; a router that restarts meanwhile reads the file.
    When harm is to be undone on a full disk, the router turns back at once (`even_unwritten`); the
    error is raised all the same.
    """
    try:
        write_text(layout.map, route.text())
    except OSError:
        if even_unwritten:
            _set(layout, route)
        raise
    _set(layout, route)


def _set(layout: Layout, route: Route) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            for key, value in route.lines().items():
                send_command(layout, f"set map {layout.map} {key} {value}")
            if route_in_router(layout) == route:
                return
        except (OSError, HostError):
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            raise HostError("the router does not take its map. Look at its log; is it running?")
        time.sleep(0.02)


def send_command(layout: Layout, command: str) -> str:
    """The answer of the router's admin socket; a router that just restarts is waited for."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as admin:
        admin.settimeout(3)
        try:
            _connect(admin, str(layout.admin))
            admin.sendall(command.encode() + b"\n")
            parts = []
            while part := admin.recv(65536):
                parts.append(part)
        except OSError as error:
            raise HostError(
                f"the router's admin socket {layout.admin} does not answer ({error}). Start it."
            ) from error
    return b"".join(parts).decode()


def _connect(admin: socket.socket, path: str) -> None:
    deadline = time.monotonic() + RESTARTS_WITHIN
    while True:
        try:
            admin.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def take_certificate(layout: Layout, path: Path) -> None:
    """Hand a renewed certificate to the running router; no connection is lost."""
    send_command(layout, f"set ssl cert {path} <<\n{path.read_text()}\n")
    answer = send_command(layout, f"commit ssl cert {path}")
    # The router answers in words and nothing else; this is the one place that reads them.
    if "Success" not in answer:
        raise HostError(
            f"the router did not take {path}: {' '.join(answer.split())[:200]}. Look at the file."
        )


def statistics(layout: Layout) -> list[dict[str, str]]:
    """Every row that the router counts."""
    text = send_command(layout, "show stat -1 7 -1").lstrip("# ")
    return list(csv.DictReader(text.splitlines()))


@dataclass(frozen=True)
class Count:
    """Requests and failures, as the router counted them since it started."""

    requests: int
    failed: int

    def since(self, before: Count) -> Count:
        """What was added; a router that restarted began at nothing."""
        if self.requests < before.requests:
            return self
        return Count(self.requests - before.requests, max(self.failed - before.failed, 0))


def public(rows: list[dict[str, str]]) -> Count:
    """All that the public asked."""
    return _count(
        [row for row in rows if row["pxname"] in ("public", "tls") and row["svname"] == "FRONTEND"]
    )


def of_colour(rows: list[dict[str, str]], colour: str) -> Count:
    """What the public asked of one colour, its share of a canary and its stand-ins included."""
    names = (colour, f"{colour}-{other(colour)}", f"hold-{colour}")
    return _count([row for row in rows if row["pxname"] in names and row["svname"] == "BACKEND"])


def is_up(rows: list[dict[str, str]], colour: str) -> bool:
    """Whether the router itself sees this colour up (it lags the colour's own readiness)."""
    statuses = [
        row["status"] for row in rows if row["svname"] == colour and row["status"] != "no check"
    ]
    return bool(statuses) and all(status.startswith("UP") for status in statuses)


def wait_until_up(layout: Layout, colour: str, patience: float) -> bool:
    """Whether the router sees this colour up before patience ends."""
    deadline = time.monotonic() + patience
    while not is_up(statistics(layout), colour):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def wait_until_quiet(layout: Layout, colour: str, patience: float) -> bool:
    """Whether every question that this colour was asked is answered before patience ends."""
    deadline = time.monotonic() + patience
    while any(int(r["scur"] or 0) for r in statistics(layout) if r["svname"] == colour):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _count(rows: list[dict[str, str]]) -> Count:
    def total(name: str) -> int:
        return sum(int(row.get(name) or 0) for row in rows)

    return Count(total("req_tot"), total("hrsp_5xx"))


def facts(layout: Layout) -> dict[str, Any]:
    """The router's own facts: its route, the colours that it sees up, what it counted."""
    try:
        rows = statistics(layout)
        route = route_in_router(layout)
    except HostError as error:
        return {"running": False, "why": str(error)}
    count = public(rows)
    return {
        "running": True,
        "route": route.lines(),
        "up": [colour for colour in COLOURS if is_up(rows, colour)],
        "requests": count.requests,
        "failed": count.failed,
    }
