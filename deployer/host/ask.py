"""Here are questions and a port of this machine: give me what is answered there, and how fast."""

from __future__ import annotations

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from . import router, slots
from .rooms import Rooms

HITS = 10


def one(port: int, question: str, *, timeout: float = 10.0, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Ask one question: status (0: no answer at all), ids of the hits, the release that answered, milliseconds."""
    answer = get(port, f"/search?q={quote(question)}&k={HITS}", timeout=timeout, headers=headers)
    body = answer.pop("body")
    if answer["status"] == 200:
        try:
            read = json.loads(body)
            return {
                **answer,
                "ids": [str(hit["id"]) for hit in read["hits"]],
                "release": str(read.get("release", "")),
            }
        except (ValueError, KeyError, TypeError):
            return {**answer, "status": -1, "ids": [], "release": "", "why": "this is not an answer to a question"}
    return {**answer, "ids": [], "release": ""}


def get(port: int, path: str, *, timeout: float = 10.0, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """One GET on this machine: status, body and milliseconds; status 0 and the reason when nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    started = time.perf_counter()
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        body = response.read()
        return {"status": response.status, "body": body.decode("utf-8", "replace"), "ms": _since(started)}
    except (OSError, http.client.HTTPException) as error:
        return {"status": 0, "body": "", "ms": _since(started), "why": f"{type(error).__name__}: {error}"}
    finally:
        connection.close()


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)


def examine(rooms: Rooms, wanted: dict[str, Any]) -> dict[str, Any]:
    """All that the traffic gate wants to know of an idle slot, in one visit.

    First whether it is ready and the router sees it, when it gets as much of the processor as the live one; then the
    probes, at the slot and through the router's preview; then the logged questions, at the slot and at the live one.
    """
    colour = wanted["colour"]
    introduced = introduce(wanted["port"], patience=wanted["patience"])
    up = introduced["ready"] and router.wait_until_up(rooms, colour, wanted["router_lag"])
    if not up:
        return {"introduced": introduced, "up": False, "probes": {}, "shadow": {}}
    if shares := wanted["shares"]:
        slots.engine(["docker", "update", "--cpu-shares", str(shares), wanted["container"]], 30)
    probes = many({"questions": wanted["probes"], "places": wanted["probe_places"]})
    shadow = many({"questions": wanted["questions"], "places": wanted["shadow_places"]})
    return {"introduced": introduced, "up": True, "probes": probes, "shadow": shadow}


def many(wanted: dict[str, Any]) -> dict[str, Any]:
    """Ask `questions` at each of `places` ({"name", "port", "headers"}), `together` at a time, the places in turn.

    Every question goes to all places before the next one, so that a busy moment slows all of them alike.
    """
    questions, places = wanted["questions"], wanted["places"]

    def ask_everywhere(number: int) -> dict[str, Any]:
        # A browser of its own for every question, so that a canary takes its share of ours too.
        headers = {"User-Agent": f"searchbar-deployer/{number}"}
        return {
            p["name"]: one(p["port"], questions[number], headers={**headers, **p.get("headers", {})}) for p in places
        }

    with ThreadPoolExecutor(max_workers=wanted.get("together", 2)) as pool:
        answers = list(pool.map(ask_everywhere, range(len(questions))))
    return {p["name"]: [answer[p["name"]] for answer in answers] for p in places}


def still_shown(port: int, ids: list[str]) -> list[str]:
    """Which of these items the server on a port still shows."""
    return [id for id in ids if get(port, f"/items/{quote(id, safe='')}")["status"] == 200]


def introduce(port: int, headers: dict[str, str] | None = None, *, patience: float = 0.0) -> dict[str, Any]:
    """What the server on a port says of itself, as soon as it is ready or when patience ends."""
    deadline = time.monotonic() + patience
    while True:
        ready = get(port, "/readyz", timeout=5, headers=headers)
        if ready["status"] == 200 or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    about = get(port, "/release", timeout=5, headers=headers)
    return {"ready": ready["status"] == 200, "status": ready["status"], "said": ready["body"][:500], **_read(about)}


def _read(about: dict[str, Any]) -> dict[str, Any]:
    try:
        read = json.loads(about["body"])
        return {"release": str(read["release"]), "image": str(read.get("image", ""))}
    except (ValueError, KeyError, TypeError):
        return {"release": "", "image": "", "why": about.get("why", about["body"][:200])}
