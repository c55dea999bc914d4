"""What a release's index would cost with more items, by kind.

    python benchmarks/index_size.py RELEASE [--sizes 63000,1000000] [--kinds exact,sketch] [--json]

Sizes above the release's own are filled with synthetic vectors that lie like the real ones: a real
one moved by the difference of two others of its cluster. Questions are encoded titles. Recall is of
the ten nearest items against exact search, ties in mind, of all items and of the half, tenth and
hundredth that a filter leaves; p50 is of one question, one thread, 200 deep, as the server asks;
CPU seconds and ms are what a busy machine hardly changes. "1 % changed" is the CPU seconds that
writing the index again takes: a sketch goes on from that of live. 10 M and 100 M are not measured:
they are the largest size scaled in proportion, and say so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.machine import machine
from benchmarks.recorded import add_options, tell
from index_builder.indexing.dense import LiveIndex, kind_for, write_index
from index_builder.quality.recall import recall
from index_builder.unchanged import CHANGED
from release_format.cli import run_program
from release_format.items import write_offsets
from release_format.progress import say
from release_format.release import ENCODER, INDEX, KIND, PASSAGES, VECTORS, Release
from release_format.store.locate import open_store
from searchbar.retrieval.encoder import Encoder

QUESTIONS, CLUSTERS, AT_ONCE, MOVED = 60, 256, 65_536, 0.7
ONE_IN = 100
EXTRAPOLATED = (10_000_000, 100_000_000)
ROOT = Path(__file__).parent.parent

Floats = NDArray[np.float32]

# Asks in a process of its own, so that its memory is the index's.
ASK = """
import json, sys, time
from pathlib import Path
import numpy as np
from searchbar.retrieval.dense import Dense
def private():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    rows = dict(line.split(":") for line in lines)
    return [int(rows[name].split()[0]) / 1024 for name in ("Private_Dirty", "Pss")]
questions = np.load(sys.argv[2])
before = private()
started = time.perf_counter()
dense = Dense.open(Path(sys.argv[1]))
opened = time.perf_counter() - started
times, spent = [], []
for question in questions:
    started, computed = time.perf_counter(), time.process_time()
    dense.nearest(question, 200)
    times.append(time.perf_counter() - started)
    spent.append(time.process_time() - computed)
after = private()
print(json.dumps({"open_ms": round(opened * 1000, 1),
                  "p50_ms": round(float(np.median(times)) * 1000, 2),
                  "p50_cpu_ms": round(float(np.median(spent)) * 1000, 2),
                  "private_mb": round(after[0] - before[0], 1),
                  "resident_mb": round(after[1] - before[1], 1)}))
"""


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    options = (parser := _parser()).parse_args(arguments)
    release = Release.open(open_store(options.store).path(KIND, options.release), sizes_only=True)
    real = np.load(release.path / VECTORS).astype(np.float32)
    step = max(1, len(release.items) // QUESTIONS)
    titles = [
        release.items[position].title or "?" for position in range(0, len(release.items), step)
    ]
    questions = Encoder.open(release.path / ENCODER).encode_query(titles)
    rows = []
    for size in [int(size) for size in options.sizes.split(",")]:
        with tempfile.TemporaryDirectory(prefix="index-size-", dir=options.folder) as folder:
            write_vectors(Path(folder), real, size)
            np.save(Path(folder) / "questions.npy", questions)
            rows += [
                measure(Path(folder), size, kind, questions) for kind in options.kinds.split(",")
            ]
    report = {"machine": machine(), "measured": rows, "extrapolated": list(_extrapolated(rows))}
    tell("index_size", parser, options, report, _table(report))
    return 0


def write_vectors(folder: Path, real: Floats, size: int) -> None:
    """Write vectors as a release has them, one passage an item."""
    written = np.lib.format.open_memmap(folder / VECTORS, "w+", np.float16, (size, real.shape[1]))
    start = 0
    for part in _vectors(real):
        end = min(start + len(part), size)
        written[start:end] = part[: end - start]
        start = end
        if start == size:
            break
    written.flush()
    write_offsets(folder / PASSAGES, array("Q", range(size + 1)))


def _vectors(real: Floats) -> Iterator[Floats]:
    """The real vectors, then synthetic ones without end."""
    yield real
    draw = np.random.default_rng(5)
    clusters: Any = faiss.Kmeans(real.shape[1], CLUSTERS, niter=5, spherical=True)
    clusters.train(real)
    cluster = clusters.index.search(real, 1)[1][:, 0]
    order = np.argsort(cluster, kind="stable")
    begins = np.searchsorted(cluster[order], np.arange(CLUSTERS + 1))
    while True:
        base = draw.integers(0, len(real), AT_ONCE)
        low, high = begins[cluster[base]], begins[cluster[base] + 1]
        first, second = (
            order[(low + draw.random(AT_ONCE) * (high - low)).astype(int)] for _ in range(2)
        )
        moved = real[base] + MOVED * (real[first] - real[second])
        yield (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)


def measure(folder: Path, size: int, kind: str, questions: Floats) -> dict[str, Any]:
    """Build one index and ask it."""
    say(f"{size:,} items, {kind}")
    seconds, cpu = _written(folder, kind, None)
    (folder / INDEX).rename(folder / "live")
    rows = np.arange(size)
    rows[::ONE_IN] = CHANGED
    again = _written(folder, kind, LiveIndex(folder / "live", {"kind": kind}, rows))
    # What is not on disk yet would count as memory of whoever reads it.
    os.sync()
    recalls = recall(folder, questions)
    process = subprocess.run(
        [sys.executable, "-c", ASK, str(folder), str(folder / "questions.npy")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        "items": size,
        "kind": kind,
        "auto": kind_for(size) == kind,
        "build_seconds": round(seconds, 1),
        "build_cpu_seconds": round(cpu, 1),
        "again_cpu_seconds": round(again[1], 1),
        "index_mb": round((folder / INDEX).stat().st_size / 1e6, 1),
        "recall": round(recalls.all_items, 4),
        "recall_filtered": round(recalls.filtered, 4),
        **json.loads(process.stdout),
    }


def _written(folder: Path, kind: str, live: LiveIndex | None) -> tuple[float, float]:
    """The seconds of a clock and of the processors that writing an index takes."""
    # What is not on disk yet would be written meanwhile.
    os.sync()
    started, computed = time.perf_counter(), time.process_time()
    write_index(folder, kind, live)
    return time.perf_counter() - started, time.process_time() - computed


def _extrapolated(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    largest = max(row["items"] for row in rows)
    for row in (row for row in rows if row["items"] == largest):
        for size in EXTRAPOLATED:
            grown = {name: round(row[name] * size / largest, 1) for name in _IN_PROPORTION}
            yield {**row, **grown, "items": size, "recall": None, "recall_filtered": None}


_IN_PROPORTION = (
    "build_seconds",
    "build_cpu_seconds",
    "again_cpu_seconds",
    "index_mb",
    "p50_ms",
    "p50_cpu_ms",
    "private_mb",
    "resident_mb",
)


def _table(report: Mapping[str, Any]) -> str:
    lines = [
        f"{report['machine']}\n",
        (
            "| items | kind | build s (CPU) | 1 % changed | MB | recall | filtered | p50 (CPU),"
            " open ms | own, all MB |"
        ),
        "|--:|---|--:|--:|--:|--:|--:|--:|--:|",
        *map(_line, report["measured"]),
        *(
            f"{_line(row)} extrapolated in proportion, not measured"
            for row in report["extrapolated"]
        ),
        "\nA doubling of the items doubles build time, bytes and p50 of every kind here but lists.",
    ]
    return "\n".join(lines)


def _line(row: Mapping[str, Any]) -> str:
    name = f"**{row['kind']}**" if row["auto"] else row["kind"]
    return (
        f"| {row['items']:,} | {name} | {row['build_seconds']} ({row['build_cpu_seconds']}) |"
        f" {row['again_cpu_seconds']} | {row['index_mb']} | {row['recall'] or '–'} |"
        f" {row['recall_filtered'] or '–'} | {row['p50_ms']} ({row['p50_cpu_ms']}),"
        f" {row['open_ms']} | {row['private_mb']}, {row['resident_mb']} |"
    )


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        "release", metavar="RELEASE", help="an id in the store, a path, or a channel's name"
    )
    parser.add_argument("--sizes", default="63000,1000000", help="default: %(default)s")
    parser.add_argument("--kinds", default="exact,exact8,sketch,lists", help="default: %(default)s")
    parser.add_argument("--folder", help="where the indexes lie while they are measured")
    parser.add_argument("--store")
    add_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(run_program("benchmarks", main))
