"""The file fields.toml of a catalogue: what its columns are called, are, and are for."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Interval

from data_checks.sources.dialect.encoding import known_encoding
from release_format.config.refusal import shown
from release_format.config.table import Checked, Text, check, read_toml, table

FIELDS_FILE = "fields.toml"
Weight = Annotated[float, Interval(ge=0, le=100)]
Encoding = Annotated[str, Checked(known_encoding)]
Place = Annotated[int, Interval(ge=0, le=1000)]


@table
class ReadAs:
    """How the file is read; what is left out is told from the file itself.

    `list` names the one that is meant where a JSON document holds several. `as_is`: no column is
    mapped by a common name.
    """

    encoding: Encoding = ""
    separator: str = ""
    as_is: bool = False
    list: str = ""

    def __post_init__(self) -> None:
        if len(self.separator) > 1:
            raise ValueError(f"'separator' must be one letter, not {shown(self.separator)}")


@table
class DeclaredField:
    """One column of the catalogue's own; what is left out is inferred."""

    type: Literal["text", "keyword", "number", "date", "boolean", "url", "image"] | None = None
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
    """What orders items that fit a question equally well."""

    by: Text
    boost: Annotated[float, Interval(ge=0, le=1)] = 0.0


@table
class FieldsFile:
    """Everything that fields.toml can say; all of it may be left out."""

    columns: Mapping[Text, Text] = dataclasses.field(default_factory=dict)
    read: ReadAs = dataclasses.field(default_factory=ReadAs)
    fields: Mapping[Text, DeclaredField] = dataclasses.field(default_factory=dict)
    group_by: str = ""
    rank: DeclaredRank | None = None


def read_fields(path: Path | None) -> FieldsFile:
    """The fields file of a catalogue; an empty one where there is none.

    Raises:
        ConfigError: the file says something that cannot be.
    """
    if path is None or not os.path.lexists(path):
        return FieldsFile()
    return check(FieldsFile, read_toml(path), path)
