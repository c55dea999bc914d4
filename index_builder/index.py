"""Here are vectors: give me a FAISS index file of the kind that their number asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from release_format.release import INDEX, VECTORS

AT_ONCE = 65_536
TRAINED_ON = 262_144

Vectors = NDArray[np.float16]


def write_index(directory: Path, kind: str) -> str:
    """Write the index over the vectors of a release; returns its kind."""
    vectors = np.load(directory / VECTORS, mmap_mode="r")
    chosen = kind_for(len(vectors)) if kind == "auto" else kind
    index = _empty(chosen, *vectors.shape)
    _train(index, vectors)
    for start in range(0, len(vectors), AT_ONCE):
        index.add(vectors[start : start + AT_ONCE].astype(np.float32))
    faiss.write_index(index, str(directory / INDEX))
    return chosen


def kind_for(passages: int) -> str:
    """The kind that benchmarks/index_size.py measured to be right for so many passages."""
    return "exact" if passages <= 250_000 else "lists"


def _empty(kind: str, passages: int, dimension: int) -> faiss.Index:
    quantizer, inner = faiss.ScalarQuantizer, faiss.METRIC_INNER_PRODUCT
    if kind == "exact":
        return faiss.IndexScalarQuantizer(dimension, quantizer.QT_fp16, inner)
    if kind == "exact8":
        return faiss.IndexScalarQuantizer(dimension, quantizer.QT_8bit, inner)
    if kind == "graph":
        graph = faiss.index_factory(dimension, "HNSW32_SQ8", inner)
        tuned: Any = faiss.downcast_index(graph)
        tuned.hnsw.efConstruction, tuned.hnsw.efSearch = 200, 256
        return graph
    lists = 2 ** max(4, round(np.log2(max(1, passages)) / 2) + 1)
    index: faiss.Index = faiss.index_factory(dimension, f"IVF{lists},SQ8", inner)
    faiss.extract_index_ivf(index).nprobe = max(8, lists // 16)
    return index


def _train(index: faiss.Index, vectors: Vectors) -> None:
    if not index.is_trained:
        step = max(1, len(vectors) // TRAINED_ON)
        index.train(vectors[::step].astype(np.float32))
