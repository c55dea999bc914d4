"""Rows of a Parquet file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from data_checks.errors import CatalogueError
from data_checks.sources.row import Row
from data_checks.sources.stream import opened
from release_format.exit_codes import USAGE

BATCH = 2_000


def rows(address: str) -> Iterator[Row]:
    """The rows, read in batches; a value that Python cannot hold comes as it is written.

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
                for values in _dictionaries(batch):
                    number += 1
                    yield Row(f"row {number}", values)
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
            raise CatalogueError(
                f"{address} is not a whole Parquet file ({error}). Export it again."
            ) from error


def _dictionaries(batch: Any) -> list[dict[str, Any]]:
    try:
        dictionaries: list[dict[str, Any]] = batch.to_pylist()
    except (ValueError, ArithmeticError):  # one value of it: a date after 9999, a broken text, …
        columns = [[_value(cell) for cell in column] for column in batch.columns]
        names = batch.schema.names
        return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]
    return dictionaries


def _value(cell: Any) -> Any:
    """The Python value of one cell, or what stands there where there is none.

    A text that is not UTF-8 comes as its bytes, a date out of range as its number and type.
    """
    import pyarrow

    try:
        return cell.as_py()
    except (ValueError, ArithmeticError):
        type = cell.type
        if pyarrow.types.is_dictionary(type):
            return _value(cell.value)
        if pyarrow.types.is_nested(type):
            return _parts(cell)
        if pyarrow.types.is_string(type) or pyarrow.types.is_large_string(type):
            return cell.as_buffer().to_pybytes()
        if pyarrow.types.is_timestamp(type) and type.tz not in (None, "UTC"):
            # A zone that nobody knows here: the moment is in UTC whatever it is called.
            return _value(cell.cast(pyarrow.timestamp(type.unit, "UTC")))
        return f"{cell.value} {type}"


def _parts(cell: Any) -> Any:
    """The values inside a list, a map or a struct, each as far as it can be read."""
    import pyarrow

    if pyarrow.types.is_struct(cell.type):
        fields = [cell.type.field(place).name for place in range(cell.type.num_fields)]
        if len(set(fields)) < len(fields):
            return f"a struct with a field twice: {', '.join(fields)}"
        return {name: _value(cell[name]) for name in fields}
    parts = [_value(part) for part in cell.values]
    is_map = pyarrow.types.is_map(cell.type)
    return [(part["key"], part["value"]) for part in parts] if is_map else parts
