"""What serving a release costs, beside a server that only encodes (`python benchmarks/serve.py`).

One process serves, one asks; every question is new, half of them carry a filter, all have facets
and snippets. The floor is the same web server and queue around the encoder alone, on the same
questions, in the same run. Where a release has a column of numbers, what a range over one of them
adds is told by questions with and without, taking turns.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.machine import machine  # noqa: E402
from benchmarks.recorded import add_options, tell  # noqa: E402
from release_format.cli import Parser, run_program  # noqa: E402
from release_format.fields import FieldType  # noqa: E402
from release_format.release import KIND, Release  # noqa: E402
from release_format.store.locate import open_store  # noqa: E402
from searchbar.retrieval.columns import COLUMNS, Columns  # noqa: E402

CONCURRENCY = (1, 8, 64)
OVERLOAD = 192
FLOOR = "encode-only"

Times = list[tuple[float, int]]


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table or the JSON."""
    options = (parser := _parser()).parse_args(arguments)
    if options.floor:
        return _serve_floor(options.release, options.port)
    path = open_store(options.store).path(KIND, options.release)
    release = Release.open(path, sizes_only=True)
    measured = measure(release, options.seconds)
    tell("serve", parser, options, measured, table(measured))
    return 0


def measure(release: Release, seconds: float) -> dict[str, Any]:
    """All figures of one run."""
    ask = Questions(release)
    measured: dict[str, Any] = {
        "machine": machine(),
        "items": len(release.items),
        "release": release.id[:12],
    }
    with served([sys.executable, __file__, str(release.path), "--floor"]) as (port, server, _):
        measured[FLOOR] = load(port, ask.plain, seconds, server)
    with served([sys.executable, "-m", "searchbar", "serve", str(release.path)]) as (
        port,
        server,
        ready,
    ):
        measured["ready_s"], measured["ready_mb"] = round(ready, 2), megabytes(server)
        measured["search"] = load(port, ask.search, seconds, server)
        measured["mb"] = megabytes(server)
        measured["suggest"] = figures(
            asyncio.run(run(port, ask.suggest, 1, seconds / 2)), seconds / 2
        )
        measured["repeated"] = figures(
            asyncio.run(run(port, ask.repeated, 1, seconds / 2)), seconds / 2
        )
        if ask.numbers:
            turns = cycle((ask.unfiltered, ask.within_range))
            times = asyncio.run(run(port, lambda: next(turns)(), 1, 2 * seconds))
            measured["ranges"] = {
                "without_ms": middle_ms(times[::2]),
                "with_ms": middle_ms(times[1::2]),
            }
        measured["overload"] = figures(
            asyncio.run(run(port, ask.search, OVERLOAD, seconds)), seconds
        )
    return measured


def middle_ms(times: Times) -> float:
    """The median in ms."""
    return round(1000 * statistics.median(took for took, _ in times), 2)


def load(port: int, ask: Any, seconds: float, server: psutil.Process) -> dict[str, Any]:
    """The figures at every concurrency, with the processor's time for each answer."""
    asyncio.run(run(port, ask, 4, 1))
    measured = {}
    for many in CONCURRENCY:
        before = sum(server.cpu_times()[:2])
        times = asyncio.run(run(port, ask, many, seconds))
        spent = 1000 * (sum(server.cpu_times()[:2]) - before) / max(1, len(times))
        measured[str(many)] = {**figures(times, seconds), "cpu_ms": round(spent, 2)}
    return measured


class Questions:
    """Seeded addresses to ask, made of the catalogue's own words."""

    def __init__(self, release: Release) -> None:
        self._random = random.Random(1)
        self._items = release.items
        topics = [topic for _ in range(200) for topic in self._item().topics]
        self._topics = sorted(set(topics), key=topics.count)[-20:]
        self.numbers = _numbers(release)

    def _item(self) -> Any:
        return self._items[self._random.randrange(len(self._items))]

    def text(self) -> str:
        """Some words of one item, with a word of another: no question is asked twice."""
        words = re.findall(r"\w+", self._item().description)[:60] or ["thing"]
        start = self._random.randrange(max(1, len(words) - 6))
        return " ".join(
            [*words[start : start + self._random.randint(2, 7)], self._item().title.split(" ")[0]]
        )[:200]

    def plain(self) -> str:
        return "/encode?" + urlencode({"q": self.text()})

    def search(self) -> str:
        filters = (
            [("topic", self._random.choice(self._topics))]
            if self._topics and self._random.random() < 0.5
            else []
        )
        return "/search?" + urlencode([("q", self.text()), *filters])

    def unfiltered(self) -> str:
        return "/search?" + urlencode({"q": self.text()})

    def within_range(self) -> str:
        """A range that nobody asked for before, of a hundredth to all of the items."""
        name, values = self._random.choice(self.numbers)
        low, high = sorted(values[self._random.randrange(len(values))] for _ in range(2))
        return "/search?" + urlencode({"q": self.text(), f"f.{name}": f"{low}..{high}"})

    def suggest(self) -> str:
        return "/suggest?" + urlencode(
            {"q": self._item().title[: self._random.randint(1, 6)] or "a"}
        )

    def repeated(self) -> str:
        return "/search?q=video+editor"


def _numbers(release: Release) -> list[tuple[str, list[float]]]:
    """The columns that a range can be asked of, each with the numbers that it holds."""
    columns = Columns.open(release.path / COLUMNS, len(release.items))
    asked = [field for field in release.schema or () if field.type is FieldType.NUMBER]
    held = [(field.name, columns.values(field.name)) for field in asked if field.filter]
    return [
        (name, values[values == values].tolist()) for name, values in held if values is not None
    ]


async def run(port: int, ask: Any, many: int, seconds: float) -> Times:
    """So many clients, each asking again as soon as it is answered; (seconds, status) of every
    answer."""
    times: Times = []
    until = time.perf_counter() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < until:
            writer.write(f"GET {ask()} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            await reader.readexactly(int(length.group(1)) if length else 0)
            status = int(head[9:12])
            times.append((time.perf_counter() - began, status))
            if status == 503:
                await asyncio.sleep(0.05)
        writer.close()

    await asyncio.gather(*(client() for _ in range(many)))
    return times


def figures(times: Times, seconds: float) -> dict[str, Any]:
    """Answers a second, median and 99th percentile in ms, and how many were refused or broke."""
    good = sorted(took * 1000 for took, status in times if status == 200)
    answered = {
        "per_s": round(len(good) / seconds, 1),
        "p50_ms": round(statistics.median(good), 2),
        "p99_ms": round(good[int(len(good) * 0.99)], 2),
    }
    refused = sum(status == 503 for _, status in times)
    return {**answered, "refused": refused, "broken": len(times) - len(good) - refused}


@contextmanager
def served(command: list[str]) -> Iterator[tuple[int, psutil.Popen, float]]:
    """A server process; yields its port and the seconds until it was ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    process = psutil.Popen([*command, "--port", str(port)], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        while not _ready(port):
            if process.poll() is not None or time.perf_counter() - began > 120:
                raise RuntimeError(f"{' '.join(command)} does not start")
            time.sleep(0.01)
        yield port, process, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def _ready(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
            return connection.recv(64).split(b" ")[1] == b"200"
    except (OSError, IndexError):
        return False


def _serve_floor(release: str, port: int) -> int:
    """A server that encodes and does nothing else, built from the same parts."""
    import uvicorn
    from fastapi import FastAPI
    from fastapi.responses import JSONResponse

    from release_format.config.server import ServerSettings
    from searchbar.http.search_queue import SearchQueue
    from searchbar.retrieval.encoder import Encoder

    encoder = Encoder.open(Path(release) / "encoder")

    class EncodesOnly:
        def check(self, question: str, written: object = None) -> None: ...

        def search_many(self, questions: Sequence[str]) -> Sequence[Any]:
            return [float(vector[0]) for vector in encoder.encode_query(questions)]

    settings = ServerSettings()
    queue = SearchQueue(EncodesOnly(), places=settings.queue, batch=settings.batch)  # type: ignore[arg-type]
    app = FastAPI()

    @app.get("/encode")
    async def encode(q: str) -> JSONResponse:
        return JSONResponse(await asyncio.wrap_future(queue.ask(q)))  # type: ignore[arg-type]

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        return JSONResponse({})

    uvicorn.run(app, port=port, log_level="warning", access_log=False)
    return 0


def megabytes(server: psutil.Process) -> int:
    """The proportional set size of a process."""
    pss: int = round(server.memory_full_info().pss / 2**20)
    return pss


def table(measured: dict[str, Any]) -> str:
    """The figures for people, as Markdown."""
    start = f"ready in {measured['ready_s']} s with {measured['ready_mb']} MB"
    lines = [
        (
            f"{measured['items']:,} items on {measured['machine']}: {start}, {measured['mb']} MB"
            " after all (PSS)."
        ),
        "",
        "| questions | waiting at once | per second | p50 ms | p99 ms | CPU ms each | refused |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    rows = [(name, many, row) for name in (FLOOR, "search") for many, row in measured[name].items()]
    rows += [(name, "1", measured[name]) for name in ("suggest", "repeated")]
    rows += [("overload", str(OVERLOAD), measured["overload"])]
    lines += [
        f"| {name} | {many} | {row['per_s']} | {row['p50_ms']} | {row['p99_ms']} |"
        f" {row.get('cpu_ms', '')} | {row['refused']} |"
        for name, many, row in rows
    ]
    floor, search, over = measured[FLOOR], measured["search"], measured["overload"]
    ratio = search["1"]["p50_ms"] / floor["1"]["p50_ms"]
    share = search["64"]["per_s"] / floor["64"]["per_s"]
    lines += [
        "",
        (
            f"- Processor time at 64: {search['64']['cpu_ms'] / floor['64']['cpu_ms']:.2f}× the"
            " floor's."
        ),
        f"- p50 at 1: {ratio:.2f}× the floor (at most 2).",
        f"- Throughput at 64: {share:.0%} of the floor's (at least 70 %).",
        (
            f"- Overload: p99 of the accepted is {over['p99_ms'] / over['p50_ms']:.1f}× their p50"
            " (at most 5)."
        ),
    ]
    if ranges := measured.get("ranges"):
        lines.append(
            f"- With a range over a column of numbers: p50 {ranges['with_ms']} ms, without"
            f" {ranges['without_ms']} ms (at most 2 ms more)."
        )
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python benchmarks/serve.py",
        description="What serving a release costs, beside a server that only encodes.",
        example="python benchmarks/serve.py latest",
    )
    parser.add_argument(
        "release", metavar="RELEASE", help="an id in the store, a path, or a channel's name"
    )
    parser.add_argument(
        "--store", help="where releases are kept (default: SEARCHBAR_STORE or var/store)"
    )
    parser.add_argument(
        "--seconds", type=float, default=8, help="for each measurement (default: %(default)s)"
    )
    add_options(parser)
    parser.add_argument("--floor", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(run_program("benchmarks", main))
