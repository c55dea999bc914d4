"""Reader of any catalogue: its address decides which source reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from data_checks.errors import CatalogueError
from data_checks.sources import csv, csv_pair, debian, jsonl, parquet, sql
from data_checks.sources.mapping import rename
from data_checks.sources.row import ReadOptions, Row
from release_format.exit_codes import USAGE
from release_format.secrets.redaction import know_secrets_of

COMPRESSED = (".gz", ".bz2", ".xz", ".zip")
KINDS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
DATABASES = ("postgresql", "postgres", "sqlite", "mysql", "mariadb")


def rows(address: str, options: ReadOptions | None = None) -> Iterator[Row]:
    """The rows of a catalogue, under the words of a snapshot.

    A catalogue is a folder with the CSV pair, a .csv .jsonl .parquet file or address, `debian`, or
    a database.

    Raises:
        CatalogueError: there is no such catalogue, or it is not what its name says.
    """
    options = options or ReadOptions({})
    know_secrets_of(address)
    for row in _open(address, options):
        if options.columns and not row.broken:
            yield Row(row.place, rename(row.values, options.columns), row.broken)
        else:
            yield row


def _open(address: str, options: ReadOptions) -> Iterator[Row]:
    if address == "debian":
        return debian.rows()
    if _split(address).scheme.split("+")[0] in DATABASES:
        return sql.rows(address, options.query)
    if "://" not in address:
        if not os.path.exists(address):  # noqa: PTH110 - a name that is too long is not there
            raise CatalogueError(
                f"there is no catalogue at {address!r}. Give a folder, a .csv .jsonl .parquet"
                " file or address, debian, or postgresql://…",
                USAGE,
            )
        if Path(address).is_dir():
            return csv_pair.rows(csv_pair.find_pair(Path(address)), options)
    return _file(address, options)


def _file(address: str, options: ReadOptions) -> Iterator[Row]:
    kind = kind_of(address)
    if kind == "csv":
        return csv.rows(address, options)
    return parquet.rows(address, options) if kind == "parquet" else jsonl.rows(address)


def kind_of(address: str) -> str:
    """csv, jsonl or parquet, by the end of the name.

    Raises:
        CatalogueError: it is none of these.
    """
    path = Path(_split(address).path if "://" in address else address)
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in COMPRESSED]
    if not suffixes or suffixes[-1] not in KINDS:
        raise CatalogueError(
            f"cannot tell what {path.name!r} holds. Let its name end with .csv, .jsonl or .parquet"
            " (.gz, .bz2, .xz or .zip may follow).",
            USAGE,
        )
    return KINDS[suffixes[-1]]


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError as error:
        raise CatalogueError(
            f"{address} is no address ({error}). Write [ ] / ? # @ in a password as %5B %5D %2F %3F"
            " %23 %40.",
            USAGE,
        ) from error
