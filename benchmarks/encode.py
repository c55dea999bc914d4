"""How fast a snapshot is encoded, beside sentence-transformers as it comes.

    python benchmarks/encode.py SNAPSHOT [--texts 4000] [--rounds 3] [--json]

Each round runs every way of encoding over the same sample, all cores at work, so that a busy
machine slows all of them; the ratio is the middle one of the rounds. Overlap and cosine are against
sentence-transformers in fp32.
"""

from __future__ import annotations

import os
import random
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.machine import machine
from benchmarks.recorded import add_options, tell
from index_builder.encoding import cpu_backend
from index_builder.encoding.export_cache import exported_encoder
from index_builder.encoding.model import load
from index_builder.encoding.passages import text_of
from index_builder.encoding.weights import Weights
from index_builder.recipe import read_recipe
from release_format.cli import run_program
from release_format.progress import say
from release_format.snapshot import Snapshot
from release_format.store.locate import open_store

REFERENCE = "SentenceTransformer.encode, its defaults"
NEIGHBOURS, SAMPLED = 10, 500
TIE = 1e-6

Floats = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Floats]


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    options = (parser := _parser()).parse_args(arguments)
    recipe = read_recipe()
    weights = Weights.of(recipe)
    encoder = exported_encoder(recipe, weights, None)
    snapshot = Snapshot.open(
        open_store(options.store).path("snapshot", options.snapshot), sizes_only=True
    )
    chosen = random.Random(7).sample(
        range(len(snapshot.items)), min(options.texts, len(snapshot.items))
    )
    texts = [
        text_of(snapshot.items[position], recipe.template, snapshot.schema)
        for position in sorted(chosen)
    ]
    ways: dict[str, Encode] = {REFERENCE: _reference(weights)}
    ways |= {
        name: _ours(encoder, name)
        for name in dict.fromkeys([cpu_backend.choose_engine(), cpu_backend.ONNXRUNTIME])
    }
    report = measure(ways, texts, options.rounds)
    tell("encode", parser, options, report, _table(report))
    return 0


def measure(ways: Mapping[str, Encode], texts: Sequence[str], rounds: int) -> dict[str, object]:
    """Documents a second of each way, and how its vectors agree with the first way's."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    vectors: dict[str, Floats] = {}
    for number in range(rounds):
        for name, encode in ways.items():
            say(f"round {number + 1} of {rounds}: {name}")
            started, computed = time.perf_counter(), time.process_time()
            vectors[name] = encode(texts)
            seconds[name].append(time.perf_counter() - started)
            spent[name].append(time.process_time() - computed)
    rows = {}
    for name in ways:
        pairs = zip(seconds[REFERENCE], seconds[name], strict=True)
        ratios = [reference / own for reference, own in pairs]
        cosines = (vectors[name] * vectors[REFERENCE]).sum(axis=1)
        rows[name] = {
            "documents_per_second": round(len(texts) / median(seconds[name]), 1),
            "documents_per_cpu_second": round(len(texts) / median(spent[name]), 1),
            "times": round(median(ratios), 2),
            "cosine_mean": round(float(cosines.mean()), 5),
            "cosine_min": round(float(cosines.min()), 5),
            "overlap_at_10": round(_overlap(vectors[REFERENCE], vectors[name]), 4),
        }
    return {"machine": machine(), "texts": len(texts), "rounds": rounds, "ways": rows}


def _reference(weights: Weights) -> Encode:
    model = load(weights.folder, weights.max_tokens)

    def encode(texts: Sequence[str]) -> Floats:
        return np.asarray(model.encode(list(texts), show_progress_bar=False), np.float32)

    return encode


def _ours(encoder: Path, engine: str) -> Encode:
    """As a build does it, compiling the model included."""

    def encode(texts: Sequence[str]) -> Floats:
        vectors: Floats | None = None
        for positions, batch in cpu_backend.encode(encoder, texts, engine):
            if vectors is None:
                vectors = np.empty((len(texts), batch.shape[1]), np.float32)
            vectors[positions] = batch
        assert vectors is not None
        unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    return encode


def _overlap(exact: Floats, other: Floats) -> float:
    """The share of the exact ten nearest (ties in mind) that the other vectors find too."""
    shares = []
    for row in range(0, len(exact), max(1, len(exact) // SAMPLED)):
        scores, exact_scores = other @ other[row], exact @ exact[row]
        scores[row] = exact_scores[row] = -1
        nearest = np.argpartition(-scores, NEIGHBOURS)[:NEIGHBOURS]
        threshold = np.partition(exact_scores, -NEIGHBOURS)[-NEIGHBOURS] - TIE
        shares.append(np.mean(exact_scores[nearest] >= threshold))
    return float(np.mean(shares))


def _table(report: Mapping[str, object]) -> str:
    head = f"{report['machine']}\n{report['texts']} texts, {report['rounds']} rounds\n\n"
    head += (
        "| way | documents/s | per CPU s | × | cosine mean / min | overlap@10"
        " |\n|---|--:|--:|--|--:|\n"
    )
    ways = report["ways"]
    assert isinstance(ways, dict)
    return head + "\n".join(
        f"| {name} | {w['documents_per_second']} | {w['documents_per_cpu_second']} | {w['times']}"
        f" | {w['cosine_mean']} / {w['cosine_min']} | {w['overlap_at_10']} |"
        for name, w in ways.items()
    )


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        "snapshot", metavar="SNAPSHOT", help="an id in the store, a path, or a channel's name"
    )
    parser.add_argument("--texts", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--store")
    add_options(parser)
    return parser


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    sys.exit(run_program("benchmarks", main))
