"""Half precision, widened as NumPy does."""

from __future__ import annotations

import numpy as np

from searchbar.retrieval.float16 import widened


def test_every_finite_half_is_widened_exactly() -> None:
    every = np.arange(2**16, dtype=np.uint32).astype(np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]
    assert np.array_equal(
        widened(finite).view(np.uint32), finite.astype(np.float32).view(np.uint32)
    )
    square = finite[:10_000].reshape(100, 100)
    assert np.array_equal(widened(square[::2, ::3]), square[::2, ::3].astype(np.float32)), (
        "strided ones too"
    )
    assert widened(np.empty((0, 4), np.float16)).shape == (0, 4)
