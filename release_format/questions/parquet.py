"""Parts of the query log as Parquet, for programs that have pyarrow; a server goes without."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from release_format.questions.logged import LoggedQuestion
from release_format.seal import replacing

BATCH = 10_000
# Their values are JSON, so that names of a catalogue's own make no columns.
_AS_JSON = ("filters", "feedback")
_NUMBERS = {"k": "int64", "total": "int64", "confidence": "float64", "level": "float64"}


class PartError(Exception):
    """A part cannot be read, or no further than it was, or cannot become Parquet here."""


def write(path: Path, questions: Iterable[LoggedQuestion]) -> int:
    """Write questions as one file, compressed, that is whole or not there; how many they were.

    Raises:
        PartError: pyarrow is not installed.
        OSError: it cannot be written.
    """
    arrow, rows, count = _arrow(), map(_row, questions), 0
    schema = _schema(arrow)
    with replacing(path) as draft:
        with arrow.parquet.ParquetWriter(
            draft, schema, compression="zstd", write_page_checksum=True
        ) as writer:
            while batch := list(islice(rows, BATCH)):
                writer.write_table(arrow.Table.from_pylist(batch, schema))
                count += len(batch)
        draft.chmod(0o644)
    return count


def rows(path: Path) -> Iterator[LoggedQuestion]:
    """The questions of a file, read in batches; a row that is no question is passed over.

    Raises:
        PartError: it is not whole, no Parquet, or pyarrow is not installed.
        FileNotFoundError: it is not there.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    arrow = _arrow()
    known = _schema(arrow).names
    try:
        with arrow.parquet.ParquetFile(path, page_checksum_verification=True) as file:
            names = [name for name in file.schema_arrow.names if name in known]
            for batch in file.iter_batches(BATCH, columns=names):
                yield from filter(None, map(_question, batch.to_pylist()))
    except (arrow.ArrowException, OSError, ValueError, ArithmeticError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise PartError(f"it is not a whole Parquet file: {reason}") from error


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise PartError("pyarrow is not installed here") from error
    return pyarrow


def _schema(arrow: Any) -> Any:
    types = {
        "hits": arrow.list_(arrow.string()),
        "no_good_match": arrow.bool_(),
        **{name: getattr(arrow, type)() for name, type in _NUMBERS.items()},
    }
    names = LoggedQuestion.__dataclass_fields__
    return arrow.schema([(name, types.get(name, arrow.string())) for name in names])


def _row(logged: LoggedQuestion) -> dict[str, Any]:
    row = {name: _encodable(value) for name, value in asdict(logged).items()}
    return row | {name: json.dumps(row[name], separators=(",", ":")) for name in _AS_JSON}


def _encodable(value: Any) -> Any:
    """Half of a pair of surrogates, which JSON can write and UTF-8 cannot, becomes a mark."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return list(map(_encodable, value)) if isinstance(value, list | tuple) else value


def _question(row: Mapping[str, Any]) -> LoggedQuestion | None:
    try:
        read = {name: json.loads(row[name]) for name in _AS_JSON if name in row}
    except (ValueError, TypeError, RecursionError):
        return None
    return LoggedQuestion.of({**row, **read})
