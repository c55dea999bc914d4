"""What a rebuild costs when 1 % of a snapshot changed, beside a build from scratch.

    python benchmarks/rebuild.py SNAPSHOT [--items 5000] [--sample 2000] [--json]

Three builds by the real command, each with a cache of its own that knows the encoder and no vector:
the snapshot; the same with one item in a hundred changed, beside the first as live; and that again
from scratch. The last two must be the same release: one id, cosine at least .9995 (batch shapes and
bf16 move the last bits), the same ten hits. The ledger is off: what sends it the run of one build
would be at work while the next one is measured.

With --sample, the first and the last take the vectors that var/cache knows (build the snapshot once
before), and what encoding them would have taken is told by a build from scratch of so many of the
items: from scratch is then extrapolated, and says so.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.machine import machine
from benchmarks.recorded import add_options, tell
from index_builder.encoding.export_cache import exported_encoder
from index_builder.encoding.vector_cache import cache_folder
from index_builder.encoding.weights import Weights
from index_builder.recipe import read_recipe
from index_builder.tracking.run import OFF
from release_format.cli import run_program
from release_format.exit_codes import ProgramError
from release_format.items import Item
from release_format.progress import say
from release_format.release import VECTORS, Release
from release_format.snapshot import Snapshot, seal_snapshot, write_content
from release_format.store.folder import Folder
from release_format.store.locate import open_store
from release_format.verdict import Verdict
from searchbar.engine import Engine
from searchbar.query.question import Question

ROOT = Path(__file__).parent.parent
ONE_IN, QUESTIONS = 100, 100


@dataclass(frozen=True)
class Built:
    """One build: seconds that a user waits, and the processors' time, which load hardly changes."""

    seconds: float
    cpu_seconds: float
    release: Release

    def steps(self) -> dict[str, Any]:
        facts = self.release.verdict.facts
        return {name: facts[name] for name in facts if name.endswith("_seconds")} | {
            "vectors": facts["vectors"]
        }


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    options = (parser := _parser()).parse_args(arguments)
    exported_encoder(read_recipe(), Weights.of(read_recipe()), None)
    snapshot = Snapshot.open(
        open_store(options.store).path("snapshot", options.snapshot), sizes_only=True
    )
    count = min(options.items or len(snapshot.items), len(snapshot.items))
    with tempfile.TemporaryDirectory(prefix="rebuild-", dir=options.folder) as folder:
        report = measure(
            Path(folder), [snapshot.items[position] for position in range(count)], options.sample
        )
    tell("rebuild", parser, options, report, _table(report))
    return 0


def measure(folder: Path, items: Sequence[Item], sample: int | None = None) -> dict[str, Any]:
    """Build before, rebuild after, build after without live, and compare."""
    store = Folder(folder / "store")
    before = admit(store, items)
    after = admit(store, [changed(n, item) for n, item in enumerate(items)])
    known = sample is not None
    live = _build(folder, store, before, "before the change", known=known)
    rebuilt = _build(folder, store, after, "rebuilt", "--live", live.release.id)
    moved = rebuilt.release.path.rename(folder / "rebuilt")
    scratch = _build(folder, store, after, "after the change, without live", known=known)
    rebuilt = replace(rebuilt, release=Release.open(moved))
    seconds = scratch.seconds
    if sample:
        sampled = admit(store, items[:: max(1, len(items) // sample)][:sample])
        seconds += _encoding(_build(folder, store, sampled, "a sample from scratch"), scratch)
    return {
        "machine": machine(),
        "items": len(items),
        "changed": -(-len(items) // ONE_IN),
        "scratch": (
            f"from scratch, extrapolated from {sample:,} items" if sample else "from scratch"
        ),
        "scratch_seconds": round(seconds, 2),
        "rebuild_seconds": round(rebuilt.seconds, 2),
        "rebuild_cpu_seconds": round(rebuilt.cpu_seconds, 2),
        "times": round(seconds / rebuilt.seconds, 1),
        "same_id": rebuilt.release.id == scratch.release.id,
        **_compared(rebuilt.release, scratch.release),
        "scratch_steps": scratch.steps(),
        "rebuild_steps": rebuilt.steps(),
    }


def _encoding(sampled: Built, known: Built) -> float:
    """The seconds that the vectors which a build found would have taken, at the pace of the
    sample."""
    sample, whole = sampled.steps()["vectors"], known.steps()["vectors"]
    if not sample["encoded"]:
        raise ProgramError("the sample was not encoded. Give a larger --sample.")
    return float(sample["seconds"] / sample["encoded"] * (whole["passages"] - whole["encoded"]))


def changed(number: int, item: Item) -> Item:
    return (
        replace(item, description=f"{item.description} It was changed.")
        if number % ONE_IN == 0
        else item
    )


def admit(store: Folder, items: Sequence[Item]) -> str:
    with store.staging("snapshot") as directory:
        made_from = write_content(directory, items, [])
        return seal_snapshot(directory, made_from, Verdict("data", "", "", [])).id


def _build(
    folder: Path, store: Folder, snapshot: str, name: str, *options: str, known: bool = False
) -> Built:
    say(f"building: {name}")
    cache = cache_folder().absolute()
    if not known:
        cache = Path(tempfile.mkdtemp(dir=folder))
        (cache / "encoders").symlink_to((cache_folder() / "encoders").resolve())
    command = [
        sys.executable,
        "-m",
        "index_builder",
        "build",
        snapshot,
        "--store",
        str(store.root),
        *options,
    ]
    # What the build before has still to put on disk is not this one's.
    os.sync()
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.run(
        [*command, "--report", str(folder / "report")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"SEARCHBAR_CACHE": str(cache), "SEARCHBAR_LEDGER": OFF},
    )
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Built(
        seconds, spent, Release.open(store.path("release", process.stdout.strip().splitlines()[-1]))
    )


def _compared(left: Release, right: Release) -> dict[str, Any]:
    vectors, others = (np.load(side.path / VECTORS).astype(np.float32) for side in (left, right))
    norms = np.linalg.norm(vectors, axis=1), np.linalg.norm(others, axis=1)
    cosines = (vectors * others).sum(axis=1) / norms[0] / norms[1]
    first, second = Engine.open(left), Engine.open(right)
    questions = [
        left.items[position].title
        for position in range(0, len(left.items), max(1, len(left.items) // QUESTIONS))
    ]
    same = [
        {hit.id for hit in first.search(Question(text)).hits}
        == {hit.id for hit in second.search(Question(text)).hits}
        for text in questions
        if text.strip()
    ]
    return {
        "cosine_min": round(float(cosines.min()), 6),
        "cosine_mean": round(float(cosines.mean()), 6),
        "same_top_10": f"{sum(same)} of {len(same)}",
    }


def _table(report: Mapping[str, Any]) -> str:
    rows = (
        (report["scratch"], f"{report['scratch_seconds']} s"),
        ("1 % changed", f"{report['rebuild_seconds']} s ({report['rebuild_cpu_seconds']} CPU s)"),
        ("ratio", f"{report['times']}×"),
        ("same id", str(report["same_id"])),
        ("cosine, lowest / mean", f"{report['cosine_min']} / {report['cosine_mean']}"),
        ("same top 10", report["same_top_10"]),
        ("steps of the rebuild", json.dumps(report["rebuild_steps"])),
    )
    head = (
        f"{report['machine']}\n{report['items']:,} items, {report['changed']:,} changed\n\n| |"
        " |\n|---|---|\n"
    )
    return head + "\n".join(f"| {name} | {value} |" for name, value in rows)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        "snapshot", metavar="SNAPSHOT", help="an id in the store, a path, or a channel's name"
    )
    parser.add_argument("--items", type=int, help="only the first so many")
    parser.add_argument(
        "--sample", type=int, help="encode only so many from scratch, and extrapolate"
    )
    parser.add_argument("--folder", help="where the builds lie while they are compared")
    parser.add_argument("--store")
    add_options(parser)
    return parser


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    sys.exit(run_program("benchmarks", main))
