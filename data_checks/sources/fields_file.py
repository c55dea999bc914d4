"""The file fields.toml of a catalogue: how it is read, and what its columns are and are for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Interval

from release_format.config.table import Share, Text, check, read_toml, table

FIELDS_FILE = "fields.toml"
Weight = Annotated[float, Interval(ge=0, le=100)]
Place = Annotated[int, Interval(ge=0, le=1_000)]
TypeName = Literal["text", "keyword", "number", "date", "boolean", "url", "image"]


@table
class DeclaredField:
    """What a person says of one column; what is left out is inferred."""

    type: TypeName | None = None
    search: Weight | None = None
    code: bool | None = None
    filter: bool | None = None
    sort: bool | None = None
    facet: bool | None = None
    show: Place | None = None
    label: Text | None = None
    unit: Text | None = None


@table
class DeclaredRank:
    """The business signal: a column, `-` before it for the greater first, and its bounded boost."""

    by: Text
    boost: Share = 0.0


@table
class ReadAs:
    """How the file is read where it does not tell itself.

    `as_is`: no column is mapped by its common name.
    """

    encoding: str = ""
    separator: str = ""
    as_is: bool = False


@table
class FieldsFile:
    """The whole file; every key may be left out.

    `columns`: our word → what this catalogue calls it, as --columns says it.
    """

    group_by: str = ""
    columns: Mapping[Text, Text] = field(default_factory=dict)
    read: ReadAs = ReadAs()
    fields: Mapping[Text, DeclaredField] = field(default_factory=dict)
    rank: DeclaredRank | None = None


def fields_path(catalogue: str, elsewhere: Path) -> Path:
    """Where the file of a catalogue is.

    In a folder that is a catalogue; beside a file, as `mine.fields.toml` beside `mine.csv.gz`; and
    of a database or an address in the folder `elsewhere`.
    """
    path = Path(catalogue)
    if os.path.isdir(catalogue):  # noqa: PTH112 - a name that is too long is no folder
        return path / FIELDS_FILE
    if "://" in catalogue or not os.path.lexists(catalogue):
        return elsewhere / FIELDS_FILE
    if path.suffix.lower() in (".gz", ".bz2", ".xz", ".zip"):
        path = path.with_suffix("")
    return path.with_name(f"{path.stem}.{FIELDS_FILE}")


def read_fields_file(path: Path) -> FieldsFile:
    """What the file says; where there is none, nothing.

    Raises:
        ConfigError: it says what cannot be, or has a key that is not known.
    """
    return check(FieldsFile, read_toml(path), path) if os.path.lexists(path) else FieldsFile()
