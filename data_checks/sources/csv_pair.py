"""Rows of a catalogue folder: descriptions and topics in two CSV files, joined by id."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from data_checks.errors import CatalogueError
from data_checks.sources import csv
from data_checks.sources.mapping.columns import named
from data_checks.sources.mapping.common_names import candidates
from data_checks.sources.mapping.mapped import mapped
from data_checks.sources.row import ReadOptions, Row
from release_format.exit_codes import USAGE
from release_format.listing import listed

if TYPE_CHECKING:
    from pandas import DataFrame

DESCRIPTIONS, TOPICS = "descriptions.csv", "topics.csv"
ORPHAN = "topic-without-project"
CHUNK = 2_000
# What may lie in a folder beside its one file of data.
NO_CATALOGUE = (TOPICS, "judgments.jsonl", "questions.jsonl", ".txt")


class CsvPair(NamedTuple):
    """The two files of a catalogue folder; there may be no topics."""

    descriptions: Path
    topics: Path | None


def is_pair(folder: Path) -> bool:
    """Whether a folder holds descriptions, so that it is no folder with a single file."""
    return any(folder.glob(f"*{DESCRIPTIONS}"))


def only_file(folder: Path, endings: Collection[str]) -> Path:
    """The one file of data in a folder that holds no pair.

    Raises:
        CatalogueError: there is none, or more than one.
    """
    files = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix in endings and not path.name.endswith(NO_CATALOGUE) and path.is_file()
    ]
    if len(files) != 1:
        names = listed([path.name for path in files], 8) or "none"
        raise CatalogueError(
            f"{folder} should hold one file *{DESCRIPTIONS} and at most one *{TOPICS}, or one file"
            f" of data, but holds {len(files)} ({names}). Give the folder of a catalogue, or the"
            " file itself.",
            USAGE,
        )
    return files[0]


def find_pair(folder: Path) -> CsvPair:
    """The one file that ends with descriptions.csv, and the one that ends with topics.csv.

    Raises:
        CatalogueError: there is none, or more than one.
    """
    descriptions, topics = (sorted(folder.glob(f"*{end}")) for end in (DESCRIPTIONS, TOPICS))
    if len(descriptions) != 1 or len(topics) > 1:
        raise CatalogueError(
            f"{folder} should hold one file *{DESCRIPTIONS} and at most one *{TOPICS}, but holds"
            f" {len(descriptions)} and {len(topics)}. Give the folder of a catalogue, or the file"
            " itself.",
            USAGE,
        )
    return CsvPair(descriptions[0], topics[0] if topics else None)


def generate_data(descriptions: DataFrame, topics: DataFrame) -> DataFrame:
    """Join descriptions (id, title, …) with topics (id, topic) into one row a project.

    `topics` is a sorted list; a project without a topic stays, with an empty one. `problem` tells
    apart: "double-id" (each row of that id), "empty-title", and "topic-without-project" (a row of
    its own, with nothing but id and topics).
    """
    named = topics.dropna(subset=["id", "topic"])
    listed = named.groupby("id")["topic"].agg(lambda names: sorted(set(names)))
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


def rows(pair: CsvPair, options: ReadOptions) -> Iterator[Row]:
    """The rows of the pair, joined a chunk at a time: topics wait in a file, not in memory.

    Raises:
        CatalogueError: one of the two cannot be read.
    """
    joined = () if pair.topics is None else ("topics",)
    described = csv.rows(str(pair.descriptions), options)
    descriptions = mapped(described, options, str(pair.descriptions), joined)
    if pair.topics is None:
        yield from descriptions
        return
    with _TopicTable() as topics:
        yield from topics.fill(_topic_rows(pair.topics, options))
        while chunk := list(islice(descriptions, CHUNK)):
            yield from (row for row in chunk if row.broken)
            if whole := [row for row in chunk if not row.broken]:
                yield from _joined(whole, topics)
        yield from topics.without_project()


def _topic_rows(path: Path, options: ReadOptions) -> Iterator[Row]:
    """The rows of the topics' file as (id, topic), by their own or by common names.

    Raises:
        CatalogueError: a column is missing by any name.
    """
    rows = csv.rows(str(path), options)
    head = list(islice(rows, 1))
    names = [name for row in head if not row.broken for name in row.values]
    columns: dict[str, str] = {word: word for word in ("id", "topic") if word in names}
    for word, like in (("id", "id"), ("topic", "topics")):
        others = [name for name in names if name not in columns.values()]
        if names and word not in columns:
            if not (found := candidates(like, others)):
                raise CatalogueError(
                    f"{path} has no column {word!r}; it has {named(names)}. Add it to the first"
                    " line.",
                    USAGE,
                )
            columns[word] = found[0]
    for row in chain(head, rows):
        values = {word: row.values[theirs] for word, theirs in columns.items()}
        yield row if row.broken else Row(row.place, values)


def _joined(chunk: list[Row], topics: _TopicTable) -> Iterator[Row]:
    import pandas as pd

    values = [row.values for row in chunk]
    descriptions = pd.DataFrame(values, dtype=object)
    if "title" not in descriptions:
        descriptions["title"] = ""
    pairs = topics.take([str(row.get("id", "")) for row in values])
    listed = pd.DataFrame(pairs, columns=["id", "topic"], dtype=object)
    joined = generate_data(descriptions, listed).drop(columns="problem")
    for row, record in zip(chunk, joined.to_dict("records"), strict=True):
        yield Row(row.place, {str(name): value for name, value in record.items()})


class _TopicTable:
    """Topics by project id, in a temporary database."""

    def __enter__(self) -> _TopicTable:
        # A file that goes away with the connection.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("BEGIN")
        self._database.execute("CREATE TABLE topics (id, topic, place, used DEFAULT 0)")
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def fill(self, topics: Iterator[Row]) -> Iterator[Row]:
        """Store the topics; yields the rows that are none."""
        for row in topics:
            if row.broken:
                yield Row(f"topics, {row.place}", row.values, row.broken)
            else:
                packed = (_packed(row.values["id"]), _packed(row.values["topic"]), row.place)
                self._database.execute(
                    "INSERT INTO topics (id, topic, place) VALUES (?, ?, ?)", packed
                )
        self._database.execute("CREATE INDEX by_id ON topics (id)")

    def take(self, ids: list[str]) -> list[tuple[str, str]]:
        """The topics of these projects."""
        pairs = []
        for id in ids:
            key = (_packed(id),)
            self._database.execute("UPDATE topics SET used = 1 WHERE id = ?", key)
            topics = self._database.execute("SELECT topic FROM topics WHERE id = ?", key)
            pairs += [(id, _unpacked(topic)) for (topic,) in topics]
        return pairs

    def without_project(self) -> Iterator[Row]:
        """A broken row for each topic whose project never came."""
        query = "SELECT id, topic, place FROM topics WHERE NOT used ORDER BY id, topic"
        for id, topic, place in self._database.execute(query):
            values = {"id": _unpacked(id), "topic": _unpacked(topic)}
            yield Row(f"topics, {place}", values, ORPHAN)


def _packed(text: object) -> bytes:
    return str(text).strip().encode("utf-8", "surrogateescape")


def _unpacked(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
