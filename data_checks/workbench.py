"""Here are accepted and refused rows in any order: give me them sorted, doubles told apart, with little memory."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from data_checks.rules import Finding
from release_format.items import Item
from release_format.snapshot import Quarantined

_SCHEMA = """
CREATE TABLE items (id TEXT, digest BLOB, line TEXT, place TEXT, said BLOB, about BLOB, copies INT DEFAULT 1,
                    PRIMARY KEY (id, digest)) WITHOUT ROWID;
CREATE TABLE refused (id TEXT, rule TEXT, reason TEXT, place TEXT, line TEXT);
"""


class Workbench:
    """Rows on disk, in a temporary database; sorted by id as a snapshot wants it."""

    def __init__(self, directory: Path) -> None:
        self._database = sqlite3.connect(directory / "workbench.sqlite", isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE", "cache_size=-65536"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")

    def accept(self, item: Item, place: str) -> None:
        """Put an item down; the same one again is only counted."""
        line = item.to_json()
        row = (item.id, _digest(line), line, place, _digest(item.title, item.description), _digest(item.description))
        self._database.execute(
            "INSERT INTO items (id, digest, line, place, said, about) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET copies = copies + 1",
            row,
        )

    def refuse(self, name: str, finding: Finding, line: str) -> None:
        """Put a refused row down: what is sealed of it, and what only the report shows."""
        self._database.execute(
            "INSERT INTO refused VALUES (?, ?, ?, ?, ?)", (name, finding.rule, finding.reason, finding.place, line)
        )

    def settle(self, *, refuse_duplicates: bool = False) -> None:
        """Tell doubles apart: of identical rows one stays, of different rows with one id none does.

        With `refuse_duplicates`, of items with one title and description only the smallest id stays.
        """
        execute = self._database.execute
        execute("CREATE TEMP TABLE twice AS SELECT id FROM items GROUP BY id HAVING COUNT(*) > 1")
        for rule, reason, which, more in (
            ("double-id", "another row with other content has the same id", "id IN twice", "copies"),
            ("identical-copy", "the same row again", "id NOT IN twice AND copies > 1", "copies - 1"),
        ):
            execute(
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <"  # noqa: S608
                f" (SELECT MAX(copies) FROM items)) INSERT INTO refused SELECT id, '{rule}', '{reason}', place, line"
                f" FROM items JOIN n ON i <= {more} WHERE {which}"
            )
        execute("DELETE FROM items WHERE id IN twice")
        if refuse_duplicates:
            others = "FROM items WHERE id NOT IN (SELECT MIN(id) FROM items GROUP BY said)"
            reason = "title and description of another item"
            execute(f"INSERT INTO refused SELECT id, 'exact-duplicate', '{reason}', place, line {others}")
            execute(f"DELETE {others}")

    def items(self) -> Iterator[Item]:
        """The accepted items, sorted by id (SQLite compares UTF-8 bytes, which sort like code points)."""
        for (line,) in self._database.execute("SELECT line FROM items ORDER BY id"):
            yield Item.from_json(line)

    def refused(self) -> Iterator[Quarantined]:
        """The quarantine list."""
        query = "SELECT id, rule, reason FROM refused ORDER BY id, rule, reason"
        for row in self._database.execute(query):
            yield Quarantined(*row)

    def counts(self) -> dict[str, int]:
        """How many rows each rule refused."""
        return dict(self._database.execute("SELECT rule, COUNT(*) FROM refused GROUP BY rule ORDER BY rule"))

    def refused_rows(self) -> Iterator[tuple[str, str, str, str, str]]:
        """For the report: id, rule, reason, place and the row itself."""
        yield from self._database.execute(
            "SELECT id, rule, reason, place, line FROM refused ORDER BY rule, id, place"
        )

    def count_of_duplicates(self) -> int:
        """How many items repeat another one's title and description."""
        return self._number("SELECT COALESCE(SUM(n - 1), 0) FROM (SELECT COUNT(*) n FROM items GROUP BY said)")

    def most_common_description(self) -> tuple[int, str]:
        """How many items carry the most frequent description, and the id of one of them."""
        nothing = _digest("")
        query = "SELECT COUNT(*), MIN(id) FROM items WHERE about != ? GROUP BY about ORDER BY 1 DESC, 2 LIMIT 1"
        found: tuple[int, str] | None = self._database.execute(query, (nothing,)).fetchone()
        return found or (0, "")

    def _number(self, query: str) -> int:
        return int(self._database.execute(query).fetchone()[0])

    def close(self) -> None:
        """Let the file go."""
        self._database.close()


def _digest(*texts: str) -> bytes:
    return hashlib.sha256("\0".join(texts).encode()).digest()
