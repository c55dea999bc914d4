"""The dense index (FAISS) over a release's vectors, of the kind that their number asks for.

exact   Every vector in 16 bits, gone through one by one: nothing is lost, since half precision is
        what is stored anyway.
exact8  The same in 8 bits: half the bytes, .995 of the ten nearest.
sketch  A sketch of 4 bits for two dimensions says which few to look at, the vectors in 16 bits say
        which are nearest.
lists   Inverted lists over 16 bits, which a GPU can fill: misses what lies just beyond the lists
        that it looks into.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index_builder.unchanged import CHANGED
from release_format.progress import say
from release_format.release import INDEX, VECTORS
from searchbar.retrieval.dense import read_index
from searchbar.retrieval.float16 import widened

# Below this, exact search takes under a millisecond (benchmarks/index_size.py).
EXACT_UP_TO = 25_000
# So many vectors FAISS wants to see before it can sketch or list others.
FEWEST_TO_SKETCH = 1_000
AT_ONCE, TRAINED_ON = 16_384, 65_536
# FAISS warns of lists that are trained on fewer.
POINTS_A_LIST = 39
SKETCHED_DIMENSIONS, NARROWED_TO = 2, 4
# Sixteen points a pair of dimensions stand still after a few rounds over so many vectors: more of
# them find no more.
SKETCH_TRAINED_ON, SKETCH_ROUNDS = 2_048, 8
# With more than this share of the vectors new since the sketch was trained, it is trained again.
MOST_NEW = 0.1

Vectors = NDArray[np.float16]
Codes = NDArray[np.uint8]

# The stubs that come with faiss lack its packers, and what its own classes hold.
_faiss: Any = faiss


@dataclass(frozen=True)
class LiveIndex:
    """The index of live: its file, the facts of its build, and live's row of each vector.

    A row is CHANGED where live has no such vector.
    """

    path: Path
    facts: Mapping[str, Any]
    rows: NDArray[np.int64]

    @property
    def since(self) -> int:
        """How many of the vectors came after the sketch of live was trained."""
        return int(self.facts.get("since", 0)) + int(np.count_nonzero(self.rows == CHANGED))

    def serves(self, kind: str) -> bool:
        """Whether the sketch of live can be extended."""
        is_sketch = kind == "sketch" and self.facts.get("kind") == kind
        return is_sketch and self.since <= MOST_NEW * len(self.rows)


@dataclass(frozen=True)
class IndexStats:
    """The kind of an index.

    Of a sketch also how many vectors are those of live, and how many came since it was trained.
    """

    kind: str
    from_live: int = 0
    since: int = 0


def write_index(directory: Path, kind: str, live: LiveIndex | None = None) -> IndexStats:
    """Write the index over the vectors of a release.

    Of a sketch only what changed since live is written, where that is little. The scale on which
    vectors are sketched is then that of live: what is near is found among a few by the vectors
    themselves, and how much of it is found the quality gate measures of every index.
    """
    vectors = np.load(directory / VECTORS, mmap_mode="r")
    chosen = kind_for(len(vectors)) if kind == "auto" or len(vectors) < FEWEST_TO_SKETCH else kind
    live = live if live and live.serves(chosen) else None
    faiss.write_index(make_index(chosen, vectors, live), str(directory / INDEX))
    if not live:
        return IndexStats(chosen)
    return IndexStats(chosen, int(np.count_nonzero(live.rows != CHANGED)), live.since)


def kind_for(passages: int) -> str:
    """The kind that benchmarks/index_size.py measured to be right for so many passages."""
    return "exact" if passages <= EXACT_UP_TO else "sketch"


def make_index(kind: str, vectors: Vectors, live: LiveIndex | None = None) -> faiss.Index:
    """Train and fill an index, on a GPU where there is one and the kind can use it.

    A sketch may extend that of live.
    """
    index = _empty(kind, *vectors.shape)
    if kind == "sketch":
        return _sketched(index, vectors, live)
    if kind == "exact":
        _add_stored(index, vectors)
        return index
    worker = _on_gpu(index) if kind == "lists" else index
    worker.train(_sample(vectors, TRAINED_ON))
    _add(worker, vectors)
    return index if worker is index else _from_gpu(worker, len(vectors))


def _sample(vectors: Vectors, most: int) -> NDArray[np.float32]:
    return widened(vectors[:: max(1, len(vectors) // most)][:most])


def _add(index: Any, vectors: Vectors) -> None:
    for start in range(0, len(vectors), AT_ONCE):
        index.add(widened(vectors[start : start + AT_ONCE]))


def _add_stored(index: Any, vectors: Vectors) -> None:
    """Add vectors to an index of 16 bits, which holds them as they are stored."""
    index.add_sa_codes(np.ascontiguousarray(vectors).view(np.uint8))


def _sketched(index: Any, vectors: Vectors, live: LiveIndex | None) -> faiss.Index:
    sketch, exact = (_faiss.downcast_index(part) for part in (index.base_index, index.refine_index))
    if live:
        _extend(sketch, vectors, live)
    else:
        threads = faiss.omp_get_max_threads()
        # Its rounds are so short that threads would mostly wait for each other.
        faiss.omp_set_num_threads(1)
        sketch.train(_sample(vectors, SKETCH_TRAINED_ON))
        faiss.omp_set_num_threads(threads)
        _add(sketch, vectors)
    _add_stored(exact, vectors)
    index.is_trained, index.ntotal = True, len(vectors)
    filled: faiss.Index = index
    return filled


def _extend(sketch: Any, vectors: Vectors, live: LiveIndex) -> None:
    """Take the trained points of live and its sketches of what did not change; sketch the rest."""
    # Owns what the next line looks into, so it needs a name of its own.
    opened = read_index(live.path)
    trained = _faiss.downcast_index(_faiss.downcast_index(opened).base_index)
    sketch.pq, sketch.is_trained = trained.pq, True
    codes = np.empty((len(vectors), sketch.code_size), np.uint8)
    same, changed = np.flatnonzero(live.rows != CHANGED), np.flatnonzero(live.rows == CHANGED)
    codes[same] = _unpacked(trained)[live.rows[same]]
    for start in range(0, len(changed), AT_ONCE):
        part = changed[start : start + AT_ONCE]
        codes[part] = sketch.sa_encode(widened(vectors[part]))
    _pack(sketch, codes)


def _unpacked(sketch: Any) -> Codes:
    """The sketches one by one, (passages, bytes); FAISS interleaves a few dozen in a block."""
    packer = sketch.get_CodePacker()
    blocks = _blocks(sketch, packer)
    codes = np.empty((len(blocks) * packer.nvec, packer.code_size), np.uint8)
    for number, block in enumerate(blocks):
        packer.unpack_all(_faiss.swig_ptr(block), _faiss.swig_ptr(codes[number * packer.nvec :]))
    return codes[: sketch.ntotal]


def _pack(sketch: Any, codes: Codes) -> None:
    packer = sketch.get_CodePacker()
    whole = np.zeros((-(-len(codes) // packer.nvec) * packer.nvec, packer.code_size), np.uint8)
    whole[: len(codes)] = codes
    sketch.codes.resize(len(whole) // packer.nvec * packer.block_size)
    sketch.ntotal, sketch.ntotal2 = len(codes), len(whole)
    for number, block in enumerate(_blocks(sketch, packer)):
        packer.pack_all(_faiss.swig_ptr(whole[number * packer.nvec :]), _faiss.swig_ptr(block))


def _blocks(sketch: Any, packer: Any) -> Codes:
    blocks: Codes = _faiss.rev_swig_ptr(sketch.codes.data(), sketch.codes.size()).reshape(
        -1, packer.block_size
    )
    return blocks


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
    """About four times the square root, as FAISS advises, and no more than can be trained."""
    advised = 2 ** round(np.log2(4 * np.sqrt(max(1, passages))))
    trainable = min(passages, TRAINED_ON) // POINTS_A_LIST
    return int(max(1, min(advised, trainable)))


def _probed(passages: int) -> int:
    return max(16, _lists(passages) // 2)


def _on_gpu(index: Any) -> Any:
    """The index on every GPU of this machine, or as it is: only faiss-gpu knows of any.

    Never run so far.
    """
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
