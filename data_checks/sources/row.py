"""A row as its source gives it, and how a source is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One row as the source gives it.

    `place` is for people ("line 7"); `broken` says why it is no row at all.
    """

    place: str
    values: Mapping[str, Any]
    broken: str = ""


@dataclass(frozen=True)
class ReadOptions:
    """How a source is read.

    `columns` maps the words of a snapshot to the names that this source uses.
    """

    columns: Mapping[str, str]
    query: str = ""
