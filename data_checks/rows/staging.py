"""Staging table: accepted and refused rows on disk, sorted by id, doubles told apart."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from data_checks.rows.rules import Finding
from release_format.items import Item
from release_format.snapshot import Quarantined

_SCHEMA = """
CREATE TABLE items (id TEXT, digest BLOB, line TEXT, place TEXT, text_digest BLOB,
                    description_digest BLOB, has_title INT, copies INT DEFAULT 1,
                    PRIMARY KEY (id, digest)) WITHOUT ROWID;
CREATE TABLE refused (id TEXT, rule TEXT, reason TEXT, place TEXT, line TEXT);
"""
_ACCEPT = """
INSERT INTO items (id, digest, line, place, text_digest, description_digest, has_title)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET copies = copies + 1
"""
# As many copies of a row as `copies` says; the numbers go as far as the largest count.
_REFUSE_COPIES = """
WITH RECURSIVE n(i) AS (
    SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT MAX(copies) FROM items)
)
INSERT INTO refused SELECT id, '{rule}', '{reason}', place, line
FROM items JOIN n ON i <= {copies} WHERE {condition}
"""
DOUBLE_ID, IDENTICAL_COPY = (
    {
        "rule": "double-id",
        "reason": "another row with other content has the same id",
        "copies": "copies",
        "condition": "id IN twice",
    },
    {
        "rule": "identical-copy",
        "reason": "the same row again",
        "copies": "copies - 1",
        "condition": "id NOT IN twice AND copies > 1",
    },
)


class Staging:
    """Rows on disk, in a temporary database; sorted by id as a snapshot wants it."""

    def __init__(self, directory: Path) -> None:
        self._database = sqlite3.connect(directory / "staging.sqlite", isolation_level=None)
        for setting in ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE"):
            self._database.execute(f"PRAGMA {setting}")
        self._database.execute("PRAGMA cache_size=-65536")
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")

    def accept(self, item: Item, place: str) -> None:
        """Stage an accepted item; the same one again is only counted."""
        line = item.to_json()
        text_digest = _digest(item.title, item.description)
        texts = (text_digest, _digest(item.description), bool(item.title))
        self._database.execute(_ACCEPT, (item.id, _digest(line), line, place, *texts))

    def refuse(self, name: str, finding: Finding, line: str) -> None:
        """Stage a refused row: what is sealed of it, and what only the report shows."""
        self._database.execute(
            "INSERT INTO refused VALUES (?, ?, ?, ?, ?)",
            (name, finding.rule, finding.reason, finding.place, line),
        )

    def drop_copies(self) -> int:
        """Let rows that are wholly alike be one; how many are left out."""
        query = "SELECT COALESCE(SUM(copies - 1), 0) FROM items"
        (count,) = self._database.execute(query).fetchone()
        self._database.execute("UPDATE items SET copies = 1 WHERE copies > 1")
        return int(count)

    def refuse_doubles(self, *, with_equal_texts: bool = False) -> None:
        """Of identical rows one stays, of different rows with one id none does.

        `with_equal_texts`: of items with one title and description only the smallest id stays.
        """
        execute = self._database.execute
        execute("CREATE TEMP TABLE twice AS SELECT id FROM items GROUP BY id HAVING COUNT(*) > 1")
        for rule in (DOUBLE_ID, IDENTICAL_COPY):
            execute(_REFUSE_COPIES.format(**rule))
        execute("DELETE FROM items WHERE id IN twice")
        if with_equal_texts:
            smallest = "SELECT MIN(id) FROM items GROUP BY text_digest"
            duplicates = f"FROM items WHERE id NOT IN ({smallest})"
            reason = "title and description of another item"
            execute(
                f"INSERT INTO refused SELECT id, 'exact-duplicate', '{reason}', place, line"
                f" {duplicates}"
            )
            execute(f"DELETE {duplicates}")

    def items(self) -> Iterator[Item]:
        """The accepted items, sorted by id."""
        # SQLite compares UTF-8 bytes, which sort like code points.
        for (line,) in self._database.execute("SELECT line FROM items ORDER BY id"):
            yield Item.from_json(line)

    def quarantine(self) -> Iterator[Quarantined]:
        """The quarantine list."""
        query = "SELECT id, rule, reason FROM refused ORDER BY id, rule, reason"
        for row in self._database.execute(query):
            yield Quarantined(*row)

    def refusal_counts(self) -> dict[str, int]:
        """How many rows each rule refused."""
        return dict(
            self._database.execute("SELECT rule, COUNT(*) FROM refused GROUP BY rule ORDER BY rule")
        )

    def refused_rows(self) -> Iterator[tuple[str, str, str, str, str]]:
        """The id, rule, reason, place and the row itself of each refused row, for the report."""
        yield from self._database.execute(
            "SELECT id, rule, reason, place, line FROM refused ORDER BY rule, id, place"
        )

    def duplicate_count(self) -> int:
        """How many items repeat another one's title and description."""
        counts = "SELECT COUNT(*) n FROM items GROUP BY text_digest"
        query = f"SELECT COALESCE(SUM(n - 1), 0) FROM ({counts})"  # noqa: S608
        return int(self._database.execute(query).fetchone()[0])

    def repeated_description_count(self) -> int:
        """How many items carry a description that another one carries, too."""
        counts = (
            "SELECT COUNT(*) n FROM items WHERE description_digest != ?"
            " GROUP BY description_digest HAVING n > 1"
        )
        query = f"SELECT COALESCE(SUM(n), 0) FROM ({counts})"  # noqa: S608
        return int(self._database.execute(query, (_digest(""),)).fetchone()[0])

    def empty_counts(self) -> tuple[int, int]:
        """How many items have no title, and how many no description."""
        query = (
            "SELECT COUNT(*) FILTER (WHERE NOT has_title),"
            " COUNT(*) FILTER (WHERE description_digest = ?) FROM items"
        )
        titles, descriptions = self._database.execute(query, (_digest(""),)).fetchone()
        return titles, descriptions

    def most_common_description(self) -> tuple[int, str]:
        """How many things carry the most frequent description, and the id of one of them.

        Items with one title, too, are one thing: its variants.
        """
        query = (
            "SELECT COUNT(DISTINCT text_digest), MIN(id) FROM items WHERE description_digest != ?"
            " GROUP BY description_digest ORDER BY 1 DESC, 2 LIMIT 1"
        )
        row: tuple[int, str] | None = self._database.execute(query, (_digest(""),)).fetchone()
        return row or (0, "")

    def close(self) -> None:
        """Close the database, so that its file can go."""
        self._database.close()


def _digest(*texts: str) -> bytes:
    return hashlib.sha256("\0".join(texts).encode()).digest()
