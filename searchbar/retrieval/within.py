"""What filters leave of a release."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from release_format.items import Item, Items
from searchbar.retrieval.words.lexical import Filters, Lexical, Positions

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Within:
    """What the filters of a question leave of a release.

    `filters` are those that the lexical index knows, `has_others` tells of others. `make_mask`
    tells by all of them which items are left, (items,); it is asked when it is needed. `key` is
    equal only where everything else is.
    """

    filters: Filters = field(default_factory=dict)
    has_others: bool = False
    make_mask: Callable[[], Mask] | None = None
    key: Hashable = ()

    def __bool__(self) -> bool:
        return self.make_mask is not None

    @cached_property
    def mask(self) -> Mask | None:
        """Which items are left, (items,), made when it is asked for first; None: all of them."""
        return None if self.make_mask is None else self.make_mask()


ALL = Within()


def holders(
    lexical: Lexical, items: Items, excluded: Callable[[], Positions], phrase: str
) -> Iterator[Item]:
    """The items that hold a phrase and may be shown, read one by one."""
    held = lexical.within({}, (phrase,))
    return (items[int(position)] for position in held[~np.isin(held, excluded())])
