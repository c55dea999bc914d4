"""Here is how much there is to encode: give me what is fastest for it on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index_builder import workers
from index_builder.workers import Vectors
from searchbar.cores import cores

# Where a driver of NVIDIA's is loaded, and so worth the seconds that importing torch takes.
DRIVER = Path("/proc/driver/nvidia/version")
# Fewer texts than this are encoded sooner on the processor than torch is imported.
WORTH_A_GPU, WORTH_A_GUESS = 2_000, 3_000


@dataclass(frozen=True)
class Engine:
    """What encodes: its name for people, how it encodes, and how long it says it will take (0: not worth saying)."""

    name: str
    encode: Callable[[Sequence[str]], Iterator[tuple[list[int], Vectors]]]
    foretell: Callable[[Sequence[str]], float]


def choose(encoder: Path, weights: Path, texts: int) -> Engine:
    """GPUs for many texts where there are any, else every core, in bf16 where the processor multiplies in it."""
    # Of an encoder that was trained elsewhere there may be the exported one only.
    if texts >= WORTH_A_GPU and DRIVER.exists() and weights.is_dir() and (found := _gpus(encoder, weights)):
        return found
    if not texts:
        return Engine("", lambda _: iter(()), lambda _: 0.0)
    name = workers.choose_engine()
    said = f"{name} on {cores()} core(s)"
    return Engine(
        said, lambda given: workers.encode(encoder, given, name), lambda given: _guess(encoder, given, name)
    )


def _guess(encoder: Path, texts: Sequence[str], name: str) -> float:
    return workers.foretell(encoder, texts, name) if len(texts) >= WORTH_A_GUESS else 0.0


def _gpus(encoder: Path, weights: Path) -> Engine | None:
    from index_builder.encoder import encode_on, gpus

    devices = gpus()
    if not devices:
        return None
    return Engine(
        f"torch on {', '.join(devices)}", lambda given: encode_on(devices, weights, encoder, given), lambda _: 0.0
    )
