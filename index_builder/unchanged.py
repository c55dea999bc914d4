"""Here are the items of live and those of a snapshot: where does each one stand there, letter by letter the same?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from release_format.items import Items

CHANGED = -1


def places_in_live(items: Items, live: Items) -> NDArray[np.int64]:
    """The position in live of every item, (items,); CHANGED for those that are new or say something else."""
    there = {line: position for position, line in enumerate(live.lines())}
    return np.fromiter((there.get(line, CHANGED) for line in items.lines()), np.int64, len(items))
