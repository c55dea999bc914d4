"""Load: visitors who ask a router without pause, and whose failures are counted.

Every answer but 200, every reset and every timeout is a failure.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Counted:
    """Requests of visitors, how long they took, and how some failed."""

    requests: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    times: list[tuple[float, float]] = field(default_factory=list)

    @property
    def failures(self) -> int:
        return sum(self.failed.values())

    def p99(self, since: float = 0.0, until: float = float("inf")) -> float:
        """The 99th percentile of milliseconds among the answers of a stretch of time."""
        taken = sorted(ms for at, ms in self.times if since <= at <= until)
        return taken[int(len(taken) * 0.99)] if taken else 0.0


class Load:
    """Visitors in the background, with and without keeping connections, by GET and by POST."""

    def __init__(
        self,
        address: str,
        port: int,
        *,
        visitors: int = 8,
        rate: float = 0.0,
        word: str = "visitor",
        post: bool = True,
    ) -> None:
        self.address, self.port, self.visitors, self.word = address, port, visitors, word
        self.post = post
        self.pause = visitors / rate if rate else 0.0
        self.counted = Counted()
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()), daemon=True)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(15)

    async def _all(self) -> None:
        await asyncio.gather(*(self._visitor(n) for n in range(self.visitors)))

    async def _visitor(self, number: int) -> None:
        keep, post = number % 2 == 0, number % 4 == 1 and self.post
        talk: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        count = 0
        while not self._over.is_set():
            count += 1
            started = time.monotonic()
            try:
                if talk is None:
                    talk = await asyncio.wait_for(
                        asyncio.open_connection(self.address, self.port), 10
                    )
                status = await asyncio.wait_for(
                    self._ask(*talk, number, count, keep=keep, post=post), 10
                )
                if status != 200:
                    self.counted.failed[str(status)] += 1
            except (TimeoutError, OSError, EOFError, ValueError) as error:
                self.counted.failed[type(error).__name__] += 1
                keep_open = False
            else:
                keep_open = keep
            self.counted.requests += 1
            ended = time.monotonic()
            self.counted.times.append((ended, (ended - started) * 1000))
            if not keep_open and talk:
                talk[1].close()
                talk = None
            if self.pause:
                await asyncio.sleep(max(self.pause - (ended - started), 0))

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        number: int,
        count: int,
        *,
        keep: bool,
        post: bool,
    ) -> int:
        path = f"/search?q={self.word}+{number}+{count % 100}&k=10"
        close = "" if keep else "Connection: close\r\n"
        # Many browsers behind one address, so that a canary has somebody to choose from.
        head = f"Host: search.example\r\nUser-Agent: visitor/{number}/{count % 97}\r\n{close}"
        if post:
            body = json.dumps({"kind": "good", "id": "x"})
            text = f"POST {path} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}"
        else:
            text = f"GET {path} HTTP/1.1\r\n{head}\r\n"
        writer.write(text.encode())
        await writer.drain()
        answer = await reader.readuntil(b"\r\n\r\n")
        lower = answer.lower()
        if b"content-length:" in lower:
            await reader.readexactly(int(lower.split(b"content-length:")[1].split(b"\r\n")[0]))
        if keep and b"connection: close" in lower:
            raise ConnectionError("closed although kept")
        return int(answer.split()[1])


def main() -> None:
    """As a process of its own: address, port, rate, seconds; prints what it counted."""
    address, port, rate, seconds = sys.argv[1:]
    with Load(address, int(port), rate=float(rate)) as load:
        time.sleep(float(seconds))
    counted = load.counted
    print(
        json.dumps({"requests": counted.requests, "failed": counted.failed, "p99": counted.p99()})
    )


if __name__ == "__main__":
    main()
