"""Slow link: a proxy between the deployer and a host's sshd, with latency, loss and a limited rate.

A chunk that was lost comes late, and what is behind it waits, as TCP has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import threading
from dataclasses import dataclass

CHUNK = 16 * 1024


@dataclass(frozen=True)
class LinkQuality:
    """Seconds one way, shares of chunks that are lost or cut the connection, bytes a second.

    `silent_after`: chunks after which nothing comes through any more, though both ends are
    connected; 0 for never.
    """

    latency: float = 0.15
    lost: float = 0.02
    resent_after: float = 2.0
    cut: float = 0.0
    rate: float = 2e6
    silent_after: int = 0


class SlowLink:
    """The proxy; `port` is where it listens on the loopback.

    Once it is `silent`, it takes what comes and nothing arrives.
    """

    def __init__(
        self, address: str, quality: LinkQuality, *, seed: int = 0, sshd: int = 22
    ) -> None:
        self.address, self.sshd, self.quality, self.port = address, sshd, quality, 0
        self.silent = False
        self.chunks = self.lost = self.cuts = 0
        self._random = random.Random(seed)
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))

    async def _run(self) -> None:
        self._over = asyncio.Event()
        listening = socket.create_server(("127.0.0.1", 0))
        # The link holds little: who sends is held up.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        server = await asyncio.start_server(self._talk, sock=listening, limit=CHUNK)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        async with server:
            await self._over.wait()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(self.address, self.sshd)
        except OSError:
            writer.close()
            return
        ways = [(reader, far_writer), (far_reader, writer)]
        tasks = [asyncio.create_task(self._carry(*way)) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for end in (writer, far_writer):
            end.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction: read as fast as the rate allows, arrive later by the latency."""
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
        arriving = asyncio.create_task(self._arrive(on_the_way, writer))
        try:
            while chunk := await reader.read(CHUNK):
                self.chunks += 1
                if self._random.random() < self.quality.cut:
                    self.cuts += 1
                    return
                late = self._random.random() < self.quality.lost
                self.lost += late
                delay = self.quality.latency + late * self.quality.resent_after
                await on_the_way.put((self._loop.time() + delay, chunk))
                await asyncio.sleep(len(chunk) / self.quality.rate)
            await on_the_way.put((self._loop.time() + self.quality.latency, b""))
            await arriving
        except OSError:
            pass
        finally:
            arriving.cancel()

    async def _arrive(
        self, on_the_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        while True:
            due, chunk = await on_the_way.get()
            await asyncio.sleep(due - self._loop.time())
            if not chunk:
                return
            self.silent = self.silent or 0 < self.quality.silent_after < self.chunks
            if not self.silent:
                writer.write(chunk)
                with contextlib.suppress(OSError):
                    await writer.drain()

    def __enter__(self) -> SlowLink:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
