"""The adapter: a linear map of question vectors, learned from a release's questions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from searchbar.errors import Cause, SearchError

FILE = "adapter.f32.npy"

Floats = NDArray[np.float32]
Adapter = Callable[[Floats], Floats]


def open_adapter(release: Path, dimension: int) -> Adapter:
    """The adapter of a release; without one every vector stays where it is.

    Raises:
        SearchError: the file is unreadable, or belongs to another encoder.
    """
    path = release / FILE
    if not path.is_file():
        return _identity
    try:
        matrix = np.load(path)
        if (
            matrix.shape != (dimension, dimension)
            or matrix.dtype != np.float32
            or not np.isfinite(matrix).all()
        ):
            raise ValueError(f"it is no {dimension} × {dimension} matrix of finite numbers")
    except (OSError, ValueError) as error:
        text = f"{path} cannot be used ({error}). Fetch or build the release again."
        raise SearchError(Cause.BROKEN_RELEASE, text) from error
    return lambda vectors: moved(vectors, matrix)


def moved(vectors: Floats, matrix: Floats) -> Floats:
    """Unit vectors (n, d), each multiplied by the matrix, as unit vectors again."""
    products = vectors @ matrix
    norms = np.linalg.norm(products, axis=1, keepdims=True)
    unit: Floats = np.where(norms > 1e-6, products / np.maximum(norms, 1e-6), vectors)
    return unit


def _identity(vectors: Floats) -> Floats:
    return vectors
