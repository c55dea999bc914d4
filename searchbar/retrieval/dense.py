"""Dense retrieval: the items whose passages lie nearest to a vector."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from release_format.items import read_offsets
from release_format.release import INDEX, PASSAGES, VECTORS
from searchbar.errors import Cause, SearchError
from searchbar.retrieval.float16 import widened
from searchbar.retrieval.ranges import places

# Up to so many passages are gone through one by one: a graph or cells that are asked to leave out
# most find less. Where the index itself goes through all, it passes over one much faster (1 : 500)
# than NumPy fetches one.
FEW, PASSED_OVER = 4096, 500
# From this share of the passages on, what is not allowed is passed by among more that are found:
# measured on 65,807 passages, .9 ms beside 3.3 with a selector at a share of .9, 1.5 both at .3.
PASSED_BY, MORE = 0.35, 1.3
CHUNK = 16384
DEPTH = 200
SAMPLE = 8

# The stubs that come with faiss lack the keyword arguments of its own classes.
_faiss: Any = faiss

Positions = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Allowed:
    """The items that may be found: a mask over all, how many passages they have, and a selector
    for many."""

    mask: NDArray[np.bool_]
    passages: int
    selector: Any


class Dense:
    """The passages of a release: their stored vectors, the index over them, and their items."""

    def __init__(
        self, index: faiss.Index, vectors: NDArray[np.float16], offsets: NDArray[np.int64]
    ) -> None:
        self._index, self.vectors, self._offsets = index, vectors, offsets
        self.items = len(offsets) - 1
        through_all = isinstance(_faiss.downcast_index(selectable(index)), faiss.IndexFlatCodes)
        self._few = min(FEW, len(vectors) // PASSED_OVER) if through_all else FEW
        self._is_refined = isinstance(_faiss.downcast_index(index), faiss.IndexRefine)
        self._one_each = len(vectors) == self.items
        # Among so many of the nearest passages there are usually enough items; asked again, there
        # always are.
        self._passages_each = (
            1 if self._one_each else min(2.0, 1.1 * len(vectors) / max(1, self.items))
        )
        self._item_of = (
            None
            if self._one_each
            else np.repeat(np.arange(self.items, dtype=np.int32), np.diff(offsets))
        )

    @classmethod
    def open(cls, directory: Path) -> Dense:
        """Open the passages of a release, memory-mapped: two servers of one file share its pages.

        Raises:
            SearchError: a file is unreadable, or the three do not belong together.
        """
        try:
            vectors = np.load(directory / VECTORS, mmap_mode="r").view(np.ndarray)
            offsets = np.array(read_offsets(directory / PASSAGES), np.int64)
            index = read_index(directory / INDEX)
            vectors = _held(index, vectors)
        except (OSError, ValueError, RuntimeError) as error:
            raise _broken(directory, str(error).splitlines()[0]) from error
        if (
            vectors.ndim != 2
            or index.d != vectors.shape[1]
            or index.ntotal != len(vectors)
            or offsets[-1] != len(vectors)
        ):
            raise _broken(directory, f"{VECTORS}, {PASSAGES} and {INDEX} do not belong together")
        return cls(index, vectors, offsets)

    def allow(self, mask: NDArray[np.bool_]) -> Allowed:
        """Prepare searching among some items only; worth keeping for other questions, too."""
        bits = mask if self._item_of is None else mask[self._item_of]
        passages = int(np.count_nonzero(bits))
        return Allowed(mask, passages, _selector(bits) if passages > self._few else None)

    def nearest(
        self, vector: Floats, k: int, allowed: Allowed | NDArray[np.bool_] | None = None
    ) -> Positions:
        """The k items nearest to a vector, best first, among those allowed (or a mask of them)."""
        if isinstance(allowed, np.ndarray):
            allowed = self.allow(allowed)
        if allowed is None or allowed.selector is not None:
            # Some kinds of index take no selector, and some find less than there is behind one.
            with contextlib.suppress(RuntimeError):
                if len(nearest := self._near(vector, k, allowed)) >= k:
                    return nearest[:k]
        rows = np.arange(len(self.vectors))
        if allowed is not None:
            rows = self.rows(np.flatnonzero(allowed.mask))
        return self._items_of(rows[np.argsort(-self._cosines(rows, vector), kind="stable")])[:k]

    def _near(self, vector: Floats, k: int, allowed: Allowed | None) -> Positions:
        """The items nearest by the index, at least k where there are so many."""
        if allowed is None:
            return self._ask(vector, k, len(self.vectors), None)
        share = allowed.passages / len(self.vectors)
        if self._is_refined and share >= PASSED_BY:
            # What a compressed index finds is refined by the very vectors that a selector has
            # scanned: as many more are found as it takes.
            found = self._ask(vector, round(MORE * k / share), len(self.vectors), None)
            shown = found[allowed.mask[found]]
            if len(shown) >= k:
                return shown
        return self._ask(vector, k, allowed.passages, allowed.selector)

    def best_passages(self, positions: Positions, vector: Floats) -> Floats:
        """Each item's passage vector that is nearest to `vector`, (n, d); zeros where none is."""
        if self._one_each:
            return widened(self.vectors[positions])
        starts = self._offsets[positions]
        counts = self._offsets[positions + 1] - starts
        if counts.all():
            best = widened(self.vectors[starts])
        else:
            best = np.zeros((len(positions), self.vectors.shape[1]), np.float32)
            best[counts > 0] = widened(self.vectors[starts[counts > 0]])
        several = np.flatnonzero(counts > 1)
        vectors = widened(self.vectors[places(starts[several], counts[several])])
        order = np.lexsort((-(vectors @ vector), np.repeat(several, counts[several])))
        best[several] = vectors[order[np.cumsum(counts[several]) - counts[several]]]
        return best

    def rows(self, positions: Positions) -> Positions:
        """The passages of these items."""
        if self._one_each:
            return positions
        starts = self._offsets[positions]
        return places(starts, self._offsets[positions + 1] - starts)

    def cosines(self, vector: Floats) -> Floats:
        """The cosine of every item's nearest passage, by brute force; -1 where it has none."""
        every = self._cosines(np.arange(len(self.vectors)), vector)
        best = np.full(self.items, -1, np.float32)
        item_of = np.arange(self.items) if self._item_of is None else self._item_of
        np.maximum.at(best, item_of, every)
        return best

    def _cosines(self, rows: Positions, vector: Floats) -> Floats:
        chunks = (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
        return np.concatenate(
            [np.empty(0, np.float32), *(widened(self.vectors[c]) @ vector for c in chunks)]
        )

    def _ask(self, vector: Floats, k: int, most: int, selector: Any) -> Positions:
        """The k nearest items; asks for more passages until they belong to enough items."""
        # OpenMP keeps this for each thread by itself: one that never said it would take every core,
        # and other questions are answered on those.
        faiss.omp_set_num_threads(1)
        index = self._index if selector is None else selectable(self._index)
        parameters = None if selector is None else search_parameters(index, selector)
        # Compressed kinds of index lose less the deeper they are asked, and so deep costs next to
        # nothing.
        wanted = min(round(max(k, DEPTH) * self._passages_each), most)
        while True:
            _, rows = index.search(vector[None], max(1, wanted), params=parameters)
            items = self._items_of(rows[0][rows[0] >= 0])
            if len(items) >= k or wanted >= most:
                return items
            wanted = min(4 * wanted, most)

    def _items_of(self, rows: Positions) -> Positions:
        if self._item_of is None:
            return rows
        items = self._item_of[rows]
        _, first = np.unique(items, return_index=True)
        return items[np.sort(first)].astype(np.int64)


def _selector(bits: NDArray[np.bool_]) -> Any:
    return _faiss.IDSelectorBitmap(np.packbits(bits, bitorder="little"))


def read_index(path: Path) -> faiss.Index:
    """Open an index file, memory-mapped where its kind can be."""
    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError:
        return faiss.read_index(str(path))


def _held(index: faiss.Index, vectors: NDArray[np.float16]) -> NDArray[np.float16]:
    """The stored vectors; those of the index file where it holds the same: one file is read."""
    whole = selectable(index)
    if (
        not isinstance(whole, faiss.IndexScalarQuantizer)
        or whole.code_size != 2 * vectors.shape[-1]
    ):
        return vectors
    codes = _faiss.rev_swig_ptr(whole.codes.data(), whole.codes.size())
    held: NDArray[np.float16] = codes.view(np.float16).reshape(-1, vectors.shape[-1])
    is_same = held.shape == vectors.shape and np.array_equal(held[:SAMPLE], vectors[:SAMPLE])
    return held if is_same else vectors


def selectable(index: faiss.Index) -> Any:
    """The part of an index that takes a selector: of a refined one, what it is refined by."""
    known = _faiss.downcast_index(index)
    is_refined = isinstance(known, faiss.IndexRefine)
    return _faiss.downcast_index(known.refine_index) if is_refined else index


def search_parameters(index: faiss.Index, selector: Any) -> Any:
    """Parameters that add a selector to what the index was tuned to."""
    index = _faiss.downcast_index(index)
    if isinstance(index, faiss.IndexIVF):
        return _faiss.SearchParametersIVF(sel=selector, nprobe=index.nprobe)
    if isinstance(index, faiss.IndexHNSW):
        return _faiss.SearchParametersHNSW(sel=selector, efSearch=index.hnsw.efSearch)
    return _faiss.SearchParameters(sel=selector)


def _broken(directory: Path, why: str) -> SearchError:
    return SearchError(
        Cause.BROKEN_RELEASE,
        f"the passages in {directory}: {why}. Fetch or build the release again.",
    )
