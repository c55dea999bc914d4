"""Prober: asks servers on this machine's ports, and records answers with their milliseconds."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from . import containers, haproxy, withdrawn
from .layout import Layout, parse_json

HITS = 10
# What /why-not says of an item that the release has and nobody sees, and of one that it lacks.
TAKEN_OUT, LACKING = ("withdrawn", "hidden"), ("unknown", "quarantined")


def ask(
    port: int, question: str, *, timeout: float = 10.0, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Ask one question: status, ids of the hits, release, milliseconds.

    The status is 0 when nothing answers, and -1 for what is no answer to a question.
    """
    response = get(port, f"/search?q={quote(question)}&k={HITS}", timeout=timeout, headers=headers)
    body = response.pop("body")
    answer = {**response, "ids": [], "release": ""}
    if response["status"] != 200:
        return answer
    try:
        record = parse_json(body)
        ids = [str(hit["id"]) for hit in record["hits"]]
        return {**answer, "ids": ids, "release": str(record.get("release", ""))}
    except (ValueError, KeyError, TypeError):
        return {**answer, "status": -1, "why": "this is not an answer to a question"}


def get(
    port: int, path: str, *, timeout: float = 10.0, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """One GET on this machine: status (0, and why, without an answer), body, milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    started = time.perf_counter()
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        body = response.read()
        return {
            "status": response.status,
            "body": body.decode("utf-8", "replace"),
            "ms": _since(started),
        }
    except (OSError, http.client.HTTPException) as error:
        return {
            "status": 0,
            "body": "",
            "ms": _since(started),
            "why": f"{type(error).__name__}: {error}",
        }
    finally:
        connection.close()


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)


def examine(layout: Layout, request: dict[str, Any]) -> dict[str, Any]:
    """All that the traffic gate wants to know of an idle slot, in one visit.

    First whether it is ready and the router sees it, when it gets as much of the processor as the
    live one; then the probes, at the slot and through the router's preview; then the logged
    questions, at the slot and at the live one.
    """
    colour = request["colour"]
    introduced = await_ready(request["port"], request["patience"])
    up = introduced["ready"] and haproxy.wait_until_up(layout, colour, request["router_lag"])
    if not up:
        return {"introduced": introduced, "up": False, "probes": {}, "shadow": {}}
    if shares := request["shares"]:
        containers.engine(
            ["docker", "update", "--cpu-shares", str(shares), request["container"]], 30
        )
    probes = ask_all({"questions": request["probes"], "places": request["probe_places"]})
    shadow = ask_all({"questions": request["questions"], "places": request["shadow_places"]})
    return {"introduced": introduced, "up": True, "probes": probes, "shadow": shadow}


def ask_all(request: dict[str, Any]) -> dict[str, Any]:
    """Ask `questions` at each of `places` ({"name", "port", "headers"}), `together` at a time.

    Every question goes to all places before the next one, so that a busy moment slows all of them
    alike.
    """
    questions, places = request["questions"], request["places"]

    def ask_everywhere(number: int) -> dict[str, Any]:
        # A browser of its own for every question, so that a canary takes its share of ours too.
        headers = {"User-Agent": f"searchbar-deployer/{number}"}
        return {
            place["name"]: ask(
                place["port"], questions[number], headers={**headers, **place.get("headers", {})}
            )
            for place in places
        }

    with ThreadPoolExecutor(max_workers=request.get("together", 2)) as pool:
        answers = list(pool.map(ask_everywhere, range(len(questions))))
    return {place["name"]: [answer[place["name"]] for answer in answers] for place in places}


def still_shown(port: int, ids: list[str]) -> dict[str, dict[str, str]]:
    """What the server on a port does with each of these items: "answer", and why.

    The answer is "shown", "gone", "unknown" where its release has none of that name, or "none"
    where nobody can tell.
    """
    return {id: _standing(port, id) for id in ids}


def _standing(port: int, id: str) -> dict[str, str]:
    lines = withdrawn.lines_of(id.encode())
    for name in (quote(text, safe="") for line in lines for text in withdrawn.ids_of(line)):
        item = get(port, f"/items/{name}")
        if item["status"] == 200:
            return {"answer": "shown"}
        # A 404 may come of a wrong name, or of who knows which server: the release says whose.
        reply = item if item["status"] != 404 else get(port, f"/why-not?q=item&id={name}")
        reason = _reason_of(reply)
        if reason in TAKEN_OUT:
            return {"answer": "gone"}
        if reason not in LACKING:
            return {"answer": "none", "why": reply.get("why") or f"status {reply['status']}"}
    return {"answer": "unknown"}


def _reason_of(reply: dict[str, Any]) -> str:
    if reply["status"] != 200:
        return ""
    try:
        return str(parse_json(reply["body"])["reason"])
    except (ValueError, KeyError, TypeError):
        return ""


def await_ready(port: int, patience: float) -> dict[str, Any]:
    """What the server on a port says of itself, as soon as it is ready or when patience ends."""
    deadline = time.monotonic() + patience
    while True:
        readiness = get(port, "/readyz", timeout=5)
        if readiness["status"] == 200 or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    return {
        "ready": readiness["status"] == 200,
        "status": readiness["status"],
        "said": readiness["body"][:500],
        **_release_of(get(port, "/release", timeout=5)),
    }


def _release_of(response: dict[str, Any]) -> dict[str, Any]:
    try:
        record = parse_json(response["body"])
        return {"release": str(record["release"]), "image": str(record.get("image", ""))}
    except (ValueError, KeyError, TypeError):
        return {"release": "", "image": "", "why": response.get("why", response["body"][:200])}
