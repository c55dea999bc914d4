"""Here is a catalogue, wherever it lives: give me its rows, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from data_checks import CatalogueError
from release_format.program import USAGE
from release_format.redaction import know_secrets_of

COMPRESSED = (".gz", ".bz2", ".xz", ".zip")
PIN = "pin.toml"


@dataclass(frozen=True)
class Row:
    """One row as the source gives it. `place` is for people ("line 7"); `broken` says why it is no row at all."""

    place: str
    values: Mapping[str, Any]
    broken: str = ""


@dataclass(frozen=True)
class Reading:
    """How a source is read: `columns` maps the words of a snapshot to the names that this source uses."""

    columns: Mapping[str, str]
    query: str = ""

    def rename(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The same row under the words of a snapshot."""
        ours = {theirs: word for word, theirs in self.columns.items()}
        return {ours.get(name, name): value for name, value in values.items()}


def rows(catalogue: str, reading: Reading | None = None) -> Iterator[Row]:
    """The rows of a folder with the CSV pair, a .csv .jsonl .parquet file or address, `debian`, or a database.

    Raises:
        CatalogueError: there is no such catalogue, or it is not what its name says.
    """
    how = reading or Reading({})
    know_secrets_of(catalogue)
    for row in _open(catalogue, how):
        yield Row(row.place, how.rename(row.values), row.broken) if how.columns and not row.broken else row


def _open(catalogue: str, how: Reading) -> Iterator[Row]:
    if catalogue == "debian":
        from data_checks.sources import debian

        return debian.rows()
    if urlsplit(catalogue).scheme.split("+")[0] in ("postgresql", "postgres", "sqlite", "mysql", "mariadb"):
        from data_checks.sources import sql

        return sql.rows(catalogue, how.query)
    if "://" not in catalogue:
        if not Path(catalogue).exists():
            raise CatalogueError(
                f"there is no catalogue at {catalogue!r}. Give a folder, a .csv .jsonl .parquet file or address,"
                " debian, or postgresql://…",
                USAGE,
            )
        if Path(catalogue).is_dir():
            return _folder(Path(catalogue), how)
    return _file(catalogue, how)


def _folder(folder: Path, how: Reading) -> Iterator[Row]:
    from data_checks.sources import csv

    if (folder / PIN).is_file():
        from data_checks.pull import pinned

        return _open(str(pinned(folder / PIN)), how)
    return csv.pair_rows(csv.find_pair(folder), how)


def _file(address: str, how: Reading) -> Iterator[Row]:
    kind = kind_of(address)
    if kind == "csv":
        from data_checks.sources import csv

        return csv.rows(address, how)
    if kind == "parquet":
        from data_checks.sources import parquet

        return parquet.rows(address)
    from data_checks.sources import jsonl

    return jsonl.rows(address)


def kind_of(address: str) -> str:
    """csv, jsonl or parquet, by the end of the name.

    Raises:
        CatalogueError: it is none of these.
    """
    path = Path(urlsplit(address).path if "://" in address else address)
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in COMPRESSED]
    kinds = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
    if not suffixes or suffixes[-1] not in kinds:
        raise CatalogueError(
            f"cannot tell what {path.name!r} holds. Let its name end with .csv, .jsonl or .parquet"
            " (.gz, .bz2, .xz or .zip may follow).",
            USAGE,
        )
    return kinds[suffixes[-1]]
