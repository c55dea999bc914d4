"""Rows of a Parquet file."""

from __future__ import annotations

from collections.abc import Iterator

from data_checks.errors import CatalogueError
from data_checks.sources.row import Row
from data_checks.sources.stream import opened
from release_format.exit_codes import USAGE

BATCH = 2_000


def rows(address: str) -> Iterator[Row]:
    """The rows, read in batches.

    Raises:
        CatalogueError: it is empty, no Parquet file, not a whole one, or has a column twice.
    """
    import pyarrow
    import pyarrow.parquet

    with opened(address) as file:
        if not file.peek(1):
            raise CatalogueError(f"{address} is empty. Export it again.", USAGE)
        try:
            parquet = pyarrow.parquet.ParquetFile(file)
            names = parquet.schema_arrow.names
            if doubles := {name for name in names if names.count(name) > 1}:
                raise CatalogueError(
                    f"{address} has the column {min(doubles)!r} twice. Rename one of them."
                )
            number = 0
            for batch in parquet.iter_batches(BATCH):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(f"row {number}", values)
        except pyarrow.ArrowException as error:
            raise CatalogueError(
                f"{address} is not a whole Parquet file ({error}). Export it again."
            ) from error
