"""Here are vectors: give me a FAISS index file of the kind that their number asks for.

exact    every vector in 16 bits, gone through one by one: nothing is lost (half precision is what is stored anyway)
exact8   the same in 8 bits: half the bytes, .995 of the ten nearest
sketch   a sketch of 4 bits for two dimensions says which few to look at, the vectors in 16 bits say which are nearest
lists    inverted lists over 16 bits, which a GPU can fill: misses what lies just beyond the lists that it looks into
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from release_format.program import say
from release_format.release import INDEX, VECTORS
from searchbar.halves import widened

# Below this, exact search takes under a millisecond (benchmarks/index_size.py).
EXACT_UP_TO = 25_000
# So many vectors FAISS wants to see before it can sketch or list others.
FEWEST_TO_SKETCH = 1_000
AT_ONCE, TRAINED_ON = 16_384, 65_536
SKETCHED_DIMENSIONS, NARROWED_TO = 2, 4
# Sixteen points a pair of dimensions stand still after a few rounds over so many vectors: more of them find no more.
SKETCH_TRAINED_ON, SKETCH_ROUNDS = 2_048, 8

Vectors = NDArray[np.float16]


def write_index(directory: Path, kind: str) -> str:
    """Write the index over the vectors of a release; returns its kind."""
    vectors = np.load(directory / VECTORS, mmap_mode="r")
    chosen = kind_for(len(vectors)) if kind == "auto" or len(vectors) < FEWEST_TO_SKETCH else kind
    faiss.write_index(make_index(chosen, vectors), str(directory / INDEX))
    return chosen


def kind_for(passages: int) -> str:
    """The kind that benchmarks/index_size.py measured to be right for so many passages."""
    return "exact" if passages <= EXACT_UP_TO else "sketch"


def make_index(kind: str, vectors: Vectors) -> faiss.Index:
    """Train and fill an index, on a GPU where there is one and the kind can use it."""
    index = _empty(kind, *vectors.shape)
    worker = _on_gpu(index) if kind == "lists" else index
    sample = SKETCH_TRAINED_ON if kind == "sketch" else TRAINED_ON
    step = max(1, len(vectors) // sample)
    threads = faiss.omp_get_max_threads()
    if kind == "sketch":
        # Its rounds are so short that threads would mostly wait for each other.
        faiss.omp_set_num_threads(1)
    worker.train(widened(vectors[::step][:sample]))
    faiss.omp_set_num_threads(threads)
    for start in range(0, len(vectors), AT_ONCE):
        worker.add(widened(vectors[start : start + AT_ONCE]))
    return index if worker is index else _from_gpu(worker, len(vectors))


def _empty(kind: str, passages: int, dimension: int) -> faiss.Index:
    factory: Any = {
        "exact": "SQfp16",
        "exact8": "SQ8",
        "sketch": f"PQ{dimension // SKETCHED_DIMENSIONS}x4fs,Refine(SQfp16)",
        "lists": f"IVF{_lists(passages)},SQfp16",
    }
    index = faiss.index_factory(dimension, factory[kind], faiss.METRIC_INNER_PRODUCT)
    tuned: Any = faiss.downcast_index(index)
    if kind == "sketch":
        tuned.k_factor = NARROWED_TO
        sketch: Any = faiss.downcast_index(tuned.base_index)
        sketch.pq.cp.niter = SKETCH_ROUNDS
    elif kind == "lists":
        tuned.nprobe = _probed(passages)
    return index


def _lists(passages: int) -> int:
    """About four times the square root, as FAISS advises, and never more than there is to train with."""
    return int(max(1, min(2 ** round(np.log2(4 * np.sqrt(max(1, passages)))), passages // 39, TRAINED_ON // 39)))


def _probed(passages: int) -> int:
    return max(16, _lists(passages) // 2)


def _on_gpu(index: Any) -> Any:
    """The index on every GPU of this machine, or as it is: only faiss-gpu knows of any. Never run so far."""
    gpus = faiss.get_num_gpus() if hasattr(faiss, "index_cpu_to_all_gpus") else 0
    if not gpus:
        return index
    say(f"training and filling the index on {gpus} GPU(s)")
    return faiss.index_cpu_to_all_gpus(index)


def _from_gpu(worker: Any, passages: int) -> faiss.Index:
    """An index that serves anywhere, tuned as the empty one was."""
    served: faiss.Index = faiss.index_gpu_to_cpu(worker)
    tuned: Any = faiss.downcast_index(served)
    tuned.nprobe = _probed(passages)
    return served
