"""Plan of a mapping: how the rows of one catalogue become ours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from data_checks.canonical_text import text
from data_checks.sources.mapping.evidence import first
from data_checks.sources.mapping.identity import joint_id
from data_checks.sources.row import Row
from release_format.items import FIELDS

Convert = Callable[[Any], Any]
# Where an id is made, the column `id` of the catalogue goes by this name.
OWN_ID = "own id"


@dataclass(frozen=True)
class Plan:
    """How the rows of one catalogue become ours.

    `columns` are our words → theirs, `converted` is what the values of ours are passed through,
    `id_of` what ids are made of where no column is one, and `stand_ins` are the columns that name
    an item without a title, both under the names that they have afterwards. `binary` are columns
    of theirs that hold no text.
    """

    columns: Mapping[str, str]
    converted: Mapping[str, Convert] = field(default_factory=dict)
    id_of: Sequence[str] = ()
    stand_ins: Sequence[str] = ()
    binary: Collection[str] = ()

    def apply(self, row: Row) -> Row:
        """The row under our words; a broken one stays as it is."""
        if row.broken:
            return row
        taken = set(self.columns.values())
        values = {
            name: value
            for name, value in row.values.items()
            if name not in taken and name not in self.columns and name not in self.binary
        }
        values |= {
            ours: row.values[theirs]
            for ours, theirs in self.columns.items()
            if theirs in row.values
        }
        for word in {*FIELDS, *self.converted} & values.keys():
            values[word] = self._fitted(word, values[word])
        if self.stand_ins and not text(values.get("title")):
            values["title"] = " ".join(filter(None, (text(values[n]) for n in self.stand_ins)))
        if self.id_of:
            values = _with_own_id(values)
            values["id"] = joint_id(values, self.id_of)
        return replace(row, values=values)

    def _fitted(self, word: str, value: Any) -> Any:
        if isinstance(value, list | tuple) and word in FIELDS and word != "topics":
            texts = [written for entry in value if (written := text(entry))]
            value = "\n".join(texts) if word == "description" else first(texts)
        return self.converted[word](value) if word in self.converted else value

    def to_json(self) -> dict[str, Any]:
        """What of it is preferred when the catalogue is read again."""
        return {
            "columns": dict(self.columns),
            "id_of": list(self.id_of),
            "stand_ins": list(self.stand_ins),
        }


def _with_own_id(values: dict[str, Any]) -> dict[str, Any]:
    return {(OWN_ID if name == "id" else name): value for name, value in values.items()}
