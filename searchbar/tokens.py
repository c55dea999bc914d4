"""Here is an exported encoder: give me a rough vector of a text without running it."""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# The encoder's table of token vectors, beside its graph, which reads it there too.
TABLE_FILE = "token_vectors.npy"
SAMPLE, REMEMBERED = 512, 4096

Floats = NDArray[np.float32]


class TokenVectors:
    """The encoder's own table of token vectors, where it lies: only rows asked for are read.

    A text's rough vector is the mean over its tokens. It is far from the encoder's, yet good enough to say which
    sentence of one item is nearest to a question, ten thousand times cheaper.
    """

    def __init__(self, path: Path) -> None:
        table = np.load(path, mmap_mode="r")
        self._file, self._start, self._width, self._dtype = path.open("rb"), table.offset, table.shape[1], table.dtype
        weakref.finalize(self, self._file.close)
        # Read, not mapped: a map would count most of the table as memory in use.
        self._row = lru_cache(maxsize=REMEMBERED)(lambda token: self._rows(token, 1)[0])
        # What all tokens share says nothing about any of them; some neighbours show it.
        self._mean = self._rows(len(table) // 8, min(SAMPLE, len(table) // 8)).mean(axis=0)

    @classmethod
    def of(cls, encoder: Path) -> TokenVectors | None:
        """The table of `encoder/`; None where the first releases kept it inside the graph."""
        path = encoder / TABLE_FILE
        return cls(path) if path.exists() else None

    def vectors(self, tokens: Sequence[int], starts: Sequence[int] = (0,)) -> Floats:
        """The rough unit vectors of stretches of these tokens, each from its start to the next one's, (n, d)."""
        if not tokens:
            return np.zeros((len(starts), self._width), np.float32)
        rows = np.array([self._row(token) for token in tokens]) - self._mean
        sums = np.add.reduceat(rows, np.minimum(starts, len(rows) - 1), axis=0)
        unit: Floats = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        return unit

    def _rows(self, first: int, many: int) -> Floats:
        bytes_a_row = self._width * self._dtype.itemsize
        data = os.pread(self._file.fileno(), many * bytes_a_row, self._start + first * bytes_a_row)
        return np.frombuffer(data, self._dtype).reshape(many, self._width).astype(np.float32)
