"""How near to its limit this machine's GPU encodes, and how long indexes of whole builds take.

    python benchmarks/gpu.py SNAPSHOT [--texts 63000] [--index 1000000] [--json]

Tokens a second of real texts, by the road that a build takes, beside the most that the GPU could
do: the matrix products of this encoder alone, measured on the same GPU in the same precision. Then
the seconds that the inverted lists over so many vectors take to train and fill on the GPU, written
as an index that serves anywhere. Without a GPU: exit code 3. Never run on a GPU so far.
"""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.machine import machine
from benchmarks.recorded import add_options, tell
from index_builder.encoding.export_cache import exported_encoder
from index_builder.encoding.model import encode_on, gpus
from index_builder.encoding.passages import text_of
from index_builder.encoding.weights import Weights
from index_builder.indexing.dense import make_index
from index_builder.recipe import read_recipe
from release_format.cli import run_program
from release_format.exit_codes import ProgramError
from release_format.progress import say
from release_format.snapshot import Snapshot
from release_format.store.locate import open_store

# A batch of so many tokens keeps any GPU busy; so many rounds are timed after as many to warm up.
TOKENS, ROUNDS, DIMENSION = 65_536, 20, 384


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    options = (parser := _parser()).parse_args(arguments)
    devices = gpus()
    if not devices:
        raise ProgramError(
            "there is no GPU here that torch can use. Run this where `nvidia-smi -L` names one."
        )
    recipe = read_recipe()
    weights = Weights.of(recipe)
    snapshot = Snapshot.open(
        open_store(options.store).path("snapshot", options.snapshot), sizes_only=True
    )
    count = min(options.texts, len(snapshot.items))
    texts = [
        text_of(snapshot.items[position], recipe.template, snapshot.schema)
        for position in range(count)
    ]
    say(f"encoding {count:,} texts on {', '.join(devices)}")
    report = {"machine": f"{machine()}, {', '.join(map(name_of, devices))}", "texts": count}
    report |= encoding(devices, weights.folder, exported_encoder(recipe, weights, None), texts)
    report["share_of_ceiling"] = round(
        report["tokens_per_second"] / (len(devices) * ceiling(devices[0], weights.folder)), 3
    )
    report["index_seconds"] = {size: round(indexing(size), 1) for size in (count, options.index)}
    tell("gpu", parser, options, report, table(report))
    return 0


def encoding(
    devices: Sequence[str], weights: Path, encoder: Path, texts: Sequence[str]
) -> dict[str, Any]:
    """Texts and tokens a second, loading the model and tokenising included."""
    started, rows = time.perf_counter(), 0
    for positions, vectors in encode_on(devices, weights, encoder, texts):
        rows += len(positions)
        assert vectors.shape == (len(positions), DIMENSION)
    seconds = time.perf_counter() - started
    assert rows == len(texts)
    return {
        "encode_seconds": round(seconds, 1),
        "texts_per_second": round(len(texts) / seconds),
        "tokens_per_second": round(tokens_in(encoder, texts) / seconds),
    }


def tokens_in(encoder: Path, texts: Sequence[str]) -> int:
    """How many tokens the encoder reads of these texts."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokens = 0
    for start in range(0, len(texts), 4_096):
        encodings = tokenizer.encode_batch_fast(list(texts[start : start + 4_096]))
        tokens += sum(len(encoding.ids) for encoding in encodings)
    return tokens


def ceiling(device: str, weights: Path, tokens: int = TOKENS, rounds: int = ROUNDS) -> float:
    """Tokens a second of nothing but this encoder's matrix products, attention's left out."""
    import torch

    shapes = products(json.loads((weights / "config.json").read_bytes()))
    half = torch.bfloat16 if device == "cpu" or torch.cuda.is_bf16_supported() else torch.float16
    inputs = {rows: torch.randn(tokens, rows, device=device, dtype=half) for rows, _ in shapes}
    factors = [
        (rows, torch.randn(rows, columns, device=device, dtype=half)) for rows, columns in shapes
    ]

    def once() -> None:
        for rows, factor in factors:
            inputs[rows] @ factor

    return tokens / _seconds(once, device, rounds)


def products(config: Mapping[str, Any]) -> list[tuple[int, int]]:
    """The shapes of the matrices that every token is multiplied by, over all layers."""
    hidden, between = int(config["hidden_size"]), int(config["intermediate_size"])
    return [*[(hidden, hidden)] * 4, (hidden, between), (between, hidden)] * int(
        config["num_hidden_layers"]
    )


def _seconds(work: Callable[[], None], device: str, rounds: int) -> float:
    import torch

    def wait() -> None:
        if device != "cpu":
            torch.cuda.synchronize(device)

    for _ in range(rounds):
        work()
    wait()
    started = time.perf_counter()
    for _ in range(rounds):
        work()
    wait()
    return (time.perf_counter() - started) / rounds


def indexing(size: int) -> float:
    """Seconds that training and filling the lists of so many clustered vectors takes."""
    vectors = clustered(size)
    started = time.perf_counter()
    make_index("lists", vectors)
    return time.perf_counter() - started


def clustered(size: int, clusters: int = 256) -> NDArray[np.float16]:
    """Unit vectors around seeded centres."""
    random = np.random.default_rng(1)
    centres = random.standard_normal((clusters, DIMENSION), np.float32)
    vectors = np.empty((size, DIMENSION), np.float16)
    for start in range(0, size, 65_536):
        count = min(65_536, size - start)
        noise = random.standard_normal((count, DIMENSION), np.float32)
        batch = centres[random.integers(clusters, size=count)] + noise
        vectors[start : start + count] = batch / np.linalg.norm(batch, axis=1, keepdims=True)
    return vectors


def name_of(device: str) -> str:
    """What a GPU is called."""
    import torch

    return torch.cuda.get_device_name(device)


def table(report: Mapping[str, Any]) -> str:
    """The figures for people."""
    rows = [
        ("texts encoded", f"{report['texts']:,} in {report['encode_seconds']} s"),
        ("texts a second", f"{report['texts_per_second']:,}"),
        ("tokens a second", f"{report['tokens_per_second']:,}"),
        ("of what the matrix products alone allow", f"{report['share_of_ceiling']:.0%}"),
        *(
            (f"index of {size:,} vectors", f"{seconds} s")
            for size, seconds in report["index_seconds"].items()
        ),
    ]
    return f"{report['machine']}\n\n| | |\n|---|--:|\n" + "\n".join(
        f"| {name} | {value} |" for name, value in rows
    )


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise ArgumentTypeError(f"{text!r} is not a number above nothing")
    return int(text)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        "snapshot", metavar="SNAPSHOT", help="an id in the store, a path, or a channel's name"
    )
    parser.add_argument(
        "--texts", type=_positive, default=63_000, help="at most so many (default: %(default)s)"
    )
    parser.add_argument(
        "--index", type=_positive, default=1_000_000, help="vectors (default: %(default)s)"
    )
    parser.add_argument("--store")
    add_options(parser)
    return parser


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    sys.exit(run_program("benchmarks", main))
