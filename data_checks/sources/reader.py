"""Reader of any catalogue: its address decides which source reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from data_checks.errors import CatalogueError
from data_checks.sources import csv, csv_pair, debian, json_file, jsonl, parquet, sql
from data_checks.sources.mapping.mapped import mapped
from data_checks.sources.row import ReadOptions, Row
from data_checks.sources.table import workbook
from release_format.config.refusal import shown
from release_format.exit_codes import USAGE
from release_format.secrets.redaction import know_secrets_of

COMPRESSED = (".gz", ".bz2", ".xz", ".zip")
KINDS = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    ".json": "json",
    ".parquet": "parquet",
    **dict.fromkeys((".xlsx", ".xlsm"), "xlsx"),
    ".ods": "ods",
}
ENDINGS = ".csv .tsv .json .jsonl .parquet .xlsx .ods"
DATABASES = ("postgresql", "postgres", "sqlite", "mysql", "mariadb")


def rows(address: str, options: ReadOptions | None = None) -> Iterator[Row]:
    """The rows of a catalogue, under the words of a snapshot.

    A catalogue is a folder with the CSV pair or one file, a file or its address (KINDS), `debian`,
    or a database.

    Raises:
        CatalogueError: there is no such catalogue, or it is not what its name says.
    """
    options = options or ReadOptions({})
    know_secrets_of(address)
    path = None if "://" in address else _there(address)
    if path and path.is_dir() and csv_pair.is_pair(path):
        yield from csv_pair.rows(csv_pair.find_pair(path), options)
    else:
        yield from mapped(source_rows(address, options), options, address)


def source_rows(address: str, options: ReadOptions | None = None) -> Iterator[Row]:
    """The rows of anything but the CSV pair, under the words of their source.

    Raises:
        CatalogueError: there is no such catalogue, or it is not what its name says.
    """
    options = options or ReadOptions({})
    if address == "debian":
        return debian.rows()
    if "://" in address:
        if (scheme := _split(address).scheme).split("+")[0] in DATABASES:
            return sql.rows(address, options.query)
        _refuse_unknown(scheme)
        return _whole(_file(address, options))
    path = _there(address)
    return _file(
        str(csv_pair.only_file(path, KINDS) if path and path.is_dir() else address), options
    )


def _refuse_unknown(scheme: str) -> None:
    """Refuse a scheme that nothing here reads, before the name behind it is looked at."""
    import fsspec

    if scheme not in fsspec.available_protocols():
        raise CatalogueError(
            f"nothing here reads {shown(scheme + '://')}. Give an address that begins with https://,"
            f" s3://, postgresql:// or sqlite:///.",
            USAGE,
        )


def _there(address: str) -> Path | None:
    """The path of a catalogue on this machine; None for `debian`."""
    if address == "debian":
        return None
    if not os.path.exists(address):  # noqa: PTH110 - a name that is too long is not there
        raise CatalogueError(
            f"there is no catalogue at {address!r}. Give a folder, a {ENDINGS} file or address,"
            " debian, or postgresql://…",
            USAGE,
        )
    return Path(address)


def _file(address: str, options: ReadOptions) -> Iterator[Row]:
    match kind_of(address):
        case "csv":
            return csv.rows(address, options)
        case "json":
            return json_file.rows(address, options)
        case "parquet":
            return parquet.rows(address)
        case "xlsx" | "ods":
            return workbook.rows(address, options)
        case _:
            return jsonl.rows(address, options)


def _whole(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows of an address: where the last one is none, the network broke off, as some servers
    close without a word."""
    last = None
    for row in rows:
        if last is not None:
            yield last
        last = row
    if last is not None and last.broken:
        raise CatalogueError(
            f"the source broke off: {last.place} {last.broken}. Nothing was taken; try again."
        )
    if last is not None:
        yield last


def kind_of(address: str) -> str:
    """csv, json, jsonl, parquet, xlsx or ods, by the end of the name.

    Raises:
        CatalogueError: it is none of these.
    """
    path = Path(_split(address).path if "://" in address else address)
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in COMPRESSED]
    if not suffixes or suffixes[-1] not in KINDS:
        raise CatalogueError(
            f"cannot tell what {path.name!r} holds. Let its name end with .csv, .tsv, .json,"
            " .jsonl, .parquet, .xlsx or .ods (.gz, .bz2, .xz or .zip may follow).",
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
