"""Stub server: answers, or fails, as its sealed directory says."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

RELEASE = Path(sys.argv[2])
PORT = int(sys.argv[sys.argv.index("--port") + 1])
BEHAVIOUR = json.loads((RELEASE / "behaviour.json").read_text())
ID = json.loads((RELEASE / "manifest.json").read_text())["id"]
PROBES = {p["question"]: p["id"] for p in json.loads((RELEASE / "probes.json").read_text())}
if BEHAVIOUR.get("crash_at_start"):
    os._exit(1)
STARTED = time.monotonic()
asked_count = 0


def withdrawn() -> list[str]:
    path = os.environ.get("SEARCHBAR_WITHDRAWN")
    return Path(path).read_text().split() if path else []


def hits(question: str) -> list[str]:
    salt = BEHAVIOUR.get("answers", "")
    ids = [hashlib.sha256(f"{salt}{question}{n}".encode()).hexdigest()[:8] for n in range(10)]
    if question in PROBES and not BEHAVIOUR.get("wrong_probes"):
        ids[0] = PROBES[question]
    return [id for id in ids if id not in withdrawn()]


def fails(question: str) -> bool:
    global asked_count
    asked_count += 1
    return BEHAVIOUR.get("fail_when", "\0") in question and asked_count * 37 % 100 < BEHAVIOUR.get(
        "fail_percent", 0
    )


def answer(path: str, question: str) -> tuple[int, dict[str, object]]:
    ready = time.monotonic() - STARTED >= BEHAVIOUR.get("start_seconds", 0)
    if path == "/readyz":
        return (
            (200, {"ready": True, "release": ID})
            if ready
            else (503, {"ready": False, "reasons": ["starting"]})
        )
    if path == "/release":
        return 200, {
            "release": BEHAVIOUR.get("claims", ID),
            "image": os.environ.get("SEARCHBAR_IMAGE", ""),
        }
    if path == "/why-not":
        return 200, {"reason": "withdrawn" if question in withdrawn() else "outranked"}
    if path.startswith("/items/"):
        return (404 if path.removeprefix("/items/") in withdrawn() else 200), {}
    if BEHAVIOUR.get("crash_when", "\0") in question:
        os._exit(137)  # as process 1 of its container it cannot kill itself
    if fails(question):
        return 500, {"title": "this release fails"}
    return 200, {
        "query": question,
        "release": BEHAVIOUR.get("claims", ID),
        "hits": [{"id": id} for id in hits(question)],
    }


async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while line := await reader.readline():
            target, length, close = line.split()[1].decode(), 0, False
            while header := (await reader.readline()).strip().lower():
                length = (
                    int(header.split(b":")[1]) if header.startswith(b"content-length") else length
                )
                close = close or header == b"connection: close"
            await reader.readexactly(length)
            url = urlsplit(target)
            about = "id" if url.path == "/why-not" else "q"
            question = parse_qs(url.query).get(about, [""])[0]
            if slow := BEHAVIOUR.get("slow_ms", 0):
                await asyncio.sleep(slow / 1000 if url.path == "/search" else 0)
            status, body = answer(url.path, question)
            text = json.dumps(body).encode()
            writer.write(
                b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (status, len(text), text)
            )
            await writer.drain()
            if close:
                break
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(talk, "127.0.0.1", PORT, backlog=1024)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, sys.exit, 0)
    async with server:
        await server.serve_forever()


asyncio.run(main())
