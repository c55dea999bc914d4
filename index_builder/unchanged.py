"""Here are the items of live and those of a snapshot: where does each one stand there, letter by letter the same?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from release_format.items import Items, id_of

CHANGED = -1


def places_in_live(items: Items, live: Items) -> NDArray[np.int64]:
    """The position in live of every item, (items,); CHANGED for those that are new or say something else.

    Both are sorted by id, so one line of each is held at a time, and an id is read only where two lines differ.
    """
    there = np.full(len(items), CHANGED, np.int64)
    others = enumerate(live.lines())
    place, other = next(others, (CHANGED, b""))
    for position, line in enumerate(items.lines()):
        while other and other != line and id_of(other) < id_of(line):
            place, other = next(others, (CHANGED, b""))
        if other == line:
            there[position] = place
            place, other = next(others, (CHANGED, b""))
    return there
