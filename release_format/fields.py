"""Fields: the columns of a catalogue, what type each has, and what it is for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from release_format.seal import FormatError

SCHEMA = "fields.json"
# Words that a name writes as one: releaseDate, imageURL; but not kWh, pH and iPhone.
_INNER = re.compile(r"(?<=[a-zß-öø-ÿ]{2})[A-ZÀ-ÖØ-Þ](?=[a-zß-öø-ÿ])")
_ACRONYM = re.compile(r"(?<=[a-zß-öø-ÿ]{2})(?=[A-ZÀ-ÖØ-Þ]{2})")


class FieldType(StrEnum):
    """What the values of a column are.

    Sealed: text, keyword, url and image as a text or, of several, a list of texts; number as a JSON
    number; boolean as true or false; date as `YYYY-MM-DD`, or with a time as
    `YYYY-MM-DDTHH:MM:SSZ` in UTC.
    """

    TEXT = "text"
    KEYWORD = "keyword"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    URL = "url"
    IMAGE = "image"


@dataclass(frozen=True)
class Field:
    """One column of a catalogue's own, with its type and its uses.

    `search` is a weight, 0 where it is not searched (1 counts as a description does); `show` is its
    place among what is shown of a hit, from 1, and 0 where it is not shown. `code`: its values name
    an item (EAN, SKU, model number), so that a question that holds one finds it first.
    """

    name: str
    type: FieldType
    search: float = 0.0
    code: bool = False
    filter: bool = False
    sort: bool = False
    facet: bool = False
    show: int = 0
    label: str = ""
    unit: str = ""
    inferred: bool = True

    @property
    def is_ordered(self) -> bool:
        """Whether ranges of it can be asked for: numbers and dates."""
        return self.type in (FieldType.NUMBER, FieldType.DATE)

    @property
    def heading(self) -> str:
        """What people read: its label, or its name with a capital and in words: `releaseDate`."""
        words = _INNER.sub(lambda capital: f" {capital[0].lower()}", self.name)
        name = _ACRONYM.sub(" ", words).replace("_", " ").strip() or self.name
        return self.label or name[:1].upper() + name[1:]


@dataclass(frozen=True)
class Rank:
    """A business signal: orders what fits a question equally well, and a catalogue without one.

    `by` is a number, date or boolean field, `-` before it for the greater first; `boost` is the
    most that it may add to a fused score (0: only ties).
    """

    by: str
    boost: float = 0.0


@dataclass(frozen=True)
class Schema:
    """The fields of one catalogue, in the order in which they are shown."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    group_by: str = ""
    rank: Rank | None = None

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields.values())

    def get(self, name: str) -> Field | None:
        """The field of this name, or None."""
        return self.fields.get(name)

    def to_json(self) -> str:
        """The canonical file."""
        table = {
            "fields": [asdict(each) for each in self],
            "group_by": self.group_by,
            "rank": asdict(self.rank) if self.rank else None,
        }
        return json.dumps(table, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, where: object = SCHEMA) -> Schema:
        """Read what `to_json` wrote.

        Raises:
            FormatError: it is no such file.
        """
        try:
            raw: dict[str, Any] = json.loads(text)
            fields = [Field(**{**row, "type": FieldType(row["type"])}) for row in raw["fields"]]
            rank = Rank(**raw["rank"]) if raw["rank"] else None
            return cls({each.name: each for each in fields}, str(raw["group_by"]), rank)
        except (ValueError, KeyError, TypeError) as error:
            raise FormatError(
                f"{where} describes no fields ({error}). Fetch or build it again."
            ) from error


def read_schema(directory: Path) -> Schema | None:
    """The schema in the directory of a snapshot; None where it is of before there were types.

    Raises:
        FormatError: the file is there and cannot be read.
    """
    path = directory / SCHEMA
    try:
        return Schema.from_json(path.read_bytes(), path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({error.strerror}). Fetch it again.") from error
