"""Here is an exported encoder: give me a rough vector of a text without running it."""

from __future__ import annotations

import mmap
import os
import weakref
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Field numbers of ONNX's protobuf messages: ModelProto.graph, GraphProto.initializer, and of TensorProto.
GRAPH, INITIALIZER = 7, 5
DIMS, DATA_TYPE, RAW_DATA = 1, 2, 9
TYPES: dict[int, type[np.floating[Any]]] = {1: np.float32, 10: np.float16}
VARINT, FIXED64, BYTES = 0, 1, 2
SAMPLE, REMEMBERED = 512, 4096

Floats = NDArray[np.float32]


class TokenVectors:
    """The encoder's own table of token vectors, where it lies in the model file: only rows asked for are read.

    A text's rough vector is the mean over its tokens. It is far from the encoder's, yet good enough to say which
    sentence of one item is nearest to a question, ten thousand times cheaper.
    """

    def __init__(self, path: Path, start: int, shape: tuple[int, int], dtype: type[np.floating[Any]]) -> None:
        self._file, self._start, self._width, self._dtype = path.open("rb"), start, shape[1], np.dtype(dtype)
        weakref.finalize(self, self._file.close)
        # Read, not mapped: a map would count most of the table as memory in use.
        self._row = lru_cache(maxsize=REMEMBERED)(lambda token: self._rows(token, 1)[0])
        # What all tokens share says nothing about any of them; some neighbours show it.
        self._mean = self._rows(shape[0] // 8, min(SAMPLE, shape[0] // 8)).mean(axis=0)

    @classmethod
    def of_model(cls, path: Path, vocabulary: int) -> TokenVectors | None:
        """The table of a model file; None where it has none that can be read in place."""
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as model:
            for start, end in _messages(model, (GRAPH, INITIALIZER), 0, len(model)):
                shape, kind, (first, last) = _tensor(model, start, end)
                dtype = TYPES.get(kind)
                if dtype is None or len(shape) != 2 or shape[0] < max(8, vocabulary):
                    continue
                if last - first == shape[0] * shape[1] * np.dtype(dtype).itemsize:
                    return cls(path, first, (shape[0], shape[1]), dtype)
        return None

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


def _messages(data: mmap.mmap, path: Sequence[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    for number, kind, first, last in _fields(data, start, end):
        if number == path[0] and kind == BYTES:
            yield from [(first, last)] if len(path) == 1 else _messages(data, path[1:], first, last)


def _tensor(data: mmap.mmap, start: int, end: int) -> tuple[list[int], int, tuple[int, int]]:
    shape: list[int] = []
    data_type, raw = 0, (0, 0)
    for number, kind, first, last in _fields(data, start, end):
        if number == DIMS and kind == VARINT:
            shape.append(first)
        elif number == DIMS and kind == BYTES:
            while first < last:
                size, first = _varint(data, first)
                shape.append(size)
        elif number == DATA_TYPE and kind == VARINT:
            data_type = first
        elif number == RAW_DATA:
            raw = (first, last)
    return shape, data_type, raw


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Each field's number and kind, and where its bytes start and end (or its value, for a number)."""
    while at < end:
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = _varint(data, at)
            yield number, kind, value, value
        elif kind == BYTES:
            size, at = _varint(data, at)
            yield number, kind, at, at + size
            at += size
        else:
            at += 8 if kind == FIXED64 else 4


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
