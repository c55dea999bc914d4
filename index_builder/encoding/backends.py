"""Encoding backends: the one that is fastest for so many texts on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index_builder.encoding import cpu_backend
from index_builder.encoding.cpu_backend import Vectors
from index_builder.encoding.model import encode_on, gpus
from searchbar.cores import cores

# Where a driver of NVIDIA's is loaded, and so worth the seconds that importing torch takes.
DRIVER = Path("/proc/driver/nvidia/version")
# Fewer texts than this are encoded sooner on the processor than torch is imported.
WORTH_A_GPU, WORTH_AN_ESTIMATE = 2_000, 3_000


@dataclass(frozen=True)
class Backend:
    """What encodes: its name for people, and how it does so.

    `estimate` says how many seconds it will take (0: not worth saying).
    """

    name: str
    encode: Callable[[Sequence[str]], Iterator[tuple[list[int], Vectors]]]
    estimate: Callable[[Sequence[str]], float]


def choose(encoder: Path, weights: Path, count: int) -> Backend:
    """GPUs for many texts where there are any, else every core, in bf16 where that is fast."""
    # Of an encoder that was trained elsewhere there may be the exported one only.
    if count >= WORTH_A_GPU and DRIVER.exists() and weights.is_dir() and (devices := gpus()):
        return Backend(
            f"torch on {', '.join(devices)}",
            lambda texts: encode_on(devices, weights, encoder, texts),
            lambda _: 0.0,
        )
    if not count:
        return Backend("", lambda _: iter(()), lambda _: 0.0)
    engine = cpu_backend.choose_engine()
    return Backend(
        f"{engine} on {cores()} core(s)",
        lambda texts: cpu_backend.encode(encoder, texts, engine),
        lambda texts: _estimate(encoder, texts, engine),
    )


def _estimate(encoder: Path, texts: Sequence[str], engine: str) -> float:
    if len(texts) < WORTH_AN_ESTIMATE:
        return 0.0
    return cpu_backend.estimate(encoder, texts, engine)
