"""Here is a walk over two snapshots: give me tables of it for the suite, bounded however long the walk is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data_checks.changes import Row, Step
from data_checks.samples import Sample

WHOLE, PART = 10_000, 4_000
LONGEST_TEXT = 2_000


class Tables:
    """Samples of live, candidate, arrivals (added and changed), removed and kept rows, and of changed pairs."""

    def __init__(self) -> None:
        self.live, self.candidate = Sample[Row](WHOLE), Sample[Row](WHOLE)
        self.arrivals, self.removed, self.kept = Sample[Row](PART), Sample[Row](PART), Sample[Row](PART)
        self.pairs = Sample[Step](PART)

    def add(self, step: Step) -> None:
        """Offer one step to every sample that it belongs to.

        Whole tables are sampled by text, so that doubles stay together and both sides pick the same texts.
        """
        for sample, row in ((self.live, step.before), (self.candidate, step.after)):
            if row is not None:
                sample.offer(text_of(row), row)
        id = step.row["id"]
        if step.after is None:
            self.removed.offer(id, step.row)
            return
        if step.kind in ("added", "changed"):
            self.arrivals.offer(id, step.after)
        if step.before is not None:
            self.kept.offer(id, step.after)
        if step.kind == "changed" and text_of(step.before or {}) != text_of(step.after):
            self.pairs.offer(id, step)

    def compared(self) -> dict[str, int]:
        """How many topics both sides give at least, and how many descriptions either gives at most."""
        sides = [sample.kept() for sample in (self.live, self.candidate)]
        return {
            "topics": min(sum(len(row.get("topics", ())) for row in rows) for rows in sides),
            "descriptions": max(sum(bool(row.get("description")) for row in rows) for rows in sides),
        }

    def write(self, folder: Path) -> None:
        """Write the tables as Parquet."""
        for name in ("live", "candidate", "arrivals", "removed", "kept"):
            rows = getattr(self, name).kept()
            _write(folder / f"{name}.parquet", [_columns(row) for row in rows], _columns({}))
        for name in ("live", "candidate"):
            topics = [{"topic": topic} for row in getattr(self, name).kept() for topic in row.get("topics", ())]
            _write(folder / f"{name}-topics.parquet", topics, {"topic": ""})
        pairs = [{"before": text_of(s.before or {}), "after": text_of(s.after or {})} for s in self.pairs.kept()]
        _write(folder / "pairs.parquet", pairs, {"before": "", "after": ""})


def text_of(row: Row) -> str:
    """What a row says, cut where it is very long."""
    return f"{row.get('title', '')}\n{row.get('description', '')}"[:LONGEST_TEXT]


def _columns(row: Row) -> dict[str, Any]:
    description = row.get("description", "")
    return {
        "title": row.get("title", ""), "description": description[:LONGEST_TEXT], "text": text_of(row),
        "length": float(len(description)),
    }  # fmt: skip


def _write(path: Path, rows: list[dict[str, Any]], shape: dict[str, Any]) -> None:
    import pyarrow
    import pyarrow.parquet

    kinds = {str: pyarrow.string(), float: pyarrow.float64()}
    schema = pyarrow.schema([(name, kinds[type(value)]) for name, value in shape.items()])
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), path)
