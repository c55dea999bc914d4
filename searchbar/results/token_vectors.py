"""Rough vectors of texts, from the encoder's table of token vectors."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# The encoder's table of token vectors, in the folder of its graph, which reads it too.
TABLE_FILE = "token_vectors.npy"
SAMPLE = 512

Floats = NDArray[np.float32]


class TokenVectors:
    """The encoder's own table of token vectors, where it lies: only rows asked for are read.

    A text's rough vector is the mean over its tokens. It is far from the encoder's, yet good enough
    to say which sentence of one item is nearest to a question, ten thousand times cheaper.
    """

    def __init__(self, path: Path) -> None:
        table = np.load(path, mmap_mode="r")
        # Rows are fetched here and there: reading ahead would soon count all of the table as memory
        # in use.
        table._mmap.madvise(mmap.MADV_RANDOM)
        self._table = table.view(np.ndarray)
        # What all tokens share says nothing about any of them; some neighbours show it.
        first = len(self._table) // 8
        self._mean = self._table[first : first + SAMPLE].mean(axis=0, dtype=np.float32)

    @classmethod
    def of(cls, encoder: Path) -> TokenVectors | None:
        """The table of `encoder/`; None where the first releases kept it inside the graph."""
        path = encoder / TABLE_FILE
        return cls(path) if path.exists() else None

    def vectors(self, texts: Sequence[Sequence[int]]) -> Floats:
        """The rough unit vectors of texts, each given as its tokens, (n, d); zeros for no token."""
        counts = np.array([len(tokens) for tokens in texts], np.int64)
        filled = np.flatnonzero(counts)
        unit = np.zeros((len(texts), self._table.shape[1]), np.float32)
        if len(filled):
            rows = self._table[np.concatenate([texts[place] for place in filled.tolist()])]
            sums = np.add.reduceat(
                rows, (np.cumsum(counts) - counts)[filled], axis=0, dtype=np.float32
            )
            sums -= counts[filled, None] * self._mean
            unit[filled] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        return unit
