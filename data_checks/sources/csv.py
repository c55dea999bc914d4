"""Here is a CSV file, or the pair of descriptions and topics: give me rows."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from data_checks import CatalogueError
from data_checks.sources import Reading, Row
from data_checks.sources.stream import LONGEST_LINE, text_lines
from release_format.program import USAGE

if TYPE_CHECKING:
    from pandas import DataFrame

DESCRIPTIONS, TOPICS = "descriptions.csv", "topics.csv"
ORPHAN = "topic-without-project"
CHUNK = 2_000


class Pair(NamedTuple):
    """The two files of a catalogue folder; there may be no topics."""

    descriptions: Path
    topics: Path | None


def find_pair(folder: Path) -> Pair:
    """The one file that ends with descriptions.csv, and the one that ends with topics.csv.

    Raises:
        CatalogueError: there is none, or more than one.
    """
    descriptions, topics = (sorted(folder.glob(f"*{end}")) for end in (DESCRIPTIONS, TOPICS))
    if len(descriptions) != 1 or len(topics) > 1:
        raise CatalogueError(
            f"{folder} should hold one file *{DESCRIPTIONS} and at most one *{TOPICS}, but holds"
            f" {len(descriptions)} and {len(topics)}. Give the folder of a catalogue, or the file itself.",
            USAGE,
        )
    return Pair(descriptions[0], topics[0] if topics else None)


def generate_data(descriptions: DataFrame, topics: DataFrame) -> DataFrame:
    """Join descriptions (id, title, …) with topics (id, topic): one row a project, `topics` a sorted list.

    A project without a topic stays, with an empty list. `problem` tells apart: "double-id" (each row of that id),
    "empty-title", and "topic-without-project" (a row of its own, with nothing but id and topics).
    """
    named = topics.dropna(subset=["id", "topic"])
    listed = named.groupby("id")["topic"].agg(lambda several: sorted(set(several)))
    joined = descriptions.reset_index(drop=True)
    joined["topics"] = [listed.get(id, []) for id in joined["id"]]
    joined["problem"] = ""
    titles = joined["title"].fillna("").astype(str).str.strip()
    joined.loc[titles == "", "problem"] = "empty-title"
    joined.loc[joined["id"].duplicated(keep=False), "problem"] = "double-id"
    orphans = listed[~listed.index.isin(joined["id"])].rename("topics").reset_index()
    if orphans.empty:
        return joined
    import pandas as pd

    return pd.concat([joined, orphans.assign(problem=ORPHAN)], ignore_index=True)


def rows(address: str, how: Reading | None = None, needed: tuple[str, ...] = ("id",)) -> Iterator[Row]:
    """The rows of one CSV file with a header; a row with too few or too many fields is a broken row, never lost.

    Raises:
        CatalogueError: no header, another delimiter, a column missing, or a quote that never closes.
    """
    csv.field_size_limit(LONGEST_LINE)
    with text_lines(address) as lines:
        reader = csv.reader(lines, strict=True)
        try:
            header = _header(address, next(reader), how or Reading({}), needed)
            for fields in reader:
                if fields:
                    yield _row(f"line {reader.line_num}", header, fields)
        except csv.Error as error:
            raise CatalogueError(
                f"{address} breaks off or is misquoted at line {reader.line_num} ({error}). Export it again."
            ) from error


def _header(address: str, fields: list[str], how: Reading, needed: tuple[str, ...]) -> list[str]:
    names = [field.strip() for field in fields]
    wanted = [how.columns.get(word, word) for word in needed]
    missing = [name for name in wanted if name not in names]
    if not missing:
        if twice := {name for name in names if names.count(name) > 1}:
            raise CatalogueError(f"{address} has the column {min(twice)!r} twice. Rename one of them.")
        return names
    for delimiter, said in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if set(wanted) <= {name.strip(' "') for name in delimiter.join(fields).split(delimiter)}:
            raise CatalogueError(f"{address} is separated by {said}. Save it with commas.")
    raise CatalogueError(
        f"{address} has no column {missing[0]!r}; it has {', '.join(map(repr, names[:12]))}."
        " Add it to the first line, or say --columns id=NAME."
    )


def _row(place: str, header: list[str], fields: list[str]) -> Row:
    if len(fields) != len(header):
        return Row(place, {"fields": fields}, f"has {len(fields)} fields where the header has {len(header)}")
    return Row(place, dict(zip(header, fields, strict=True)))


def pair_rows(pair: Pair, how: Reading) -> Iterator[Row]:
    """The rows of the pair, joined a chunk at a time: topics wait in a file, not in memory.

    Raises:
        CatalogueError: one of the two cannot be read.
    """
    described = rows(str(pair.descriptions), how)
    if pair.topics is None:
        yield from described
        return
    with _Topics() as waiting:
        yield from waiting.fill(rows(str(pair.topics), needed=("id", "topic")))
        while chunk := list(islice(described, CHUNK)):
            yield from (row for row in chunk if row.broken)
            yield from _joined([how.rename(row.values) for row in chunk if not row.broken], chunk, waiting)
        yield from waiting.without_project()


def _joined(values: list[dict[str, object]], chunk: list[Row], waiting: _Topics) -> Iterator[Row]:
    import pandas as pd

    if not values:
        return
    places = [row.place for row in chunk if not row.broken]
    descriptions = pd.DataFrame(values, dtype=object)
    if "title" not in descriptions:
        descriptions["title"] = ""
    topics = pd.DataFrame(waiting.take([str(row["id"]) for row in values]), columns=["id", "topic"], dtype=object)
    joined = generate_data(descriptions, topics).drop(columns="problem")
    for place, row in zip(places, joined.to_dict("records"), strict=True):
        yield Row(place, {str(name): value for name, value in row.items()})


class _Topics:
    """Topics by project id, in a temporary database."""

    def __enter__(self) -> _Topics:
        self._database = sqlite3.connect("", isolation_level=None)  # a file that goes away with the connection
        self._database.execute("BEGIN")
        self._database.execute("CREATE TABLE topics (id, topic, place, used DEFAULT 0)")
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def fill(self, read: Iterator[Row]) -> Iterator[Row]:
        """Take the topics in; give back the rows that are none."""
        for row in read:
            if row.broken:
                yield Row(f"topics, {row.place}", row.values, row.broken)
            else:
                packed = (_packed(row.values["id"]), _packed(row.values["topic"]), row.place)
                self._database.execute("INSERT INTO topics (id, topic, place) VALUES (?, ?, ?)", packed)
        self._database.execute("CREATE INDEX by_id ON topics (id)")

    def take(self, ids: list[str]) -> list[tuple[str, str]]:
        """The topics of these projects."""
        found = []
        for id in ids:
            self._database.execute("UPDATE topics SET used = 1 WHERE id = ?", (_packed(id),))
            several = self._database.execute("SELECT topic FROM topics WHERE id = ?", (_packed(id),))
            found += [(id, _unpacked(topic)) for (topic,) in several]
        return found

    def without_project(self) -> Iterator[Row]:
        """A broken row for each topic whose project never came."""
        lost = self._database.execute("SELECT id, topic, place FROM topics WHERE NOT used ORDER BY id, topic")
        for id, topic, place in lost:
            values = {"id": _unpacked(id), "topic": _unpacked(topic)}
            yield Row(f"topics, {place}", values, ORPHAN)


def _packed(text: object) -> bytes:
    return str(text).strip().encode("utf-8", "surrogateescape")


def _unpacked(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
