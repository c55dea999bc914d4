"""How this project builds and answers beside its peers: in one run, with the same model.

    python benchmarks/peers.py SNAPSHOT [--items 10000] [--only txtai,chroma] [--json]

Peers: a hand-written service (sentence-transformers, pandas, NumPy, FastAPI), txtai, Chroma,
LanceDB, Milvus Lite, each as its own manual shows, in an environment of their own
(benchmarks/peers.txt, kept in var/cache/peers). All get the same texts and the weights of
all-MiniLM-L6-v2. A build and a change are processes from start to end, their interpreters and
libraries included; of the change, peers that can are told which rows, the others do all again, and
we find out by ourselves. Ours also cuts passages, indexes words, facets and filters, and judges
what it built. Questions are asked in process, one after the other; over HTTP by eight clients,
where a server takes questions. CPU seconds are what a busy machine hardly changes.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.machine import machine
from benchmarks.peer import PEERS, answer_times
from benchmarks.rebuild import admit, changed
from benchmarks.recorded import add_options, tell
from benchmarks.serve import figures, run
from index_builder.encoding.export_cache import exported_encoder
from index_builder.encoding.passages import text_of
from index_builder.encoding.vector_cache import cache_folder
from index_builder.encoding.weights import Weights
from index_builder.recipe import read_recipe
from release_format.cli import run_program
from release_format.exit_codes import ProgramError, UsageError
from release_format.items import Item
from release_format.progress import say
from release_format.release import Release
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from release_format.store.locate import open_store
from searchbar.engine import Engine
from searchbar.query.question import Question

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "benchmarks" / "peers.txt"
OURS = "this project"
QUESTIONS, CLIENTS, SECONDS = 110, 8, 8.0
OVER_HTTP = ("handwritten", "txtai")
START_SECONDS = 300


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    options = (parser := _parser()).parse_args(arguments)
    names = _names(options.only)
    weights = Weights.of(read_recipe())
    exported_encoder(read_recipe(), weights, None)
    snapshot = Snapshot.open(
        open_store(options.store).path("snapshot", options.snapshot), sizes_only=True
    )
    count = min(options.items, len(snapshot.items))
    chosen = sorted(random.Random(11).sample(range(len(snapshot.items)), count))
    python = environment() if names else Path()
    with tempfile.TemporaryDirectory(prefix="peers-", dir=options.folder) as folder:
        report = measure(
            Path(folder), [snapshot.items[p] for p in chosen], names, python, weights.folder
        )
    tell("peers", parser, options, report, table(report))
    return 0


def measure(
    folder: Path, items: Sequence[Item], names: Sequence[str], python: Path, model: Path
) -> dict[str, Any]:
    """Every peer, then ours, over the same texts and questions."""
    after = [changed(number, item) for number, item in enumerate(items)]
    questions = _questions(items)
    figures_of = {}
    for name in names:
        say(f"measuring {name}")
        own = folder / name
        _write(own, items, after, questions)
        figures_of[name] = _peer(
            own, name, [str(python), str(ROOT / "benchmarks/peer.py"), name], str(model)
        )
        shutil.rmtree(own)
    say(f"measuring {OURS}")
    figures_of[OURS] = _ours(folder / "ours", items, after, questions)
    return {
        "machine": machine(),
        "items": len(items),
        "changed": -(-len(items) // 100),
        "peers": figures_of,
    }


def environment() -> Path:
    """The peers' own interpreter, made when its list changed.

    Raises:
        ProgramError: it could not be made.
    """
    folder = cache_folder().absolute() / "peers"
    python, installed = folder / "bin" / "python", folder / "peers.txt"
    if not installed.is_file() or installed.read_bytes() != REQUIREMENTS.read_bytes():
        say(f"making the peers' environment in {folder} (about 1 GB, once)")
        uv = [str(Path(sys.executable).with_name("uv"))]
        install = ["pip", "install", "-q", "--no-deps"]
        for command in (
            [*uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)],
            [*uv, *install, "--python", str(python), "-r", str(REQUIREMENTS)],
        ):
            if subprocess.run(command, check=False).returncode:
                raise ProgramError(
                    f"{' '.join(command)} failed. Check the network and the disk, then try again."
                )
        # Torch, by far the largest, is the one that is here already; what the peers' list names
        # goes first.
        (Path(next(folder.glob("lib/*/site-packages"))) / "torch.pth").write_text(
            sysconfig.get_path("purelib")
        )
        shutil.copyfile(REQUIREMENTS, installed)
    return python


def _peer(folder: Path, name: str, command: Sequence[str], model: str) -> dict[str, Any]:
    documents = len((folder / "documents.jsonl").read_bytes().splitlines())
    built = _timed([*command, "build", str(folder), model])
    updated = _timed([*command, "change", str(folder), model])
    answers = json.loads(_run([*command, "ask", str(folder), model]))
    per_second = None
    if name in OVER_HTTP:
        with _served([*command, "serve", str(folder), model], "/search?query=") as port:
            per_second = _over_http(port, "/search?", "query", folder)
    return _figures(documents, built, updated, answers, per_second)


def _ours(
    folder: Path, items: Sequence[Item], after: Sequence[Item], questions: Sequence[str]
) -> dict[str, Any]:
    store = Folder(folder / "store")
    (cache := folder / "cache").mkdir(parents=True)
    (cache / "encoders").symlink_to((cache_folder() / "encoders").resolve())
    (folder / "questions.json").write_text(json.dumps(questions), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "index_builder",
        "build",
        "--store",
        str(store.root),
        "--report",
    ]
    variables = {"SEARCHBAR_CACHE": str(cache)}
    built = _timed([*command, str(folder), admit(store, items)], variables)
    live = store.ids("release")[-1]
    updated = _timed([*command, str(folder), admit(store, after), "--live", live], variables)
    release = Release.open(store.path("release", store.ids("release")[-1]))
    engine = Engine.open(release)

    def ask(text: str) -> list[str]:
        return [hit.id for hit in engine.search(Question(text)).hits]

    answers = answer_times(ask, questions)
    serve = [sys.executable, "-m", "searchbar", "serve", str(release.path), "--port"]
    with _served(serve, "/search?q=") as port:
        per_second = _over_http(port, "/search?", "q", folder)
    return _figures(len(items), built, updated, answers, per_second)


def _figures(
    documents: int,
    built: tuple[float, float],
    updated: tuple[float, float],
    answers: Any,
    per_second: float | None,
) -> dict[str, Any]:
    return {
        "build_documents_per_second": round(documents / built[0], 1),
        "build_documents_per_cpu_second": round(documents / built[1], 1),
        "change_seconds": round(updated[0], 1),
        "change_cpu_seconds": round(updated[1], 1),
        "p50_ms": round(median(answers["ms"]), 2),
        "http_questions_per_second": per_second,
        "answered": sum(1 for ids in answers["found"] if ids),
    }


def _questions(items: Sequence[Item]) -> list[str]:
    """Beginnings of titles and stretches of descriptions, seeded."""
    chance = random.Random(3)
    questions: list[str] = []
    while len(questions) < QUESTIONS:
        words = (chance.choice(items).description or chance.choice(items).title).split()
        start = chance.randrange(max(1, len(words) - 5))
        questions.append(" ".join(words[start : start + chance.randint(2, 6)])[:200] or "a thing")
    return questions


def _write(
    folder: Path, items: Sequence[Item], after: Sequence[Item], questions: Sequence[str]
) -> None:
    template = read_recipe().template
    folder.mkdir(parents=True)
    lists = {
        "documents": items,
        "after": after,
        "changed": [new for old, new in zip(items, after, strict=True) if old != new],
    }
    for name, rows in lists.items():
        lines = (
            json.dumps({"id": item.id, "text": text_of(item, template)}) + "\n" for item in rows
        )
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    (folder / "questions.json").write_text(json.dumps(questions), encoding="utf-8")


def _timed(
    command: Sequence[str], variables: Mapping[str, str] | None = None
) -> tuple[float, float]:
    """Seconds on the clock and of the processors, from the start of a process to its end."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    _run(command, variables)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _run(command: Sequence[str], variables: Mapping[str, str] | None = None) -> str:
    process = subprocess.run(
        command, cwd=ROOT, env=_environment(variables), capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise ProgramError(
            f"{' '.join(command)} ended with {process.returncode}: {process.stderr[-600:]}."
            " Run it by hand."
        )
    return process.stdout


def _environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    quiet = {
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "true",
        "ANONYMIZED_TELEMETRY": "False",
    }
    return {**os.environ, **quiet, **(variables or {})}


@contextmanager
def _served(command: Sequence[str], path: str) -> Iterator[int]:
    """A server that has answered a question; yields its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen(
        [*command, str(port)], cwd=ROOT, env=_environment(), stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + START_SECONDS
        while not _answers(f"http://127.0.0.1:{port}{path}hello"):
            if process.poll() is not None or time.monotonic() > until:
                raise ProgramError(f"{' '.join(command)} does not answer. Run it by hand.")
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=30) as answer:
            return int(answer.status) == 200
    except OSError:
        return False


def _over_http(port: int, path: str, name: str, folder: Path) -> float:
    questions = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    chance = random.Random(5)

    def ask() -> str:
        # No question is asked twice, so nobody answers from memory.
        return path + urlencode({name: f"{chance.choice(questions)} {chance.randrange(100_000)}"})

    times = asyncio.run(run(port, ask, CLIENTS, SECONDS))
    return float(figures(times, SECONDS)["per_s"])


def table(report: Mapping[str, Any]) -> str:
    """The figures for people, as Markdown."""
    head = f"{report['items']:,} documents, {report['changed']:,} changed; {report['machine']}\n\n"
    head += (
        "| | documents/s | per CPU s | 1 % changed, s | CPU s | question p50, ms | questions/s,"
        " HTTP |\n"
    )
    head += "|---|--:|--:|--:|--:|--:|--:|\n"
    return head + "\n".join(
        f"| {name} | {f['build_documents_per_second']} | {f['build_documents_per_cpu_second']}"
        f" | {f['change_seconds']} | {f['change_cpu_seconds']} | {f['p50_ms']}"
        f" | {f['http_questions_per_second'] or '–'} |"
        for name, f in report["peers"].items()
    )


def _names(listed: str | None) -> list[str]:
    names = list(PEERS) if listed is None else [name for name in listed.split(",") if name]
    if unknown := [name for name in names if name not in PEERS]:
        raise UsageError(f"there is no peer {unknown[0]!r}. There are: {', '.join(PEERS)}.")
    return names


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        "snapshot", metavar="SNAPSHOT", help="an id in the store, a path, or a channel's name"
    )
    parser.add_argument(
        "--items", type=int, default=10_000, help="so many, drawn by a seed (default: %(default)s)"
    )
    parser.add_argument(
        "--only", metavar="NAMES", help=f"some of {','.join(PEERS)}; empty: ours alone"
    )
    parser.add_argument("--folder", help="where everything lies meanwhile")
    parser.add_argument("--store")
    add_options(parser)
    return parser


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    sys.exit(run_program("benchmarks", main))
