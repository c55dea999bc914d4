"""How long a changed row takes from its commit to a server that answers with it.

    python benchmarks/commit_to_live.py SNAPSHOT [SNAPSHOT …] [--json]

For each snapshot by the real commands: its items as a catalogue, admitted and built (not measured),
one item in a hundred changed, and then, with a clock: admitted beside live, built beside live, and
a server started until it is ready. Beside that the other way: a file of values for every item,
until an answer has the new ones. A rollout to hosts comes on top (benchmarks/rollout.py).
The last row is in proportion to the items of the largest snapshot, and not measured.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.machine import machine
from benchmarks.rebuild import changed
from benchmarks.recorded import add_options, tell
from index_builder.tracking.run import OFF
from release_format.cli import run_program
from release_format.fields import Field, FieldType, Schema
from release_format.items import FIELDS, Item
from release_format.progress import say
from release_format.release import LEXICAL, Release
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from release_format.store.locate import open_store
from searchbar.retrieval.columns import Columns
from searchbar.retrieval.facets import Facets
from searchbar.retrieval.values.values import Values

_ADDRESS = re.compile(r"http://[0-9.]+:[0-9]+")
ROOT = Path(__file__).parent.parent
SIZES = (2_000_000,)
STEPS = ("admit_seconds", "build_seconds", "ready_seconds", "values_seconds")


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    options = (parser := _parser()).parse_args(arguments)
    store = open_store(options.store)
    measured = []
    for name in options.snapshots:
        snapshot = Snapshot.open(store.path("snapshot", name), sizes_only=True)
        with tempfile.TemporaryDirectory(prefix="live-", dir=options.folder) as folder:
            measured.append(measure(Path(folder), [*snapshot.items]))
    report = {
        "machine": machine(),
        "measured": measured,
        "extrapolated": [in_proportion(measured, items) for items in SIZES],
    }
    tell("commit_to_live", parser, options, report, _table(report))
    return 0


def measure(folder: Path, items: Sequence[Item]) -> dict[str, Any]:
    """Seconds of each step for these items, one in a hundred of them changed."""
    store = Folder(folder / "store")
    catalogue = folder / "catalogue.jsonl"
    _write(catalogue, items)
    say(f"{len(items):,} items: before the change")
    live = _typed(
        folder, "index_builder", "build", _typed(folder, "data_checks", "admit", catalogue)
    )
    _write(catalogue, (changed(n, item) for n, item in enumerate(items)))
    say(f"{len(items):,} items: from the change on")
    moments = [time.perf_counter()]
    snapshot = _typed(folder, "data_checks", "admit", catalogue, "--live", live)
    moments.append(time.perf_counter())
    built = _typed(folder, "index_builder", "build", snapshot, "--live", live)
    moments.append(time.perf_counter())
    _serve_until_ready(release := store.path("release", built))
    moments.append(time.perf_counter())
    seconds = [end - start for start, end in pairwise(moments)]
    seconds.append(values_seconds(Release.open(release, sizes_only=True), folder / "values.csv"))
    shown = dict(zip(STEPS, (round(each, 2) for each in seconds), strict=True))
    return {"items": len(items), "changed": -(-len(items) // 100), **shown}


def values_seconds(release: Release, path: Path) -> float:
    """Seconds until two new numbers of every item hold, for the question that finds them."""
    numbers = (Field(name, FieldType.NUMBER, filter=True) for name in ("price", "stock"))
    schema = Schema({each.name: each for each in numbers})
    items = release.items
    ids = [items.id(position) for position in range(len(items))]
    held = Columns(len(items), {}, {}), Facets.open(release.path / LEXICAL)
    values = Values(path, items, schema, *held)
    seconds = 0.0
    for price in (1, 2):  # The first time, all ids are looked up, as a server does at its start.
        rows = (f"{json.dumps(id)},{price},{n}\n" for n, id in enumerate(ids))
        path.write_text("id,price,stock\n" + "".join(rows), encoding="utf-8")
        started = time.perf_counter()
        values.refresh()
        seconds = time.perf_counter() - started
    return seconds


def in_proportion(measured: Sequence[Mapping[str, Any]], items: int) -> dict[str, Any]:
    """What so many items would take, in proportion to the largest that was measured."""
    largest = max(measured, key=lambda row: int(row["items"]))
    times = items / largest["items"]
    return {
        "items": items,
        "changed": items // 100,
        **{name: round(largest[name] * times) for name in STEPS},
    }


def _write(path: Path, items: Iterable[Item]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for item in items:
            row = {name: getattr(item, name) for name in FIELDS} | dict(item.extra)
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _typed(folder: Path, *line: str | Path) -> str:
    """Type a line of the pipeline; the id that it ends with."""
    where = ["--store", str(folder / "store"), "--report", str(folder / "report")]
    done = subprocess.run(
        [sys.executable, "-m", *map(str, line), *where],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"SEARCHBAR_LEDGER": OFF},
    )
    return done.stdout.strip().splitlines()[-1]


def _serve_until_ready(release: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "searchbar", "serve", str(release), "--port", "0"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = next(filter(None, map(_ADDRESS.search, server.stderr or ())))[0]
        while True:
            with contextlib.suppress(OSError):  # Not yet, or 503: its probes are being answered.
                urllib.request.urlopen(f"{address}/readyz", timeout=10).close()
                return
            time.sleep(0.01)
    finally:
        server.terminate()
        server.wait(timeout=30)


def _table(report: Mapping[str, Any]) -> str:
    head = f"{report['machine']}\n\n| items | changed | {' | '.join(STEPS)} |\n{'|---' * 6}|\n"
    rows = (
        f"| {row['items']:,}{told} | {row['changed']:,} | "
        f"{' | '.join(str(row[name]) for name in STEPS)} |"
        for part, told in (("measured", ""), ("extrapolated", " (in proportion, not measured)"))
        for row in report[part]
    )
    return head + "\n".join(rows)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        "snapshots",
        metavar="SNAPSHOT",
        nargs="+",
        help="ids in the store, paths or channels' names",
    )
    parser.add_argument("--folder", help="where it is built")
    parser.add_argument("--store")
    add_options(parser)
    return parser


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    sys.exit(run_program("benchmarks", main))
