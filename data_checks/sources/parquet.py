"""Rows of a Parquet file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from data_checks.errors import CatalogueError
from data_checks.sources.row import ReadOptions, Row
from data_checks.sources.stream import opened
from release_format.exit_codes import USAGE

BATCH = 2_000


def rows(address: str, options: ReadOptions | None = None) -> Iterator[Row]:
    """The rows, read in batches.

    Raises:
        CatalogueError: it is empty, no Parquet file, not a whole one, or has no id column.
    """
    import pyarrow
    import pyarrow.parquet

    with opened(address) as file:
        if not file.peek(1):
            raise CatalogueError(f"{address} is empty. Export it again.", USAGE)
        try:
            number, table = 0, pyarrow.parquet.ParquetFile(file)
            _check_id(address, table.schema_arrow.names, options or ReadOptions({}))
            for batch in table.iter_batches(BATCH):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(f"row {number}", values)
        except pyarrow.ArrowException as error:
            raise CatalogueError(
                f"{address} is not a whole Parquet file ({error}). Export it again."
            ) from error


def _check_id(address: str, names: Sequence[str], options: ReadOptions) -> None:
    if (wanted := options.columns.get("id", "id")) not in names:
        raise CatalogueError(
            f"{address} has no column {wanted!r}; it has {', '.join(map(repr, names[:12]))}. Say"
            " --columns id=NAME.",
            USAGE,
        )
