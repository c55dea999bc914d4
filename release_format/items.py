"""Items of a catalogue: canonical JSON lines, read by position through a file of offsets."""

from __future__ import annotations

import json
import os
import sys
import weakref
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from release_format.seal import FormatError

ITEMS, OFFSETS = "items.jsonl", "items.offsets"
BEGINNING, _JSON = '{"id":', json.JSONDecoder()
# The key of a catalogue's own fields in a line, and what formats 1 and 2 called it.
OWN_FIELDS, OLD_OWN_FIELDS = "fields", "extra"
FIELDS = ("id", "title", "description", "topics", "url", "image_url", "language", "updated_at")


@dataclass(frozen=True)
class Item:
    """One row of the catalogue.

    Topics are sorted and unique; `extra` holds fields of the catalogue's own, typed as the schema
    of the snapshot says: a number, true or false, a text, or a list of texts.
    """

    id: str
    title: str = ""
    description: str = ""
    topics: tuple[str, ...] = ()
    url: str = ""
    image_url: str = ""
    language: str = ""
    updated_at: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The canonical line: fields in order, extra ones sorted, of empty ones id and title."""
        row: dict[str, Any] = {"id": self.id, "title": self.title}
        for name in FIELDS[2:]:
            if value := getattr(self, name):
                row[name] = list(value) if name == "topics" else value
        if self.extra:
            row[OWN_FIELDS] = {key: self.extra[key] for key in sorted(self.extra)}
        return json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, line: str | bytes) -> Item:
        """Read a canonical line."""
        row = json.loads(line)
        row["topics"] = tuple(row.get("topics", ()))
        if own := own_fields(row):
            row["extra"] = own
        row.pop(OWN_FIELDS, None)
        return cls(**row)


def own_fields(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The catalogue's own fields in the JSON object of an item, whatever its format calls them."""
    own: Mapping[str, Any] = row.get(OWN_FIELDS) or row.get(OLD_OWN_FIELDS) or {}
    return own


def write_items(directory: Path, items: Iterable[Item]) -> int:
    """Write items (already sorted by id) as lines, and the offset of each line; returns how many.

    The offsets are little-endian 64-bit integers, one more than there are items.
    """
    directory.mkdir(parents=True, exist_ok=True)
    offsets, previous = array("Q", [0]), None
    with (directory / ITEMS).open("wb") as file:
        for item in items:
            if previous is not None and item.id <= previous:
                raise ValueError(
                    f"items must come sorted by unique id, but {item.id!r} follows {previous!r}."
                )
            previous = item.id
            offsets.append(offsets[-1] + file.write(item.to_json().encode() + b"\n"))
    write_offsets(directory / OFFSETS, offsets)
    return len(offsets) - 1


def write_offsets(path: Path, offsets: array[int]) -> None:
    """Write 64-bit offsets, little-endian on every machine."""
    if sys.byteorder == "big":
        offsets = array("Q", offsets)
        offsets.byteswap()
    path.write_bytes(offsets.tobytes())


def read_offsets(path: Path) -> array[int]:
    """Read what `write_offsets` wrote."""
    offsets = array("Q")
    data = path.read_bytes()
    if len(data) % 8:
        raise FormatError(f"{path} is cut short. Fetch or build it again.")
    offsets.frombytes(data)
    if sys.byteorder == "big":
        offsets.byteswap()
    return offsets


def id_of(line: bytes) -> str:
    """The id of an item, which its canonical line begins with: the rest of it is not read."""
    text = line.decode()
    whole = not text.startswith(BEGINNING)
    return Item.from_json(text).id if whole else str(_JSON.raw_decode(text, len(BEGINNING))[0])


class Items:
    """The items of a snapshot by position; the lines stay on disk until they are asked for."""

    def __init__(self, directory: Path) -> None:
        self._offsets = read_offsets(directory / OFFSETS)
        path = directory / ITEMS
        size = path.stat().st_size
        if not self._offsets or self._offsets[0] != 0 or self._offsets[-1] != size:
            raise FormatError(f"{path} does not fit its offsets. Fetch or build it again.")
        # Read, not mapped: a map would count whole neighbourhoods of every line asked for as memory
        # in use.
        self._path, self._lines = path, path.open("rb")
        weakref.finalize(self, self._lines.close)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def line(self, position: int) -> bytes:
        """The canonical JSON line of one item."""
        if not 0 <= position < len(self):
            raise IndexError(position)
        start = self._offsets[position]
        return os.pread(self._lines.fileno(), self._offsets[position + 1] - start, start)

    def lines(self) -> Iterator[bytes]:
        """Every canonical line in order, with its end; a tenth of the time of `line` for each."""
        with self._path.open("rb") as file:
            yield from file

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every item as its JSON object, without empty fields: cheaper than `Item` objects."""
        return map(json.loads, self.lines())

    def __getitem__(self, position: int) -> Item:
        return Item.from_json(self.line(position))

    def id(self, position: int) -> str:
        """The id of one item."""
        return id_of(self.line(position))

    def __iter__(self) -> Iterator[Item]:
        return map(Item.from_json, self.lines())

    def position(self, id: str) -> int | None:
        """Where the item with this id stands (binary search; ids are sorted), or None."""
        place = bisect_left(range(len(self)), id, key=self.id)
        return place if place < len(self) and self.id(place) == id else None
