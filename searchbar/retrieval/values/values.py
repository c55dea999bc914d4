"""Values that change by the minute (price, stock), from a file that may change while we serve."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
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

CHANGEABLE = (FieldType.NUMBER, FieldType.BOOLEAN, FieldType.DATE, FieldType.KEYWORD)
LARGEST = 1 << 30
# A file system's clock is coarse: what was written this lately may be written again unseen.
UNSETTLED_NS = 50_000_000
# From one id in so many items on, all items are passed through once rather than looked up each.
WHOLE_PASS = 64
MOST_NAMED, LONGEST_NAMED = 5, 64
_log = logging.getLogger("uvicorn.error")

Seen = tuple[int, int, int]


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
        self._path, self._items, self._schema = path, items, schema or Schema()
        self._release = ValuesState(columns, facets)
        self.state = self._release
        self.problem = ""
        self._seen: Seen | None = None
        self._digest = b""
        self._positions: Mapping[str, int | None] = {}
        self._told = ""
        self._lock = threading.Lock()
        self.refresh()

    def refresh(self) -> ValuesState:
        """Read the file if it changed, unless another thread does; the state of now."""
        path = self._path
        if path and not self._is_unchanged(path) and self._lock.acquire(blocking=False):
            try:
                self._read(path)
            finally:
                self._lock.release()
        return self.state

    def _is_unchanged(self, path: Path) -> bool:
        try:
            return _seen(path) == self._seen
        except OSError:
            return False

    def _read(self, path: Path) -> None:
        try:
            # Where it lies is looked at first: what is written while we read makes us read again.
            seen = _seen(path)
            if seen[1] > LARGEST:
                self._seen = seen
                self._report(f"is larger than {LARGEST >> 20:,} MiB")
                return
            content = path.read_bytes()
        except OSError as error:
            self._seen = None
            self._report(f"cannot be read ({error.strerror or error})")
            return
        # Of a file with a time to come nothing follows.
        is_settled = not 0 <= time.time_ns() - seen[0] < UNSETTLED_NS
        self._seen = seen if is_settled else None
        digest = hashlib.sha256(content).digest()
        try:
            if digest != self._digest:
                self._take_over(content, seen)
            elif self.state.written_at != seen[0] / 1e9:
                self.state = replace(self.state, written_at=seen[0] / 1e9)
        except (ValueError, RecursionError, MemoryError) as error:
            self._report(f"cannot be read ({error or type(error).__name__})")
            return
        self._digest = digest
        self._report("")

    def _take_over(self, content: bytes, seen: Seen) -> None:
        changeable = [each.name for each in self._schema if each.type in CHANGEABLE]
        table = read_table(content, changeable)
        self._positions = self._positions_of(table.rows)
        positions = {id: place for id, place in self._positions.items() if place is not None}
        changes, left_out = changes_of(table, positions, self._schema)
        state = replace(
            self._release,
            columns=changed_columns(self._release.columns, changes, self._items.__getitem__),
            facets=changed_facets(self._release.facets, changes),
            changes=changes,
            number=self.state.number + 1,
            written_at=seen[0] / 1e9,
            rows=len(table.rows),
            unknown=len(table.rows) - len(positions),
            left_out=left_out,
            broken=table.broken,
            ignored=sorted(table.others),
        )
        self.state = state
        self._tell(state, sorted(table.rows.keys() - positions.keys()))

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

    def _tell(self, state: ValuesState, unknown: Collection[str]) -> None:
        """Say what of the file does not count, once for as long as it is the same."""
        sentences = [
            f"{len(state.ignored):,} columns are no number, boolean, date or keyword of this"
            f" release ({_named(state.ignored)})" * bool(state.ignored),
            f"{state.unknown:,} of {state.rows:,} ids are none of this release"
            f" ({_named(unknown)})" * bool(unknown),
            f"{state.left_out:,} cells do not fit their columns" * bool(state.left_out),
            f"{state.broken:,} lines are no rows" * bool(state.broken),
        ]
        text = "; ".join(filter(None, sentences))
        if text and text != self._told:
            what = "in the file of values %s %s. Its other values count; mend the file."
            _log.warning(what, self._path, text)
        self._told = text

    def _report(self, problem: str) -> None:
        """Say once what is wrong now, and once that it no longer is."""
        if problem and problem != self.problem:
            before = "what it said before still holds"
            what = before if self.state.number else "the release's own values hold"
            _log.warning("the file of values %s %s; %s. Write it anew.", self._path, problem, what)
        elif self.problem and not problem:
            _log.warning("the file of values %s is read again.", self._path)
        self.problem = problem


def _seen(path: Path) -> Seen:
    state = path.stat()
    return state.st_mtime_ns, state.st_size, state.st_ino


def _named(names: Collection[str]) -> str:
    shown = [f"{name[:LONGEST_NAMED]!a}" for name in list(names)[:MOST_NAMED]]
    return ", ".join(shown) + (" …" if len(names) > MOST_NAMED else "")
