"""An encoder that remembers: a build asks the same questions for several reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from searchbar.retrieval.encoder import Encoder

# Six megabytes of vectors: every question that fits the weight of words, with its readings.
MOST = 4_096


class EncodedOnce(Encoder):
    """Encodes a text once; the first texts are remembered, and no others once these are many."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of whole inputs, their prompts included, (n, d)."""
        different = list(dict.fromkeys(texts))
        known = {text: self._vectors[text] for text in different if text in self._vectors}
        missing = [text for text in different if text not in known]
        known.update(zip(missing, super()._encode(missing), strict=True))
        for text in missing[: max(0, MOST - len(self._vectors))]:
            self._vectors[text] = known[text]
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for place, text in enumerate(texts):
            vectors[place] = known[text]
        return vectors
