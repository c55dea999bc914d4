"""Values that change by the minute (price, stock), from a file that may change while we serve."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from release_format.fields import FieldType, Schema
from release_format.items import Items, id_of
from searchbar.retrieval.columns import Columns
from searchbar.retrieval.facets import Facets
from searchbar.retrieval.values.state import (
    ValuesState,
    changed_columns,
    changed_facets,
    changes_of,
)
from searchbar.retrieval.values.table import read_table
from searchbar.watched_file import WatchedFile

CHANGEABLE = (FieldType.NUMBER, FieldType.BOOLEAN, FieldType.DATE, FieldType.KEYWORD)
NAME = "the file of values"
LARGEST = 1 << 30
# From one id in so many items on, all items are passed through once rather than looked up each.
WHOLE_PASS = 64
MOST_NAMED, LONGEST_NAMED = 5, 64
_log = logging.getLogger("uvicorn.error")


class Values:
    """The values of now: those of the release, and over them those of a file that is read again
    whenever it changes.

    `state` is one whole state, and replaced by the next as a whole. One thread reads; those that
    ask meanwhile have the state before. A file that vanishes or cannot be read keeps its last
    content, and `problem` says so.
    """

    def __init__(
        self,
        path: Path | None,
        items: Items,
        schema: Schema | None,
        columns: Columns,
        facets: Facets,
    ) -> None:
        self._items, self._schema = items, schema or Schema()
        self._release = ValuesState(columns, facets)
        self.state = self._release
        self._file = path and WatchedFile(
            path,
            NAME,
            remedy="Write it anew.",
            before="the release's own values hold",
            absent=f"there is no file of values {path} yet; it is read once there is one.",
            largest=LARGEST,
        )
        self._positions: Mapping[str, int | None] = {}
        self._told, self._digest = "", b""
        self.refresh()

    @property
    def problem(self) -> str:
        """Why the file cannot be read; "" where it can, or where there is none."""
        return self._file.problem if self._file else ""

    def refresh(self) -> ValuesState:
        """Read the file if it changed, unless another thread does; the state of now."""
        if self._file:
            self._file.refresh(self._take, wait=False)
        return self.state

    def _take(self, content: bytes, written_at: float) -> None:
        digest = hashlib.sha256(content).digest()
        if digest == self._digest:
            self.state = replace(self.state, written_at=written_at)
        else:
            self._read(content, written_at)
            self._digest = digest

    def _read(self, content: bytes, written_at: float) -> None:
        changeable = [each.name for each in self._schema if each.type in CHANGEABLE]
        table = read_table(content, changeable)
        self._positions = self._positions_of(table.rows)
        positions = {id: place for id, place in self._positions.items() if place is not None}
        changes, left_out = changes_of(table, positions, self._schema)
        held, number = self._release, self.state.number + 1
        state = replace(
            held,
            columns=changed_columns(held.columns, changes, self._items.__getitem__, number),
            facets=changed_facets(held.facets, changes),
            changes=changes,
            number=number,
            written_at=written_at,
            rows=len(table.rows),
            unknown=len(table.rows) - len(positions),
            left_out=left_out,
            broken=table.broken,
            ignored=sorted(table.others),
        )
        self.state = state
        self._tell(self._faults(state, sorted(table.rows.keys() - positions.keys())))

    def _positions_of(self, ids: Collection[str]) -> dict[str, int | None]:
        """Where the items of these ids stand; those of ids that were there before are known."""
        positions = {id: self._positions[id] for id in ids if id in self._positions}
        missing = [id for id in ids if id not in positions]
        if len(missing) * WHOLE_PASS < len(self._items):
            return positions | {id: self._items.position(id) for id in missing}
        positions |= dict.fromkeys(missing)
        for position, line in enumerate(self._items.lines()):
            if (id := id_of(line)) in positions:
                positions[id] = position
        return positions

    def _faults(self, state: ValuesState, unknown: Collection[str]) -> str:
        """A sentence on what of the file does not count; empty where all does."""
        sentences = [
            f"{len(state.ignored):,} columns are no number, boolean, date or keyword of this"
            f" release ({_named(state.ignored)})" * bool(state.ignored),
            f"{state.unknown:,} of {state.rows:,} ids are none of this release"
            f" ({_named(unknown)})" * bool(unknown),
            f"{state.left_out:,} cells do not fit their columns" * bool(state.left_out),
            f"{state.broken:,} lines are no rows" * bool(state.broken),
        ]
        text = "; ".join(filter(None, sentences))
        path = self._file.path if self._file else ""
        what = f"in {NAME} {path} {text}. Its other values count; mend the file."
        return what if text else ""

    def _tell(self, sentence: str) -> None:
        """Say it once for as long as it is the same."""
        if sentence and sentence != self._told:
            _log.warning("%s", sentence)
        self._told = sentence


def _named(names: Collection[str]) -> str:
    shown = [f"{name[:LONGEST_NAMED]!a}" for name in list(names)[:MOST_NAMED]]
    return ", ".join(shown) + (" …" if len(names) > MOST_NAMED else "")
