"""Sampled tables of two snapshots for the Deepchecks suite, written as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data_checks.comparison.changes import ItemChange, ItemValues
from data_checks.comparison.sample import Sample

WHOLE, PART = 10_000, 4_000
LONGEST_TEXT = 2_000


class Tables:
    """Samples of rows by what became of them.

    Arrivals are added and changed rows; a pair is one changed text, before and after.
    """

    def __init__(self) -> None:
        self.live, self.candidate = Sample[ItemValues](WHOLE), Sample[ItemValues](WHOLE)
        self.arrivals, self.removed, self.kept = (Sample[ItemValues](PART) for _ in range(3))
        self.pairs = Sample[ItemChange](PART)

    def add(self, change: ItemChange) -> None:
        """Offer the rows of one id to every sample that they belong to.

        Whole tables are sampled by text, so that doubles stay together and both sides pick the same
        texts.
        """
        for sample, row in ((self.live, change.before), (self.candidate, change.after)):
            if row is not None:
                sample.offer(text_of(row), row)
        id = change.row["id"]
        if change.after is None:
            self.removed.offer(id, change.row)
            return
        if change.kind in ("added", "changed"):
            self.arrivals.offer(id, change.after)
        if change.before is not None:
            self.kept.offer(id, change.after)
        if change.kind == "changed" and text_of(change.before or {}) != text_of(change.after):
            self.pairs.offer(id, change)

    def compared(self) -> dict[str, int]:
        """The smaller number of topics of both sides, and the larger one of descriptions."""
        sides = [sample.members() for sample in (self.live, self.candidate)]
        topics = [sum(len(row.get("topics", ())) for row in rows) for rows in sides]
        descriptions = [sum(bool(row.get("description")) for row in rows) for rows in sides]
        return {"topics": min(topics), "descriptions": max(descriptions)}

    def write(self, folder: Path) -> None:
        """Write the tables as Parquet."""
        for name in ("live", "candidate", "arrivals", "removed", "kept"):
            rows = getattr(self, name).members()
            _write(folder / f"{name}.parquet", [_columns(row) for row in rows], _columns({}))
        for name in ("live", "candidate"):
            rows = getattr(self, name).members()
            topics = [{"topic": topic} for row in rows for topic in row.get("topics", ())]
            _write(folder / f"{name}-topics.parquet", topics, {"topic": ""})
        pairs = [
            {"before": text_of(change.before or {}), "after": text_of(change.after or {})}
            for change in self.pairs.members()
        ]
        _write(folder / "pairs.parquet", pairs, {"before": "", "after": ""})


def text_of(row: ItemValues) -> str:
    """Title and description of a row, cut where they are very long."""
    return f"{row.get('title', '')}\n{row.get('description', '')}"[:LONGEST_TEXT]


def _columns(row: ItemValues) -> dict[str, Any]:
    description = row.get("description", "")
    return {
        "title": row.get("title", ""),
        "description": description[:LONGEST_TEXT],
        "text": text_of(row),
        "length": float(len(description)),
    }


def _write(path: Path, rows: list[dict[str, Any]], shape: dict[str, Any]) -> None:
    import pyarrow
    import pyarrow.parquet

    kinds = {str: pyarrow.string(), float: pyarrow.float64()}
    schema = pyarrow.schema([(name, kinds[type(value)]) for name, value in shape.items()])
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), path)
