"""What watching costs a server (`python benchmarks/watching.py`).

Two servers of one release answer the same new questions, one at a time and block by block, taking
turns in who begins. One is watched as in production: it counts metrics, logs every question, writes
CloudWatch's line each minute and is scraped every 15 seconds. The other does none of it. What is
told is processor time, which a busy machine disturbs less than the clock; each pair of blocks is
one observation. The servers are idle while the other is asked, so what is done by the minute weighs
twice what it would on a busy one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.machine import machine  # noqa: E402
from benchmarks.recorded import add_options, tell  # noqa: E402
from benchmarks.serve import Questions, Times, served  # noqa: E402
from release_format.cli import Parser, run_program  # noqa: E402
from release_format.exit_codes import UsageError  # noqa: E402
from release_format.release import KIND, Release  # noqa: E402
from release_format.store.locate import open_store  # noqa: E402

# Questions of one block; so many blocks of each server come first and are not counted.
BLOCK, WARM = 50, 3
SCRAPED_EVERY = 15.0
LEAST_PAIRS = 5
ALLOWED = 0.02


def main(arguments: Sequence[str]) -> int:
    """Measure, print the sentence or the JSON."""
    options = (parser := _parser()).parse_args(arguments)
    if options.floor:
        return _serve(options.release, options.port, options.kept)
    release = Release.open(open_store(options.store).path(KIND, options.release), sizes_only=True)
    measured = measure(release, options.seconds)
    tell("watching", parser, options, measured, table(measured))
    return 0


def measure(release: Release, seconds: float) -> dict[str, Any]:
    """The processor time of a question of both servers, and what watching adds."""
    command = [sys.executable, __file__, str(release.path), "--floor"]
    with (
        tempfile.TemporaryDirectory() as folder,
        served([*command, "--kept", f"{folder}/questions.jsonl"]) as (watched, _, _),
        served(command) as (plain, _, _),
    ):
        pairs = list(_pairs(Turns(watched, plain, Questions(release).search), seconds))
        logged = Path(folder, "questions.jsonl").read_text(encoding="utf-8").count("\n")
    if len(pairs) < LEAST_PAIRS or logged < BLOCK * len(pairs):
        raise UsageError(
            f"{len(pairs)} pairs of blocks and {logged} logged questions are too few to tell. Give"
            " more --seconds."
        )
    return {
        "machine": machine(),
        "items": len(release.items),
        "release": release.id[:12],
        "questions": BLOCK * len(pairs),
        "pairs": len(pairs),
        **overhead(pairs),
    }


def overhead(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    """What pairs of processor times (watched, not watched; s a block) say, in ms and shares."""
    added = [watched / plain - 1 for watched, plain in pairs]
    total = sum(watched for watched, _ in pairs) / sum(plain for _, plain in pairs) - 1
    half = 1.96 * statistics.stdev(added) / len(added) ** 0.5
    mean = statistics.fmean(added)
    watched, plain = (1000 * statistics.fmean(side) / BLOCK for side in zip(*pairs, strict=True))
    return {
        "watched_ms": round(watched, 3),
        "plain_ms": round(plain, 3),
        "added": round(total, 4),
        "added_median": round(statistics.median(added), 4),
        "added_low": round(mean - half, 4),
        "added_high": round(mean + half, 4),
    }


@dataclass
class Turns:
    """Both servers' ports, and what they are asked: each block the same of both."""

    watched: int
    plain: int
    question: Callable[[], str]
    _scraped: float = field(default_factory=time.monotonic)

    def pair(self, is_watched_first: bool) -> tuple[float, float]:
        """Processor seconds of one block: watched, not watched."""
        addresses = [self.question() for _ in range(BLOCK)]
        ports = (self.watched, self.plain) if is_watched_first else (self.plain, self.watched)
        spent = {port: self._block(port, addresses) for port in ports}
        return spent[self.watched], spent[self.plain]

    def _block(self, port: int, addresses: list[str]) -> float:
        before = _cpu_seconds(port)
        asyncio.run(ask(port, addresses))
        if port == self.watched and time.monotonic() - self._scraped >= SCRAPED_EVERY:
            self._scraped = time.monotonic()
            _read(port, "/metrics")
        return _cpu_seconds(port) - before


def _pairs(turns: Turns, seconds: float) -> Iterator[tuple[float, float]]:
    first = cycle((True, False, False, True))
    for _ in range(WARM):
        turns.pair(next(first))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield turns.pair(next(first))


async def ask(port: int, addresses: Sequence[str]) -> Times:
    """Ask all of them, one at a time, over one connection; (seconds, status) of every answer.

    Raises:
        RuntimeError: one was not answered.
    """
    times: Times = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for address in addresses:
        began = time.perf_counter()
        writer.write(f"GET {address} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [
            int(line.partition(b":")[2])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ]
        await reader.readexactly(*lengths)
        times.append((time.perf_counter() - began, int(head[9:12])))
    writer.close()
    if broken := [status for _, status in times if status != 200]:
        raise RuntimeError(f"{len(broken)} of {len(times)} questions were answered {broken[0]}")
    return times


def _cpu_seconds(port: int) -> float:
    return float(json.loads(_read(port, "/cpu")))


def _read(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        content: bytes = answer.read()
        return content


def _serve(release: str, port: int, log: str) -> int:
    """A server that is watched and logs to `log`, or where that is empty neither."""
    import uvicorn

    from release_format.config.server import ServerSettings
    from searchbar.http.app import create_app
    from searchbar.opening import open_engine

    if not log:
        _count_nothing()
    settings = ServerSettings(questions=log, cloudwatch="Benchmark" if log else "")
    sys.stdout = Path("/dev/null").open("w")  # noqa: SIM115  CloudWatch's lines
    app = create_app(open_engine(release, None, settings), settings)

    @app.get("/cpu")
    async def cpu() -> float:
        return time.process_time()

    uvicorn.run(app, port=port, log_level="warning", access_log=False)
    return 0


def _count_nothing() -> None:
    """Take every count and histogram of the server away."""
    from prometheus_client import Counter, Gauge, Histogram

    from searchbar.metrics.metrics import Metrics

    def nothing(*_: object, **__: object) -> None: ...

    for kind, names in (
        (Metrics, ("request", "answer", "reaction")),
        (Counter, ("inc",)),
        (Gauge, ("inc", "dec", "set")),
        (Histogram, ("observe",)),
    ):
        for name in names:
            setattr(kind, name, nothing)


def table(measured: dict[str, Any]) -> str:
    """The figures for people."""
    low, high = (100 * measured[name] for name in ("added_low", "added_high"))
    return (
        f"{measured['items']:,} items on {measured['machine']}:"
        f" {measured['questions']:,} questions of each server in {measured['pairs']} pairs.\n\n"
        f"- Watched {measured['watched_ms']} ms of processor time a question, not watched"
        f" {measured['plain_ms']} ms.\n"
        f"- Watching adds {100 * measured['added']:.1f} % [{low:.1f}, {high:.1f}], median"
        f" {100 * measured['added_median']:.1f} % (at most {100 * ALLOWED:.0f} %)."
    )


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python benchmarks/watching.py",
        description="What metrics, the query log and CloudWatch's lines cost a server.",
        example="python benchmarks/watching.py latest",
    )
    parser.add_argument(
        "release", metavar="RELEASE", help="an id in the store, a path, or a channel's name"
    )
    parser.add_argument(
        "--store", help="where releases are kept (default: SEARCHBAR_STORE or var/store)"
    )
    parser.add_argument(
        "--seconds", type=float, default=90, help="for all pairs together (default: %(default)s)"
    )
    add_options(parser)
    parser.add_argument("--floor", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--kept", default="", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(run_program("benchmarks", main))
