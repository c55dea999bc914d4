"""The overlay of a lexical index that extends an earlier one: which documents count, and where.

Such an index keeps the earlier release's segment. What is gone from it is never found any more, but
tantivy goes on counting its terms; here is what to take off.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

POSITIONS, TERMS = "positions.npy", "gone.json"
GONE = 2**32 - 1


@dataclass(frozen=True)
class Overlay:
    """The item's position of every document, by its number in the index, or GONE.

    The first `kept` documents are those of the earlier segment. `gone` says by field and term how
    many of them are gone that held it.
    """

    positions: NDArray[np.uint32]
    kept: int
    gone: Mapping[str, Mapping[str, int]]

    @classmethod
    def open(cls, directory: Path) -> Overlay | None:
        """What `write` wrote; None where a lexical index was written whole.

        Raises:
            OSError, ValueError: the files are damaged.
        """
        if not (directory / TERMS).is_file():
            return None
        table = json.loads((directory / TERMS).read_bytes())
        return cls(np.load(directory / POSITIONS), table["kept"], table["gone"])

    def write(self, directory: Path) -> None:
        """Write the two files."""
        np.save(directory / POSITIONS, self.positions)
        (directory / TERMS).write_text(
            json.dumps({"kept": self.kept, "gone": self.gone}, ensure_ascii=False), encoding="utf-8"
        )

    def among(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which documents belong to items of a mask, by their number."""
        present = self.positions != GONE
        allowed = np.zeros(len(self.positions), np.bool_)
        allowed[present] = mask[self.positions[present]]
        return allowed

    def gone_with(self, field: str, term: str) -> int:
        """How many documents are gone that held this term."""
        return self.gone.get(field, {}).get(term, 0)

    def gone_beginning(self, field: str, prefix: str) -> int:
        """How many different terms with this beginning the gone documents held."""
        return sum(term.startswith(prefix) for term in self.gone.get(field, {}))
